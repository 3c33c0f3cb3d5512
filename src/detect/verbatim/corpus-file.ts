// The layout of a corpus of fingerprints: a line of JSON that says what it is, padded to one page, then the blocks.
import { BLOCK_BYTES } from './bloom.ts';
import { GRAM_UNITS, WINDOW_GRAMS } from './fingerprints.ts';

export const HEAD_BYTES = 4_096;
export const CORPUS_FORMAT = 'sallyport-corpus/1';

export interface CorpusHead {
  readonly format: string;
  readonly name: string;
  readonly madeAtMs: number;
  readonly files: number;
  /** Of the texts. */
  readonly bytes: number;
  readonly fingerprints: number;
  readonly blocks: number;
  readonly gramUnits: number;
  readonly windowGrams: number;
  /** SHA-256 of the blocks. */
  readonly sha256: string;
}

export function headBytes(head: CorpusHead): Uint8Array {
  const bytes = new Uint8Array(HEAD_BYTES).fill(0x20);
  bytes.set(new TextEncoder().encode(JSON.stringify(head)));
  bytes[HEAD_BYTES - 1] = 0x0a;
  return bytes;
}

/** Undefined for what is no corpus, one of another version, or one that is cut. */
export function parseHead(bytes: Uint8Array, fileBytes: number): CorpusHead | undefined {
  let head: unknown;
  try {
    head = JSON.parse(new TextDecoder().decode(bytes.subarray(0, HEAD_BYTES)));
  } catch {
    return undefined;
  }
  if (typeof head !== 'object' || head === null || !('format' in head) || head.format !== CORPUS_FORMAT) return undefined;
  const parsed = head as CorpusHead;
  const isOurs = parsed.gramUnits === GRAM_UNITS && parsed.windowGrams === WINDOW_GRAMS;
  return isOurs && parsed.blocks > 0 && fileBytes === HEAD_BYTES + parsed.blocks * BLOCK_BYTES ? parsed : undefined;
}
