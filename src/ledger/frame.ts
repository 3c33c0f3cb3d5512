// How one record lies in a segment file, and how the next one is found in bytes that a power cut may have torn.
//
//   crc32 of all that follows (4) | payload length (4) | lag (4) | 0x00 | payload: canonical JSON, UTF-8
//
// Numbers are little-endian. The zero byte is the leaf prefix of RFC 6962 section 2.1, so that the leaf hash is taken
// over bytes that lie together. `lag` says how many records before this one had not yet been synced when it was
// written: all the earlier ones had been acknowledged. Recovery needs that to tell a torn tail from a lost record.
import { crc32 } from 'node:zlib';
import type { HashText } from './merkle.ts';
import { sha256Text } from './merkle.ts';

/** Largest payload that is recorded: records hold digests and counts, and something larger is content. */
export const PAYLOAD_BYTES_MAX = 65_536;

const LENGTH_AT = 4;
const LAG_AT = 8;
const PREFIX_AT = 12;
export const FRAME_HEADER_BYTES = 13;
export const FRAME_BYTES_MAX = FRAME_HEADER_BYTES + PAYLOAD_BYTES_MAX;

/** A record as it was read; `payload` is a view into the bytes that were read. */
export interface Frame {
  readonly payload: Buffer;
  readonly leafHash: HashText;
  readonly lag: number;
  readonly sizeBytes: number;
}

export type FrameRead =
  | { readonly state: 'good'; readonly frame: Frame }
  /** The bytes end before the frame does. */
  | { readonly state: 'short' }
  /** These bytes were never written so. */
  | { readonly state: 'bad' };

/** Many frames in one buffer, ready for one write. */
export class FrameBuffer {
  #bytes: Buffer;
  #used = 0;

  constructor(capacityBytes: number) {
    this.#bytes = Buffer.allocUnsafeSlow(capacityBytes);
  }

  get usedBytes(): number {
    return this.#used;
  }

  get capacityBytes(): number {
    return this.#bytes.length;
  }

  /** The frames so far; valid until `clear`. */
  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#used);
  }

  clear(): void {
    this.#used = 0;
  }

  /** Adds a record and returns its leaf hash; undefined, with nothing added, when the payload is larger than it may be. */
  add(payload: string, lag: number): HashText | undefined {
    if (payload.length > PAYLOAD_BYTES_MAX) return undefined;
    // A UTF-16 code unit becomes at most three bytes of UTF-8.
    this.#reserve(FRAME_HEADER_BYTES + payload.length * 3);
    const bytes = this.#bytes;
    const start = this.#used;
    const length = bytes.write(payload, start + FRAME_HEADER_BYTES, 'utf8');
    if (length > PAYLOAD_BYTES_MAX) return undefined;
    const end = start + FRAME_HEADER_BYTES + length;
    bytes.writeUInt32LE(length, start + LENGTH_AT);
    bytes.writeUInt32LE(lag, start + LAG_AT);
    bytes[start + PREFIX_AT] = 0;
    bytes.writeUInt32LE(crc32(bytes.subarray(start + LENGTH_AT, end)), start);
    this.#used = end;
    return sha256Text(bytes.subarray(start + PREFIX_AT, end));
  }

  #reserve(sizeBytes: number): void {
    if (this.#used + sizeBytes <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.#used + sizeBytes));
    this.#bytes.copy(grown, 0, 0, this.#used);
    this.#bytes = grown;
  }
}

/** Reads the frame that begins at `start`. */
export function readFrame(bytes: Buffer, start: number): FrameRead {
  if (start + FRAME_HEADER_BYTES > bytes.length) return { state: 'short' };
  const length = bytes.readUInt32LE(start + LENGTH_AT);
  if (length > PAYLOAD_BYTES_MAX || bytes[start + PREFIX_AT] !== 0) return { state: 'bad' };
  const end = start + FRAME_HEADER_BYTES + length;
  if (end > bytes.length) return { state: 'short' };
  if (crc32(bytes.subarray(start + LENGTH_AT, end)) !== bytes.readUInt32LE(start)) return { state: 'bad' };
  return {
    state: 'good',
    frame: {
      payload: bytes.subarray(start + FRAME_HEADER_BYTES, end),
      leafHash: sha256Text(bytes.subarray(start + PREFIX_AT, end)),
      lag: bytes.readUInt32LE(start + LAG_AT),
      sizeBytes: end - start,
    },
  };
}
