// A TCP or TLS connection to a place of the operator: bytes out, bytes in, and the moment at which it ended.
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { assertOutboundHost, guardedLookup } from './guard.ts';
import type { OutboundTls } from './http-sender.ts';

export interface StreamSocketOptions {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte; absent: none, until `secure` is called. */
  readonly tls?: OutboundTls;
  readonly timeoutMs: number;
}

export interface StreamSocket {
  /** Resolves when the kernel has the bytes, which says nothing of the other side. Rejects when the connection is gone. */
  write(bytes: Uint8Array): Promise<void>;
  /** What comes in, from now on; what came before is handed over at once. */
  onData(take: (bytes: Buffer) => void): void;
  /** Why the connection ended; undefined while it stands. */
  readonly ended: string | undefined;
  /** Resolves when the connection has ended. */
  readonly whenEnded: Promise<void>;
  /** Goes over to TLS on the same connection. */
  secure(tls: OutboundTls): Promise<void>;
  /** Says goodbye, and waits a moment for the other side to do so. */
  end(): Promise<void>;
  destroy(): void;
}

const GOODBYE_MS = 2_000;
const TLS_MIN = 'TLSv1.2';

/** Throws `OutboundRefusal`, or the system's error. */
export async function connectStream(options: StreamSocketOptions): Promise<StreamSocket> {
  const { host, port, tls, timeoutMs } = options;
  assertOutboundHost(host);
  const target = { host, port, lookup: guardedLookup };
  const socket =
    tls === undefined ? connectTcp(target) : connectTls({ ...target, ...tls, servername: serverName(host), minVersion: TLS_MIN });
  await standing(socket, tls === undefined ? 'connect' : 'secureConnect', timeoutMs);
  return new OpenStream(socket, options);
}

/** RFC 6066 section 3: a name, never an address. */
const serverName = (host: string): string => (/^[\d.]+$|:/.test(host) ? '' : host);

function standing(socket: Socket, event: 'connect' | 'secureConnect', timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => socket.destroy(new Error(`no connection in ${timeoutMs} ms`)), timeoutMs);
    const settle = (error?: Error): void => {
      clearTimeout(timer);
      socket.off('error', settle);
      if (error === undefined) resolve();
      else reject(error);
    };
    socket.once('error', settle);
    socket.once(event, () => settle());
  });
}

class OpenStream implements StreamSocket {
  readonly #options: StreamSocketOptions;
  #socket: Socket;
  #ended: string | undefined;
  readonly #end = Promise.withResolvers<void>();
  #early: Buffer[] = [];
  #take: ((bytes: Buffer) => void) | undefined;

  constructor(socket: Socket, options: StreamSocketOptions) {
    this.#options = options;
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 15_000);
    this.#listen(socket);
  }

  get ended(): string | undefined {
    return this.#ended;
  }

  get whenEnded(): Promise<void> {
    return this.#end.promise;
  }

  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) return reject(new Error(this.#ended));
      this.#socket.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  }

  onData(take: (bytes: Buffer) => void): void {
    this.#take = take;
    for (const bytes of this.#early.splice(0)) take(bytes);
  }

  async secure(tls: OutboundTls): Promise<void> {
    const plain = this.#socket;
    plain.removeAllListeners('data');
    const { host, timeoutMs } = this.#options;
    const secured = connectTls({ socket: plain, ...tls, servername: serverName(host), host, minVersion: TLS_MIN });
    await standing(secured, 'secureConnect', timeoutMs);
    this.#socket = secured;
    this.#listen(secured);
  }

  async end(): Promise<void> {
    if (this.#ended !== undefined) return;
    const timer = setTimeout(() => this.#socket.destroy(), GOODBYE_MS);
    this.#socket.end();
    await this.whenEnded;
    clearTimeout(timer);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #listen(socket: Socket): void {
    socket.on('data', (bytes: Buffer) => (this.#take === undefined ? void this.#early.push(bytes) : this.#take(bytes)));
    socket.on('error', (error) => (this.#ended ??= error.message));
    socket.on('close', () => {
      this.#ended ??= 'the other side closed the connection';
      this.#end.resolve();
    });
    // Half-open is of no use: whoever stops listening to us is gone.
    socket.on('end', () => (this.#ended ??= 'the other side closed the connection'));
  }
}
