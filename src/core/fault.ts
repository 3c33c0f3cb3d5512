// Expected failures: one class, and a closed catalogue of codes for each room.

/** One row of a room's catalogue. `{name}` in the texts is filled from the parameters. */
export interface FaultRow {
  /** HTTP status that a caller sees. */
  readonly status: number;
  /** What is wrong, without any secret or prompt text. */
  readonly message: string;
  /** The way out. */
  readonly fix: string;
}

export interface FaultDetail {
  /** JSON pointer (RFC 6901) of the offending member. */
  readonly pointer?: string;
  readonly retryAfterSeconds?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** An expected failure: bad input, upstream down, key expired. The message is safe to show to anyone. */
export class Fault extends Error {
  override readonly name = 'Fault';
  readonly code: string;
  readonly status: number;
  readonly fix: string;
  readonly pointer: string | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: string, row: FaultRow, detail: FaultDetail = {}) {
    super(row.message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.code = code;
    this.status = row.status;
    this.fix = row.fix;
    this.pointer = detail.pointer;
    this.retryAfterSeconds = detail.retryAfterSeconds;
    this.headers = detail.headers ?? {};
  }
}

type Params = Readonly<Record<string, string | number>>;

const fill = (text: string, params: Params): string =>
  text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in params ? String(params[name]) : whole));

/**
 * Binds a room's catalogue to a maker of its faults, so that a code outside the list does not compile.
 * The catalogue itself is exported by the room: the documentation page is generated from it.
 */
export function faultMaker<Code extends string>(catalogue: Readonly<Record<Code, FaultRow>>) {
  return (code: Code, params: Params = {}, detail: FaultDetail = {}): Fault => {
    const row = catalogue[code];
    return new Fault(code, { status: row.status, message: fill(row.message, params), fix: fill(row.fix, params) }, detail);
  };
}
