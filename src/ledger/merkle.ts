// Merkle tree hashing of RFC 6962 section 2.1 over packed hashes: 32 bytes after 32 bytes in one buffer.
import { hash } from 'node:crypto';

export const HASH_BYTES = 32;

/**
 * A hash as a text of 32 units, one a byte. Where hashes are made by the thousand this costs half of what a Buffer does,
 * because it lives on the heap and not beside it.
 */
export type HashText = string;

export const toHashText = (bytes: Uint8Array): HashText => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');

export const sha256Text = (bytes: Uint8Array): HashText => hash('sha256', bytes, 'binary');

/** MTH({}), the root of the tree without leaves. */
export const EMPTY_ROOT: Buffer = hash('sha256', Buffer.alloc(0), 'buffer');

// 0x01 || left || right, reused: nothing here is asynchronous.
const NODE = Buffer.alloc(1 + 2 * HASH_BYTES, 1);

export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  NODE.set(left, 1);
  NODE.set(right, 1 + HASH_BYTES);
  return hash('sha256', NODE, 'buffer');
}

/** MTH of a payload as a leaf: SHA-256(0x00 || payload). */
export function leafHash(payload: Uint8Array): HashText {
  const prefixed = Buffer.alloc(1 + payload.length);
  prefixed.set(payload, 1);
  return sha256Text(prefixed);
}

/** Root of `count` packed hashes that begin at hash `from`; `count` is a power of two. */
export function perfectRoot(packed: Buffer, from: number, count: number): Buffer {
  let level = packed.subarray(from * HASH_BYTES, (from + count) * HASH_BYTES);
  while (level.length > HASH_BYTES) level = levelAbove(level);
  return Buffer.from(level);
}

/** The parents of packed hashes; a last one without a sibling has none yet. */
export function levelAbove(level: Buffer): Buffer {
  const above = Buffer.allocUnsafe(Math.floor(level.length / (2 * HASH_BYTES)) * HASH_BYTES);
  for (let at = 0; at < above.length; at += HASH_BYTES) {
    // Left and right lie together, so one copy fills both.
    NODE.set(level.subarray(at * 2, at * 2 + 2 * HASH_BYTES), 1);
    above.write(sha256Text(NODE), at, 'latin1');
  }
  return above;
}

/**
 * Folds `count` packed hashes into the root of everything to their right, from the smallest perfect subtree to the
 * largest: the right edge of RFC 6962's tree, whose left child is always the largest perfect one.
 */
export function foldRight(packed: Buffer, count: number, right: Buffer | undefined): Buffer | undefined {
  let root = right;
  let end = count;
  for (let width = 1; width <= count; width *= 2) {
    if ((count & width) === 0) continue;
    end -= width;
    const subtree = perfectRoot(packed, end, width);
    root = root === undefined ? subtree : nodeHash(subtree, root);
  }
  return root;
}

/** Largest power of two below `size`, which is at least 2. */
export function splitBelow(size: number): number {
  let width = 1;
  while (width * 2 < size) width *= 2;
  return width;
}
