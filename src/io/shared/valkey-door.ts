// Valkey (or Redis) behind the port: two connections, no queue of commands that nobody waits for any more.
import { createHash } from 'node:crypto';
import { Redis, type RedisOptions } from 'iovalkey';
import type { SharedDoor, SharedScript } from './shared-door.ts';
import { parseUrl, type Address } from './valkey-url.ts';

const CONNECT_MS = 2_000;
const COMMAND_MS = 1_000;
/** The first tries come quickly: a server that restarts is back within a second. */
const RETRY_MS_MAX = 200;
const RETRY_STEP_MS = 20;
/** A line that gives no answer so often in a row may be dead without having said so, and TCP finds that out in a quarter of an hour. */
const SILENT_MAX = 2;

export interface ValkeyOptions {
  readonly url: string;
  /** Stands before every key and names the channel, so that several installations can use one server. */
  readonly prefix: string;
  /** Told of errors of the connection, with whatever text the client gives: no password is in it. */
  readonly onTrouble: (error: unknown) => void;
}

/** Connects in the background. Throws `shared_url_refused`. */
export function openValkey({ url, prefix, onTrouble }: ValkeyOptions): SharedDoor {
  const address = parseUrl(url);
  const door = new ValkeyDoor({ address, prefix, onTrouble });
  door.connect();
  return door;
}

class ValkeyDoor implements SharedDoor {
  readonly place: string;
  readonly #commands: Redis;
  readonly #listening: Redis;
  readonly #prefix: string;
  readonly #onTrouble: (error: unknown) => void;
  readonly #ups: ((run: string) => Promise<void>)[] = [];
  readonly #downs: (() => void)[] = [];
  readonly #messages: ((message: string) => void)[] = [];
  readonly #digests = new Map<SharedScript, string>();
  #run: string | undefined;
  #silent = 0;

  constructor({ address, prefix, onTrouble }: { address: Address; prefix: string; onTrouble: (error: unknown) => void }) {
    this.place = address.place;
    this.#prefix = prefix;
    this.#onTrouble = onTrouble;
    const options: RedisOptions = {
      ...address.options,
      lazyConnect: true,
      connectTimeout: CONNECT_MS,
      enableOfflineQueue: false,
      // What was sent when the line broke may have been done: it is for the caller to know, not for a second try.
      maxRetriesPerRequest: 0,
      autoResendUnfulfilledCommands: false,
      retryStrategy: (times) => Math.min(times * RETRY_STEP_MS, RETRY_MS_MAX),
    };
    this.#commands = new Redis({ ...options, commandTimeout: COMMAND_MS });
    this.#listening = new Redis({ ...options, autoResubscribe: false });
    this.#commands.on('ready', () => void this.#arrive());
    this.#commands.on('close', () => this.#leave());
    this.#commands.on('error', onTrouble);
    this.#listening.on('error', onTrouble);
    this.#listening.on('ready', () => void this.#listening.subscribe(this.#channel).catch(onTrouble));
    this.#listening.on('message', (_channel, message) => this.#messages.forEach((listener) => listener(message)));
  }

  get run(): string | undefined {
    return this.#run;
  }

  get #channel(): string {
    return `${this.#prefix}news`;
  }

  connect(): void {
    // Whether it succeeds is told by `ready` and `error`, and it is tried again for ever.
    this.#commands.connect().catch(this.#onTrouble);
    this.#listening.connect().catch(this.#onTrouble);
  }

  script(script: SharedScript, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    return this.#evaluate(script, [keys.length, ...keys.map((key) => `${this.#prefix}${key}`), ...args]);
  }

  publish(message: string): void {
    this.#commands.publish(this.#channel, message).catch(this.#onTrouble);
  }

  onMessage(listener: (message: string) => void): void {
    this.#messages.push(listener);
  }

  onUp(listener: (run: string) => Promise<void>): void {
    this.#ups.push(listener);
  }

  onDown(listener: () => void): void {
    this.#downs.push(listener);
  }

  async close(): Promise<void> {
    this.#commands.disconnect();
    this.#listening.disconnect();
    return Promise.resolve();
  }

  async #evaluate(script: SharedScript, rest: readonly (string | number)[]): Promise<unknown> {
    try {
      return await this.#call('EVALSHA', [this.#digestOf(script), ...rest]);
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
      return this.#call('EVAL', [script.lua, ...rest]);
    }
  }

  async #call(name: string, args: (string | number)[]): Promise<unknown> {
    try {
      const answer = await this.#commands.call(name, args);
      this.#silent = 0;
      return answer;
    } catch (error) {
      // The client's own words for a command that outlived `commandTimeout`.
      this.#silent = error instanceof Error && error.message === 'Command timed out' ? this.#silent + 1 : 0;
      if (this.#silent >= SILENT_MAX) this.#begunAnew();
      throw error;
    }
  }

  /** Both lines: whatever swallowed one has the other as well, and nobody asks anything over that of the messages. */
  #begunAnew(): void {
    this.#silent = 0;
    this.#commands.disconnect(true);
    this.#listening.disconnect(true);
  }

  #digestOf(script: SharedScript): string {
    const known = this.#digests.get(script);
    if (known !== undefined) return known;
    // SHA-1 is how EVALSHA names a script; nothing here rests on it.
    const digest = createHash('sha1').update(script.lua).digest('hex');
    this.#digests.set(script, digest);
    return digest;
  }

  async #arrive(): Promise<void> {
    try {
      const run = /run_id:([0-9a-f]+)/.exec(await this.#commands.info('server'))?.[1];
      if (run === undefined) throw new Error(`${this.place} does not say which run of a server it is`);
      for (const listener of this.#ups) await listener(run);
      // The line may have broken meanwhile.
      if (this.#commands.status === 'ready') this.#run = run;
    } catch (error) {
      this.#onTrouble(error);
      // Half an arrival is none: the connection is begun anew.
      if (this.#commands.status === 'ready') this.#commands.disconnect(true);
    }
  }

  #leave(): void {
    if (this.#run === undefined) return;
    this.#run = undefined;
    for (const listener of this.#downs) listener();
  }
}
