// A model server that does what a test says, over real loopback HTTP: whole answers, events cut anywhere, delays, drops, wrong
// lengths, garbage. It keeps what it received and sees when callers go away.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JsonObject } from '../../src/core/types.ts';

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  /** The parsed body; an empty object where there is none. */
  readonly body: JsonObject;
  /** Steady milliseconds at which the caller's socket was gone before the answer had ended; undefined while it is there. */
  readonly goneAtMs: number | undefined;
  /** Resolves when the exchange is over, whoever ended it. */
  readonly closed: Promise<void>;
}

/** Answers one request. What is not scripted is a 500, so that a test cannot pass by luck. */
export type Script = (received: Received, reply: Reply) => void | Promise<void>;

export class Reply {
  readonly #response: ServerResponse;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  json(body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): void {
    this.bytes(Buffer.from(JSON.stringify(body)), { status, headers: { 'content-type': 'application/json', ...headers } });
  }

  bytes(body: Uint8Array, head: { readonly status?: number; readonly headers?: Readonly<Record<string, string>> } = {}): void {
    this.#response.writeHead(head.status ?? 200, { 'content-length': String(body.byteLength), ...head.headers });
    this.#response.end(body);
  }

  /** Opens an event stream. */
  open(headers: Readonly<Record<string, string>> = {}): this {
    this.#response.writeHead(200, { 'content-type': 'text/event-stream', ...headers });
    this.#response.flushHeaders();
    return this;
  }

  /** Writes and waits until the bytes are in the kernel, so that the next piece is a piece of its own. */
  async write(piece: string | Uint8Array): Promise<void> {
    if (this.#response.destroyed) return;
    await new Promise<void>((resolve) => this.#response.write(piece, () => resolve()));
    await nextTurn();
  }

  end(): void {
    this.#response.end();
  }

  /** Resets the connection. */
  drop(): void {
    this.#response.socket?.resetAndDestroy();
  }

  /** Bytes on the wire exactly as given: wrong lengths, broken status lines. The connection is closed afterwards if `isLast`. */
  raw(bytes: string | Uint8Array, isLast = true): void {
    const { socket } = this.#response;
    if (isLast) socket?.end(bytes);
    else socket?.write(bytes);
  }

  /** All events at once, or cut at the given byte offsets of the whole. */
  async events(events: readonly string[], cuts: readonly number[] = []): Promise<void> {
    this.open();
    const bytes = Buffer.from(events.join(''));
    const places = [0, ...cuts, bytes.length];
    for (const [index, place] of places.slice(1).entries()) await this.write(bytes.subarray(places[index], place));
    this.end();
  }

  get isGone(): boolean {
    return this.#response.destroyed;
  }
}

export interface ScriptedUpstream {
  /** Root of the API, for the configuration of a gateway. */
  readonly url: string;
  readonly received: readonly Received[];
  /** The last request that came. Throws when none did. */
  readonly last: Received;
  /** What every request gets from now on. */
  answer(script: Script): void;
  /** Forgets what was received. */
  forget(): void;
  close(): Promise<void>;
}

const nextTurn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

export async function startUpstream(): Promise<ScriptedUpstream> {
  const received: Received[] = [];
  let script: Script = (_, reply) => reply.json({ error: { message: 'nothing is scripted' } }, 500);
  const server = createServer((request, response) => {
    void takeIn(request, response).then(async (taken) => {
      received.push(taken);
      await script(taken, new Reply(response));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    received,
    get last() {
      const last = received.at(-1);
      if (last === undefined) throw new Error('the upstream was not called');
      return last;
    },
    answer(next) {
      script = next;
    },
    forget() {
      received.length = 0;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function takeIn(request: IncomingMessage, response: ServerResponse): Promise<Received> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  const state: { goneAtMs: number | undefined } = { goneAtMs: undefined };
  const closed = new Promise<void>((resolve) => {
    response.once('close', () => {
      if (!response.writableFinished) state.goneAtMs = performance.now();
      resolve();
    });
  });
  return {
    method: request.method ?? '',
    path: request.url ?? '',
    headers: request.headers,
    text,
    body: text === '' ? {} : (JSON.parse(text) as JsonObject),
    get goneAtMs() {
      return state.goneAtMs;
    },
    closed,
  };
}
