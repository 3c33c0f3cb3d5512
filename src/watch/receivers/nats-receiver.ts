// NATS JetStream: a message an event, each acknowledged by the stream that keeps it, repeats dropped by their ids.
// https://docs.nats.io/nats-concepts/jetstream/headers, ADR-2 for the answers
import { numberOf, objectOf } from '../ocsf/fields.ts';
import { connectStream, type StreamSocket } from '../../io/outbound/stream-socket.ts';
import { excerpt, objectIn } from './http-answer.ts';
import { NatsParser, toPublish, type NatsMessage } from './nats-protocol.ts';
import type { NatsSettings } from './settings.ts';
import { ReceiverTrouble, type CheckResult, type Outcome, type Receiver } from './receiver.ts';

export interface NatsTools {
  /** Letters and digits that nobody else uses as an inbox. */
  readonly inbox: string;
  readonly productVersion: string;
  readonly pause: (ms: number) => Promise<void>;
}

/** Nobody listens at that subject: no stream takes it (ADR-22). */
const NO_RESPONDERS = 503;

/** For things that are wrong with the message itself, such as its size. */
const BAD_REQUEST = 400;
const HEADER_BYTES_MAX = 512;

interface Message {
  readonly subject: string;
  readonly id: string;
  readonly payload: Buffer;
}

type Answer = Extract<NatsMessage, { kind: 'msg' }>;

/** One connection: its greeting is done, its inbox is open. */
class NatsConnection {
  readonly #socket: StreamSocket;
  readonly #waiting = new Map<string, (answer: Answer) => void>();
  readonly #ready = Promise.withResolvers<void>();
  readonly #greeting = Promise.withResolvers<string>();
  #parser = new NatsParser();
  #count = 0;
  payloadMax = 1_048_576;

  constructor(socket: StreamSocket) {
    this.#socket = socket;
    // A connection that ends before anybody asks for these must not end the process.
    this.#ready.promise.catch(() => undefined);
    this.#greeting.promise.catch(() => undefined);
    void socket.whenEnded.then(() => this.#fail(socket.ended ?? 'the connection ended'));
    this.#listen();
  }

  get isOpen(): boolean {
    return this.#socket.ended === undefined;
  }

  get whenEnded(): Promise<void> {
    return this.#socket.whenEnded;
  }

  async greet(settings: NatsSettings, { inbox, productVersion }: NatsTools): Promise<void> {
    const info = objectIn(await this.#greeting.promise);
    if (info === undefined || info['headers'] !== true) throw new Error('this NATS server knows no headers');
    if (typeof info['max_payload'] === 'number') this.payloadMax = info['max_payload'];
    if (settings.isTls) {
      await this.#socket.secure(settings.tls);
      this.#parser = new NatsParser();
      this.#listen();
    } else if (info['tls_required'] === true) throw new Error('this NATS server wants TLS');
    const options = {
      verbose: false,
      pedantic: false,
      headers: true,
      no_responders: true,
      name: 'sallyport',
      lang: 'node',
      version: productVersion,
      ...authOf(settings.auth),
    };
    await this.#socket.write(Buffer.from(`CONNECT ${JSON.stringify(options)}\r\nSUB ${inbox}.* 1\r\nPING\r\n`));
    await this.#ready.promise;
  }

  /** Resolves with the answer to each message, in the order of the messages. */
  async ask(messages: readonly Message[], inbox: string): Promise<readonly Answer[]> {
    const answers = messages.map(() => Promise.withResolvers<Answer>());
    const bytes = messages.map((message, at) => {
      const reply = `${inbox}.${(this.#count += 1)}`;
      const answer = answers[at];
      if (answer !== undefined) this.#waiting.set(reply, answer.resolve);
      return toPublish({ ...message, reply });
    });
    await this.#socket.write(Buffer.concat(bytes));
    return Promise.all(answers.map(({ promise }) => promise));
  }

  async end(): Promise<void> {
    await this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #listen(): void {
    this.#socket.onData((bytes) => {
      try {
        for (const message of this.#parser.take(bytes)) this.#onMessage(message);
      } catch (error) {
        this.#fail(error instanceof Error ? error.message : 'not NATS');
      }
    });
  }

  #onMessage(message: NatsMessage): void {
    switch (message.kind) {
      case 'info':
        return this.#greeting.resolve(message.json);
      case 'ping':
        return void this.#socket.write(Buffer.from('PONG\r\n')).catch(() => this.#socket.destroy());
      case 'pong':
        return this.#ready.resolve();
      case 'msg':
        this.#waiting.get(message.subject)?.(message);
        this.#waiting.delete(message.subject);
        return undefined;
      case 'error':
        return this.#fail(`it says ${excerpt(message.text).slice(2)}`);
      case 'ok':
        return undefined;
    }
  }

  #fail(reason: string): void {
    this.#greeting.reject(new Error(reason));
    this.#ready.reject(new Error(reason));
    this.#socket.destroy();
  }
}

function authOf(auth: NatsSettings['auth']): Readonly<Record<string, string>> {
  if (auth === undefined) return {};
  return 'token' in auth ? { auth_token: auth.token } : { user: auth.user, pass: auth.password };
}

export function createNatsReceiver(settings: NatsSettings, tools: NatsTools): Receiver {
  let connection: NatsConnection | undefined;

  async function connected(): Promise<NatsConnection> {
    if (connection?.isOpen === true) return connection;
    const { host, port, timeoutMs } = settings;
    const made = new NatsConnection(await connectStream({ host, port, timeoutMs }));
    try {
      await inTime(made.greet(settings, tools), made);
    } catch (error) {
      made.destroy();
      throw error;
    }
    connection = made;
    return made;
  }

  /** Whatever is awaited ends with the connection, and after the time that is set. */
  async function inTime<Result>(work: Promise<Result>, on: NatsConnection): Promise<Result> {
    const late = tools.pause(settings.timeoutMs).then((): never => {
      throw new Error(`no answer in ${settings.timeoutMs} ms`);
    });
    const gone = on.whenEnded.then((): never => {
      throw new Error('the connection ended');
    });
    late.catch(() => undefined);
    gone.catch(() => undefined);
    return Promise.race([work, late, gone]);
  }

  const trouble = (cause: unknown): ReceiverTrouble => {
    connection?.destroy();
    return new ReceiverTrouble(`it cannot be reached: ${cause instanceof Error ? cause.message : 'unknown'}`, { cause });
  };

  const open = (): Promise<NatsConnection> =>
    connected().catch((cause: unknown) => {
      throw trouble(cause);
    });

  async function asked(messages: readonly Message[]): Promise<readonly Answer[]> {
    const on = await open();
    return inTime(on.ask(messages, tools.inbox), on).catch((cause: unknown) => {
      throw trouble(cause);
    });
  }

  return {
    async deliver(events): Promise<Outcome> {
      const max = (await open()).payloadMax;
      const refused = new Map<number, string>();
      const fit: { readonly at: number; readonly message: Message }[] = [];
      for (const [at, { uid, line }] of events.entries()) {
        const payload = Buffer.from(line);
        const bytes = payload.length + HEADER_BYTES_MAX;
        if (bytes > max) refused.set(at, `${bytes} bytes are more than the ${max} that the server takes`);
        else fit.push({ at, message: { subject: settings.subject, id: uid, payload } });
      }
      for (const [nth, answer] of (await asked(fit.map(({ message }) => message))).entries()) {
        const reason = refusalIn(answer);
        if (reason !== undefined) refused.set(fit[nth]?.at ?? 0, reason);
      }
      return { state: 'mixed', refused, again: new Set() };
    },
    check: () => checkOf(settings, asked),
    async close() {
      await connection?.end();
    },
  };
}

/** Asks JetStream itself which stream keeps our subject. */
async function checkOf(
  { subject }: NatsSettings,
  asked: (messages: readonly Message[]) => Promise<readonly Answer[]>,
): Promise<CheckResult> {
  const [answer] = await asked([{ subject: '$JS.API.STREAM.NAMES', id: 'check', payload: Buffer.from(JSON.stringify({ subject })) }]);
  const streams = objectIn(answer?.payload.toString() ?? '')?.['streams'];
  if (answer?.status === NO_RESPONDERS) return { state: 'fail', detail: 'answers, but has no JetStream', fix: 'Start it with JetStream.' };
  if (Array.isArray(streams) && streams.length > 0) return { state: 'ok', detail: `the stream ${String(streams[0])} keeps ${subject}` };
  return { state: 'fail', detail: `no stream keeps ${subject}`, fix: `Add a stream with the subject ${subject}.` };
}

/** Only an acknowledgement with a stream and a place in it counts. Throws `ReceiverTrouble` for what is not about the message. */
function refusalIn({ status, payload }: Answer): string | undefined {
  if (status === NO_RESPONDERS) throw new ReceiverTrouble('no stream of JetStream takes this subject');
  const answer = objectIn(payload.toString()) ?? {};
  const error = objectOf(answer, 'error');
  const said = excerpt(payload.toString());
  if (error !== undefined && numberOf(error, 'code') === BAD_REQUEST) return `JetStream answers${said}`;
  if (error !== undefined) throw new ReceiverTrouble(`JetStream answers${said}`);
  if (typeof answer['stream'] === 'string' && typeof answer['seq'] === 'number') return undefined;
  throw new ReceiverTrouble(`it answers without an acknowledgement of JetStream${said}`);
}
