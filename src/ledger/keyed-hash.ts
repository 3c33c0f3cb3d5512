// HMAC-SHA-256 (RFC 2104) of short texts, a third of what the library's own object costs: two are made for every request.
import { createHmac, createSecretKey, hash } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { HASH_BYTES } from './merkle.ts';

/** Block of SHA-256; a key is no longer than that (RFC 2104 section 2). */
const BLOCK_BYTES = 64;
const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;

/** Pad, nonce and text of the hash at hand, reused: nothing here is asynchronous. Longer texts go the library's way. */
const SCRATCH = Buffer.alloc(65_536);
/** A UTF-16 code unit becomes at most three bytes of UTF-8. */
const UNIT_BYTES_MAX = 3;

export class KeyedHash {
  readonly #key: KeyObject;
  readonly #inner: Buffer;
  /** The padded key, and room for the inner hash behind it. */
  readonly #outer: Buffer;

  constructor(key: Uint8Array) {
    if (key.length > BLOCK_BYTES) throw new RangeError(`a key is at most ${BLOCK_BYTES} bytes long`);
    this.#key = createSecretKey(key);
    this.#inner = padded(key, INNER_PAD, BLOCK_BYTES);
    this.#outer = padded(key, OUTER_PAD, BLOCK_BYTES + HASH_BYTES);
  }

  /** HMAC-SHA-256(key, head || UTF-8 of the text), base64url. */
  of(head: Uint8Array, text: string): string {
    const start = BLOCK_BYTES + head.length;
    if (start + text.length * UNIT_BYTES_MAX > SCRATCH.length)
      return createHmac('sha256', this.#key).update(head).update(text, 'utf8').digest('base64url');
    SCRATCH.set(this.#inner, 0);
    SCRATCH.set(head, BLOCK_BYTES);
    const end = start + SCRATCH.write(text, start, 'utf8');
    this.#outer.write(hash('sha256', SCRATCH.subarray(0, end), 'binary'), BLOCK_BYTES, 'latin1');
    return hash('sha256', this.#outer, 'base64url');
  }
}

function padded(key: Uint8Array, pad: number, sizeBytes: number): Buffer {
  const block = Buffer.alloc(sizeBytes, 0);
  block.fill(pad, 0, BLOCK_BYTES);
  for (const [at, byte] of key.entries()) block[at] = byte ^ pad;
  return block;
}
