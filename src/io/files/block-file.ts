// A file of equal blocks behind a head, read at random: in memory while it is small, from the disk where it is large. Synchronous, because
// whoever asks for a block is in the middle of a text; what is asked for often is in the memory of the operating system.
import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

export interface BlockFileShape {
  readonly headBytes: number;
  readonly blockBytes: number;
  /** Blocks of a larger file stay on the disk. */
  readonly memoryBytesMax: number;
}

export interface BlockFile {
  readonly bytes: number;
  readonly head: Uint8Array;
  /** Valid until the next call. */
  block(number: number): Uint8Array;
  /** SHA-256 of all blocks, in hexadecimal. */
  digest(): string;
  close(): void;
}

const CHUNK_BYTES = 1_048_576;

/** Throws what the system says when the file is not there or cannot be read. */
export function openBlockFile(path: string, { headBytes, blockBytes, memoryBytesMax }: BlockFileShape): BlockFile {
  const file = openSync(path, 'r');
  const bytes = fstatSync(file).size;
  const head = new Uint8Array(headBytes);
  readSync(file, head, 0, headBytes, 0);
  const kept = bytes - headBytes > 0 && bytes - headBytes <= memoryBytesMax ? readWhole(file, headBytes, bytes - headBytes) : undefined;
  const one = new Uint8Array(blockBytes);
  return {
    bytes,
    head,
    block(number) {
      if (kept !== undefined) return kept.subarray(number * blockBytes, (number + 1) * blockBytes);
      const read = readSync(file, one, 0, blockBytes, headBytes + number * blockBytes);
      if (read !== blockBytes) throw new RangeError(`${path} ends before block ${number}`);
      return one;
    },
    digest() {
      const hash = createHash('sha256');
      if (kept !== undefined) return hash.update(kept).digest('hex');
      const chunk = new Uint8Array(CHUNK_BYTES);
      for (let at = headBytes; at < bytes;) {
        const read = readSync(file, chunk, 0, CHUNK_BYTES, at);
        if (read === 0) break;
        hash.update(chunk.subarray(0, read));
        at += read;
      }
      return hash.digest('hex');
    },
    close: () => closeSync(file),
  };
}

function readWhole(file: number, from: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const read = readSync(file, bytes, at, Math.min(CHUNK_BYTES, length - at), from + at);
    if (read === 0) break;
    at += read;
  }
  return bytes;
}
