// The index of requests as the admin plane sees it. Its thread begins with the first question and ends when nobody has asked for a
// while: a gateway that nobody looks at spends nothing on being looked at.
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { Fault } from '../../../core/fault.ts';
import type { Ledger } from '../../../ledger/ledger.ts';
import type { RequestFilter } from '../../../watch/request-index/filter.ts';
import type { KeyPair } from '../../../watch/request-index/key-names.ts';
import { appFault } from '../../faults.ts';
import { readRestores } from '../../serve/restores.ts';
import { VERSION } from '../../version.ts';
import type { Answers, Ask, FromIndex, IndexStart, ToIndex } from './messages.ts';

const IDLE_MS = 10 * 60_000;
/** How often an open console is told what is new. */
const LIVE_EVERY_MS = 100;
const ASKS_MAX = 64;
const ASK_MS_MAX = 30_000;
/** For saving what was read. What is not saved in time is read again. */
const STOP_MS_MAX = 5_000;
const WATCHERS_MAX = 32;
/** So that one caller leaves room for the others. */
const WATCHERS_OF_ONE = 8;
const HEAP = { maxOldGenerationSizeMb: 512, maxYoungGenerationSizeMb: 16 } as const;

export interface IndexClientOptions {
  readonly dataFolder: string;
  readonly ledger: Ledger;
  /** Pseudonyms of keys: of those given, or of all. */
  readonly keyPairs: (ids?: readonly string[]) => Promise<readonly KeyPair[]>;
  readonly onTrouble: (error: unknown) => void;
  /** How long the thread stays after the last question. */
  readonly idleMs?: number;
}

export interface Answered<Answer> {
  readonly answer: Answer;
  /** Records that the answer rests on, and how many durable ones it does not know yet. */
  readonly indexedUpTo: number;
  readonly behind: number;
}

interface Waiting {
  readonly resolve: (answered: Answered<unknown>) => void;
  readonly reject: (error: unknown) => void;
  readonly timer: NodeJS.Timeout;
}

/** Takes text of server-sent events; resolves when more may come. */
export type LiveSink = (text: string) => Promise<void>;

interface Watcher {
  readonly who: string;
  readonly filter: RequestFilter;
  readonly after: number;
  readonly sink: LiveSink;
  readonly onEnd: () => void;
}

export class IndexClient {
  readonly #options: IndexClientOptions;
  readonly #waiting = new Map<number, Waiting>();
  readonly #watchers = new Map<number, Watcher>();
  #starting: Promise<Worker> | undefined;
  #worker: Worker | undefined;
  #stopping: Promise<void> | undefined;
  #asks = 0;
  #count = 0;
  #indexedUpTo = 0;
  #idle: NodeJS.Timeout | undefined;
  #live: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: IndexClientOptions) {
    this.#options = options;
  }

  /** For the health page. */
  get status(): { readonly state: 'off' | 'on'; readonly indexedUpTo: number; readonly watchers: number } {
    return { state: this.#worker === undefined ? 'off' : 'on', indexedUpTo: this.#indexedUpTo, watchers: this.#watchers.size };
  }

  /** Throws `index_unavailable`. */
  async ask<Op extends Ask['op']>(ask: Extract<Ask, { op: Op }>): Promise<Answered<Answers[Op]>> {
    if (this.#asks >= ASKS_MAX) throw appFault('index_unavailable', { reason: `${ASKS_MAX} questions wait already` });
    this.#asks += 1;
    try {
      const worker = await this.#running();
      this.#rest();
      return await this.#send<Op>(worker, ask);
    } finally {
      this.#asks -= 1;
    }
  }

  #send<Op extends Ask['op']>(worker: Worker, ask: Ask): Promise<Answered<Answers[Op]>> {
    return new Promise((resolve, reject) => {
      const id = (this.#count += 1);
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(appFault('index_unavailable', { reason: 'it did not answer in time' }));
      }, ASK_MS_MAX);
      timer.unref();
      this.#waiting.set(id, { resolve: (answered) => resolve(parseAnswered<Answers[Op]>(answered)), reject, timer });
      post(worker, { kind: 'ask', id, ask, durableCount: this.#durableCount });
    });
  }

  /** Tells a sink what happens from now on, or after a record. Returns the way to end it. Throws `index_unavailable`. */
  async watch(watcher: Watcher): Promise<() => void> {
    if (this.#watchers.size >= WATCHERS_MAX) throw appFault('index_unavailable', { reason: `${WATCHERS_MAX} consoles look on already` });
    const own = [...this.#watchers.values()].filter(({ who }) => who === watcher.who).length;
    if (own >= WATCHERS_OF_ONE) throw appFault('index_unavailable', { reason: `${own} consoles of ${watcher.who} look on already` });
    const watchId = (this.#count += 1);
    this.#watchers.set(watchId, watcher);
    const worker = await this.#running().catch((error: unknown) => {
      this.#watchers.delete(watchId);
      throw error;
    });
    post(worker, { kind: 'watch', watchId, filter: watcher.filter, after: watcher.after });
    this.#live ??= setInterval(() => this.#tick(), LIVE_EVERY_MS);
    return () => {
      this.#watchers.delete(watchId);
      if (this.#worker !== undefined) post(this.#worker, { kind: 'unwatch', watchId });
      if (this.#watchers.size > 0) return;
      clearInterval(this.#live);
      this.#live = undefined;
      this.#rest();
    };
  }

  /** Saves what was read and ends the thread. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { onEnd } of this.#watchers.values()) onEnd();
    clearInterval(this.#live);
    await this.#stop();
  }

  get #durableCount(): number {
    return this.#options.ledger.status().durableCount;
  }

  #tick(): void {
    const { durableCount } = this.#options.ledger.status();
    if (this.#worker !== undefined) post(this.#worker, { kind: 'follow', durableCount });
  }

  /** Ends the thread when nobody has asked for a while. */
  #rest(): void {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => {
      if (this.#watchers.size === 0) this.#stop().catch(this.#options.onTrouble);
      else this.#rest();
    }, this.#options.idleMs ?? IDLE_MS);
    this.#idle.unref();
  }

  #stop(): Promise<void> {
    this.#stopping ??= this.#end().finally(() => {
      this.#stopping = undefined;
    });
    return this.#stopping;
  }

  async #end(): Promise<void> {
    clearTimeout(this.#idle);
    const worker = this.#worker;
    if (worker === undefined) return;
    await Promise.race([this.#send<'stop'>(worker, { op: 'stop' }).catch(this.#options.onTrouble), pause(STOP_MS_MAX)]);
    this.#forget(worker, 'the gateway closes it');
    await worker.terminate();
  }

  /** One thread at a time has the file: the next one begins when the last one has given it back. */
  async #running(): Promise<Worker> {
    await this.#stopping;
    if (this.#isClosed) throw appFault('index_unavailable', { reason: 'the gateway is shutting down' });
    this.#starting ??= this.#begin().catch((error: unknown) => {
      this.#starting = undefined;
      throw error;
    });
    return this.#starting;
  }

  async #begin(): Promise<Worker> {
    const { ledger, dataFolder, keyPairs, onTrouble } = this.#options;
    const start: IndexStart = {
      file: join(dataFolder, 'index.db'),
      ledgerFolder: join(dataFolder, 'ledger'),
      ledger: ledger.verifierKey.split('+').slice(0, 2).join('+'),
      verifierKey: ledger.verifierKey,
      productVersion: VERSION,
      restores: await readRestores(dataFolder),
      durableCount: this.#durableCount,
      keys: await keyPairs(),
    };
    // The entry has this file's ending: `.ts` from the sources, `.js` in the build.
    const entry = new URL(import.meta.url.replace(/index-client\.(ts|js)$/, 'index-worker.$1'));
    const worker = new Worker(entry, { env: {}, argv: [], workerData: start, resourceLimits: HEAP });
    worker.unref();
    worker.on('message', (message: FromIndex) => this.#onMessage(message));
    worker.on('error', (error) => {
      onTrouble(error);
      this.#forget(worker, 'its thread failed; the log says why');
    });
    worker.on('exit', () => this.#forget(worker, 'its thread ended'));
    this.#worker = worker;
    return worker;
  }

  #forget(worker: Worker, reason: string): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    this.#starting = undefined;
    for (const [id, { reject, timer }] of this.#waiting) {
      clearTimeout(timer);
      this.#waiting.delete(id);
      reject(appFault('index_unavailable', { reason }));
    }
    for (const { onEnd } of this.#watchers.values()) onEnd();
  }

  #onMessage(message: FromIndex): void {
    switch (message.kind) {
      case 'answer':
        return this.#settle(message.id, ({ resolve }) => {
          const { answer, indexedUpTo } = message;
          this.#indexedUpTo = indexedUpTo;
          resolve({ answer, indexedUpTo, behind: Math.max(0, this.#durableCount - indexedUpTo) });
        });
      case 'refusal':
        return this.#settle(message.id, ({ reject }) => reject(refusalOf(message)));
      case 'live':
        return void this.#show(message.watchId, message.text);
      case 'newKeys':
        return void this.#tellKeys(message.ids);
    }
  }

  #settle(id: number, how: (waiting: Waiting) => void): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    clearTimeout(waiting.timer);
    this.#waiting.delete(id);
    how(waiting);
  }

  async #show(watchId: number, text: string): Promise<void> {
    await this.#watchers.get(watchId)?.sink(text);
    if (this.#worker !== undefined && this.#watchers.has(watchId)) post(this.#worker, { kind: 'ready', watchId });
  }

  async #tellKeys(ids: readonly string[]): Promise<void> {
    const keys = await this.#options.keyPairs(ids);
    if (this.#worker !== undefined) post(this.#worker, { kind: 'keys', keys });
  }
}

function refusalOf({ reason, fault }: Extract<FromIndex, { kind: 'refusal' }>): Fault {
  if (fault === undefined) return appFault('index_unavailable', { reason });
  return new Fault(fault.code, { status: fault.status, message: reason, fix: fault.fix });
}

const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });

const post = (worker: Worker, message: ToIndex): void => worker.postMessage(message);

// What our own thread posts has the shape that its types say; a structured clone keeps it.
const parseAnswered = <Answer>(answered: Answered<unknown>): Answered<Answer> => answered as Answered<Answer>;
