// The part of NATS's client protocol that publishing with acknowledgement needs. Pure.
// https://docs.nats.io/reference/reference-protocols/nats-protocol, ADR-4 for headers
const CRLF = '\r\n';
const LINE_BYTES_MAX = 65_536;
const PAYLOAD_BYTES_MAX = 8_388_608;

export type NatsMessage =
  | { readonly kind: 'info'; readonly json: string }
  | { readonly kind: 'msg'; readonly subject: string; readonly status: number | undefined; readonly payload: Buffer }
  | { readonly kind: 'ping' }
  | { readonly kind: 'pong' }
  | { readonly kind: 'ok' }
  | { readonly kind: 'error'; readonly text: string };

/** Takes bytes as they come and gives whole messages. Throws on what is none: then the connection is of no use any more. */
export class NatsParser {
  #bytes: Buffer = Buffer.alloc(0);

  take(bytes: Buffer): readonly NatsMessage[] {
    this.#bytes = this.#bytes.length === 0 ? bytes : Buffer.concat([this.#bytes, bytes]);
    const messages: NatsMessage[] = [];
    for (let next = this.#next(); next !== undefined; next = this.#next()) messages.push(next);
    return messages;
  }

  #next(): NatsMessage | undefined {
    const end = this.#bytes.indexOf(CRLF);
    if (end < 0) {
      if (this.#bytes.length > LINE_BYTES_MAX) throw new Error('a NATS line without an end');
      return undefined;
    }
    const line = this.#bytes.toString('utf8', 0, end);
    const [verb = '', ...words] = line.split(/[ \t]+/);
    const kind = verb.toUpperCase();
    if (kind === 'MSG' || kind === 'HMSG') return this.#message(kind, words, end + CRLF.length);
    this.#bytes = this.#bytes.subarray(end + CRLF.length);
    return toControl(kind, line);
  }

  /** `MSG subject sid [reply] size`, `HMSG subject sid [reply] headerSize size`, then the bytes. */
  #message(kind: 'MSG' | 'HMSG', words: readonly string[], from: number): NatsMessage | undefined {
    const total = sizeOf(words.at(-1));
    const headerBytes = kind === 'HMSG' ? sizeOf(words.at(-2)) : 0;
    if (headerBytes > total) throw new Error('a NATS header longer than its message');
    if (this.#bytes.length < from + total + CRLF.length) return undefined;
    const header = this.#bytes.toString('utf8', from, from + headerBytes);
    const payload = Buffer.from(this.#bytes.subarray(from + headerBytes, from + total));
    this.#bytes = this.#bytes.subarray(from + total + CRLF.length);
    const status = /^NATS\/1\.0 (\d{3})/.exec(header)?.[1];
    return { kind: 'msg', subject: words[0] ?? '', status: status === undefined ? undefined : Number(status), payload };
  }
}

function toControl(kind: string, line: string): NatsMessage {
  switch (kind) {
    case 'INFO':
      return { kind: 'info', json: line.slice(5) };
    case 'PING':
      return { kind: 'ping' };
    case 'PONG':
      return { kind: 'pong' };
    case '+OK':
      return { kind: 'ok' };
    case '-ERR':
      return { kind: 'error', text: line.slice(5) };
    default:
      throw new Error('what came is not the protocol of NATS');
  }
}

function sizeOf(word: string | undefined): number {
  const size = /^\d{1,9}$/.test(word ?? '') ? Number(word) : Number.NaN;
  if (!(size <= PAYLOAD_BYTES_MAX)) throw new Error('a NATS message without a size that can be');
  return size;
}

/** A publish with a header that JetStream drops repeats by, and an inbox for its acknowledgement. */
export function toPublish({
  subject,
  reply,
  id,
  payload,
}: {
  readonly subject: string;
  readonly reply: string;
  readonly id: string;
  readonly payload: Buffer;
}): Buffer {
  const header = Buffer.from(`NATS/1.0${CRLF}Nats-Msg-Id: ${id}${CRLF}${CRLF}`);
  const head = `HPUB ${subject} ${reply} ${header.length} ${header.length + payload.length}${CRLF}`;
  return Buffer.concat([Buffer.from(head), header, payload, Buffer.from(CRLF)]);
}
