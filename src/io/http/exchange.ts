// One HTTP request and its answer, as rooms above see them: no sockets, no streams, only what may be asked and said.

/** Header names are lower case; repeated headers are joined as RFC 9110 section 5.3 says. */
export type Headers = Readonly<Record<string, string | undefined>>;

export type BodyFailure = 'too_large' | 'timeout' | 'aborted';

export class BodyError extends Error {
  readonly failure: BodyFailure;
  constructor(failure: BodyFailure) {
    super(`request body: ${failure}`);
    this.failure = failure;
  }
}

export interface BodyLimits {
  readonly bytesMax: number;
  readonly timeMs: number;
}

export interface Incoming {
  readonly method: string;
  /** Path without the query, as sent. */
  readonly path: string;
  readonly query: string;
  readonly headers: Headers;
  /** Address of whoever holds the other end of the connection, as `toIpAddress` writes it; empty when it is gone. */
  readonly peerAddress: string;
  /** The whole body. Rejects with `BodyError`. */
  body(limits: BodyLimits): Promise<Uint8Array>;
}

export interface Outgoing {
  begin(status: number, headers: Readonly<Record<string, string>>): void;
  /** Hands text to the socket; false when the caller reads slower than we write. */
  write(text: string): boolean;
  /** Resolves when the socket takes more, or is gone. */
  drained(): Promise<void>;
  end(text?: string | Uint8Array): void;
  /** Drops the connection at once. */
  destroy(): void;
  /** Called once when the connection ends before the answer did; at once when it has. */
  onGone(listener: () => void): void;
  readonly isGone: boolean;
  readonly hasBegun: boolean;
}

export type ExchangeHandler = (incoming: Incoming, outgoing: Outgoing) => Promise<void>;
