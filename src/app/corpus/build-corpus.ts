// Makes a corpus of fingerprints from text files: read once, in pieces, into a filter whose size follows from theirs.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, stat } from 'node:fs/promises';
import { addTo, BLOCK_BYTES, blockOf, blocksFor } from '../../detect/verbatim/bloom.ts';
import { CORPUS_FORMAT, headBytes, type CorpusHead } from '../../detect/verbatim/corpus-file.ts';
import { Fingerprints, GRAM_UNITS, WINDOW_GRAMS } from '../../detect/verbatim/fingerprints.ts';
import { ROW, STRETCH_UNITS } from '../../detect/verbatim/verbatim-watch.ts';
import { appFault } from '../faults.ts';
import { corporaFolder, corpusPath } from './corpora-folder.ts';

/** Largest file of a corpus: about 1.1 GB of text. */
const FILTER_BYTES_MAX = 268_435_456 - 4_096;
const PIECE_BYTES = 1_048_576;

export interface CorpusRequest {
  readonly dataFolder: string;
  readonly name: string;
  readonly files: readonly string[];
  readonly nowMs: number;
}

/** Nothing could ever be found of it. */
const TOO_SHORT = `a passage has about ${STRETCH_UNITS} letters and digits at least, and this has fewer`;

/** Of so many bytes of text at most so many fingerprints are chosen (two of each window and one, Schleimer 2003). */
const fingerprintsIn = (bytes: number): number => Math.ceil((bytes * 2) / (WINDOW_GRAMS + 1));

/** Writes the corpus in one step: whoever reads the old one goes on with it. Faults: `corpus_too_large`, `corpus_not_text`. */
export async function buildCorpus({ dataFolder, name, files, nowMs }: CorpusRequest): Promise<CorpusHead> {
  let bytes = 0;
  for (const file of files) bytes += await sizeOf(file);
  const blocks = blocksFor(fingerprintsIn(bytes));
  if (blocks * BLOCK_BYTES > FILTER_BYTES_MAX) throw appFault('corpus_too_large', { name, bytes: String(bytes) });
  const filter = new Uint8Array(blocks * BLOCK_BYTES);
  let fingerprints = 0;
  for (const file of files) fingerprints += await readInto(filter, file);
  if (fingerprints < ROW) throw appFault('corpus_not_text', { file: files.join(', '), reason: TOO_SHORT });
  const head: CorpusHead = {
    format: CORPUS_FORMAT,
    name,
    madeAtMs: nowMs,
    files: files.length,
    bytes,
    fingerprints,
    blocks,
    gramUnits: GRAM_UNITS,
    windowGrams: WINDOW_GRAMS,
    sha256: createHash('sha256').update(filter).digest('hex'),
  };
  await write(dataFolder, head, filter);
  return head;
}

async function sizeOf(file: string): Promise<number> {
  try {
    const found = await stat(file);
    if (found.isFile()) return found.size;
  } catch (cause) {
    throw appFault('corpus_not_text', { file, reason: 'it cannot be read' }, { cause });
  }
  throw appFault('corpus_not_text', { file, reason: 'it is no file' });
}

async function readInto(filter: Uint8Array, file: string): Promise<number> {
  const blocks = filter.length / BLOCK_BYTES;
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const reader = new Fingerprints();
  let fingerprints = 0;
  const take = (text: string): void => {
    if (text.includes('\0')) throw appFault('corpus_not_text', { file, reason: 'it holds bytes that no text has' });
    for (let at = 0; at < text.length; at += 1) {
      const found = reader.push(text.charCodeAt(at), at);
      if (found === undefined) continue;
      fingerprints += 1;
      const block = blockOf(found.two, blocks) * BLOCK_BYTES;
      addTo(filter.subarray(block, block + BLOCK_BYTES), found.one, found.two);
    }
  };
  for await (const piece of createReadStream(file, { highWaterMark: PIECE_BYTES })) take(decoded(decoder, piece as Uint8Array, file));
  take(decoded(decoder, undefined, file));
  return fingerprints;
}

/** The next piece, or what is left at the end. */
function decoded(decoder: InstanceType<typeof TextDecoder>, piece: Uint8Array | undefined, file: string): string {
  try {
    return piece === undefined ? decoder.decode() : decoder.decode(piece, { stream: true });
  } catch (cause) {
    throw appFault('corpus_not_text', { file, reason: 'it is not UTF-8' }, { cause });
  }
}

async function write(dataFolder: string, head: CorpusHead, filter: Uint8Array): Promise<void> {
  await mkdir(corporaFolder(dataFolder), { recursive: true, mode: 0o700 });
  const path = corpusPath(dataFolder, head.name);
  const file = await open(`${path}.new`, 'w', 0o600);
  try {
    await file.write(headBytes(head));
    for (let at = 0; at < filter.length; at += PIECE_BYTES) await file.write(filter.subarray(at, at + PIECE_BYTES));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
}
