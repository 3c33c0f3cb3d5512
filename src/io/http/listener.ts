// The data and admin planes' listener on `node:http`: strict parsing, bounded headers, bodies and idle time.
// Why node:http and not a framework: bench/http-server.ts measures both in one run.
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { BodyError, type BodyLimits, type ExchangeHandler, type Headers, type Incoming, type Outgoing } from './exchange.ts';
import { toIpAddress } from './trusted-proxies.ts';

// Not by `import`: naming a builtin there reads all its exports, and those of node:http load Node's own fetch and WebSocket (5 MB).
const { createServer } = process.getBuiltinModule('node:http');
const { createServer: createTlsServer } = process.getBuiltinModule('node:https');

export interface TlsSettings {
  readonly cert: string;
  readonly key: string;
  /** PEM bundle of the authorities whose client certificates are accepted; given, every caller needs one (mTLS). */
  readonly clientCa?: string;
}

export interface ListenerOptions {
  readonly host: string;
  readonly port: number;
  readonly tls?: TlsSettings;
  readonly handler: ExchangeHandler;
  /** Told of what the handler itself threw: a bug, since expected failures are answers. */
  readonly onBug: (error: unknown) => void;
  readonly limits?: Partial<ListenerLimits>;
}

export interface ListenerLimits {
  readonly headerBytesMax: number;
  readonly headersMs: number;
  readonly idleMs: number;
  readonly connectionsMax: number;
  /** How long what is left of a body is thrown away after the answer, so that the answer can be read; then the connection ends. */
  readonly lingerMs: number;
}

const DEFAULT_LIMITS: ListenerLimits = {
  headerBytesMax: 16_384,
  headersMs: 10_000,
  idleMs: 65_000,
  connectionsMax: 10_000,
  lingerMs: 5_000,
};

export interface Listener {
  readonly port: number;
  readonly host: string;
  /** Goes on, and has callers close their connections: a later request of theirs finds another listener. */
  leave(): void;
  /** Stops accepting, lets answers under way finish for at most `graceMs`, then drops what is left. */
  close(graceMs: number): Promise<void>;
}

/** Starts to listen. Rejects with the system's error when the address cannot be taken. */
export async function listen(options: ListenerOptions): Promise<Listener> {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const serverOptions = {
    maxHeaderSize: limits.headerBytesMax,
    headersTimeout: limits.headersMs,
    keepAliveTimeout: limits.idleMs,
    requestTimeout: 0,
    // llhttp in strict mode refuses requests with both Content-Length and Transfer-Encoding (RFC 9112 section 6.3).
    insecureHTTPParser: false,
    requireHostHeader: true,
    joinDuplicateHeaders: true,
    noDelay: true,
  };
  let isLeaving = false;
  const underWay = new WeakMap<Duplex, ServerResponse[]>();
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    const { socket } = request;
    if (isLeaving) response.shouldKeepAlive = false;
    const responses = underWay.get(socket) ?? [];
    if (responses.push(response) === 1) underWay.set(socket, responses);
    response.once('close', () => {
      responses.splice(responses.indexOf(response), 1);
      if (!request.complete && !socket.destroyed) linger(request, limits.lingerMs);
    });
    options.handler(new HttpIncoming(request), new HttpOutgoing(response, limits.idleMs)).catch((error: unknown) => {
      options.onBug(error);
      response.destroy();
    });
  };
  const { tls } = options;
  const server: Server =
    tls === undefined
      ? createServer(serverOptions, onRequest)
      : createTlsServer(
          {
            ...serverOptions,
            cert: tls.cert,
            key: tls.key,
            minVersion: 'TLSv1.2',
            ...(tls.clientCa === undefined ? {} : { ca: tls.clientCa, requestCert: true, rejectUnauthorized: true }),
          },
          onRequest,
        );
  server.maxConnections = limits.connectionsMax;
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const isSayable = socket.writable && error.code !== 'ECONNRESET' && isOwnAnswer(underWay.get(socket) ?? []);
    if (!isSayable) socket.destroy();
    else socket.end(`HTTP/1.1 ${statusOf(error)}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: options.host, port: options.port, backlog: 4096 }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;
  return { port, host: options.host, leave: () => void (isLeaving = true), close: (graceMs) => close(server, graceMs) };
}

/**
 * Whether what is wrong can be told: to a request whose own body is broken, and that has no answer yet. Before the answer to another
 * request, or in the middle of one, the words would be taken for a part of it.
 */
function isOwnAnswer(underWay: readonly ServerResponse[]): boolean {
  const [only] = underWay;
  return only === undefined || (underWay.length === 1 && !only.headersSent && !only.req.complete);
}

/** Smuggling attempts, oversized headers and timeouts end here, before any handler has seen them. */
function statusOf(error: NodeJS.ErrnoException): string {
  if (error.code === 'HPE_HEADER_OVERFLOW') return '431 Request Header Fields Too Large';
  return error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? '408 Request Timeout' : '400 Bad Request';
}

/** A body without end must not keep its connection after the request has been refused (RFC 9112 section 9.6). */
function linger(request: IncomingMessage, lingerMs: number): void {
  const timer = setTimeout(() => request.socket.destroy(), lingerMs);
  request.once('close', () => clearTimeout(timer));
}

const IDLE_LOOK_MS = 50;

function close(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), graceMs);
    // A connection that goes idle later would stay open for its keep-alive time; `closeIdleConnections` sees only those idle now.
    const sweep = setInterval(() => server.closeIdleConnections(), IDLE_LOOK_MS);
    server.close(() => {
      clearTimeout(timer);
      clearInterval(sweep);
      resolve();
    });
    server.closeIdleConnections();
  });
}

/**
 * A class, as the one below, and no literal with getters: each such literal has a hidden class of its own, which lives with the old
 * objects, holds the getters and by them the whole request, and makes it grow old too. That cost a fifth of all CPU.
 */
class HttpIncoming implements Incoming {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Headers;
  readonly #request: IncomingMessage;

  constructor(request: IncomingMessage) {
    const url = request.url ?? '/';
    const mark = url.indexOf('?');
    this.method = request.method ?? 'GET';
    this.path = mark < 0 ? url : url.slice(0, mark);
    this.query = mark < 0 ? '' : url.slice(mark + 1);
    this.headers = parseHeaders(request.headers);
    this.#request = request;
  }

  /** Asked for by few requests, and the system call behind it is not free. */
  get peerAddress(): string {
    return peerAddressOf(this.#request.socket);
  }

  body(limits: BodyLimits): Promise<Uint8Array> {
    return readBody(this.#request, limits);
  }
}

const peerAddresses = new WeakMap<Duplex, string>();

/** Worked out once a connection. */
function peerAddressOf(socket: Socket): string {
  const known = peerAddresses.get(socket);
  if (known !== undefined) return known;
  const address = toIpAddress(socket.remoteAddress ?? '') ?? '';
  peerAddresses.set(socket, address);
  return address;
}

// With joinDuplicateHeaders only set-cookie stays a list, and no request of ours reads it.
function parseHeaders(headers: IncomingMessage['headers']): Headers {
  return headers as Headers;
}

function readBody(request: IncomingMessage, limits: BodyLimits): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const timer = setTimeout(() => fail('timeout'), limits.timeMs);
    const fail = (failure: BodyError['failure']): void => {
      clearTimeout(timer);
      request.removeAllListeners('data');
      // What is still on its way is thrown away unread, so that the refusal can be delivered.
      request.resume();
      reject(new BodyError(failure));
    };
    if (Number(request.headers['content-length'] ?? 0) > limits.bytesMax) {
      fail('too_large');
      return;
    }
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > limits.bytesMax) fail('too_large');
      else chunks.push(chunk);
    });
    request.once('end', () => {
      clearTimeout(timer);
      const [only] = chunks;
      resolve(chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks));
    });
    request.once('close', () => {
      if (!request.complete) fail('aborted');
    });
    request.once('error', () => fail('aborted'));
  });
}

class HttpOutgoing implements Outgoing {
  readonly #response: ServerResponse;
  readonly #idleMs: number;

  constructor(response: ServerResponse, idleMs: number) {
    this.#response = response;
    this.#idleMs = idleMs;
  }

  begin(status: number, headers: Readonly<Record<string, string>>): void {
    this.#response.writeHead(status, headers);
  }

  write(text: string): boolean {
    return this.#response.write(text);
  }

  drained(): Promise<void> {
    const response = this.#response;
    return new Promise((resolve) => {
      if (response.destroyed || !response.writableNeedDrain) resolve();
      else {
        const done = (): void => {
          // A caller that is slow again and again must not leave a listener behind each time.
          response.off('drain', done).off('close', done);
          resolve();
        };
        response.once('drain', done).once('close', done);
      }
    });
  }

  end(text?: string | Uint8Array): void {
    const response = this.#response;
    if (text === undefined) response.end();
    else response.end(text);
    // Nobody waits for the caller any more: one that takes nothing must not keep its answer in memory.
    response.socket?.setTimeout(this.#idleMs);
  }

  destroy(): void {
    this.#response.destroy();
  }

  onGone(listener: () => void): void {
    const response = this.#response;
    // Whoever left before this was asked is told of only here.
    if (response.destroyed && !response.writableFinished) listener();
    else
      response.once('close', () => {
        if (!response.writableFinished) listener();
      });
  }

  get isGone(): boolean {
    return this.#response.destroyed;
  }

  get hasBegun(): boolean {
    return this.#response.headersSent;
  }
}
