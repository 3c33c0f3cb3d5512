// Opens corpora for the gateway: vouched for by their digest, and kept open while they are the same file.
import { statSync } from 'node:fs';
import { BLOCK_BYTES } from '../../detect/verbatim/bloom.ts';
import { HEAD_BYTES, parseHead, type CorpusHead } from '../../detect/verbatim/corpus-file.ts';
import type { VerbatimIndex } from '../../detect/verbatim/verbatim-watch.ts';
import { openBlockFile, type BlockFile } from '../../io/files/block-file.ts';
import { appFault } from '../faults.ts';
import { corpusPath } from './corpora-folder.ts';

/** Larger ones stay on the disk; a reply asks for some hundred blocks of 64 bytes. */
const MEMORY_BYTES_MAX = 67_108_864;

export interface OpenCorpus {
  readonly head: CorpusHead;
  readonly index: VerbatimIndex;
}

interface Known extends OpenCorpus {
  readonly mark: string;
}

const known = new Map<string, Known>();

/**
 * A corpus that has been replaced is read on by answers under way, and by the policy in force when nobody reloads it, or a reload is refused:
 * its file is closed once nobody holds it any more.
 */
const forgotten = new FinalizationRegistry<BlockFile>((file) => file.close());

/** `memoryBytesMax`: blocks of a larger corpus stay on the disk. Faults: `corpus_missing`, `corpus_damaged`. */
export function openCorpus(dataFolder: string, name: string, memoryBytesMax: number = MEMORY_BYTES_MAX): OpenCorpus {
  const path = corpusPath(dataFolder, name);
  const mark = markOf(path, name);
  const before = known.get(path);
  if (before?.mark === mark) return before;
  const file = openBlockFile(path, { headBytes: HEAD_BYTES, blockBytes: BLOCK_BYTES, memoryBytesMax });
  const head = parseHead(file.head, file.bytes);
  if (head === undefined || head.name !== name || file.digest() !== head.sha256) {
    file.close();
    throw appFault('corpus_damaged', { name });
  }
  const fresh = { mark, head, index: { name, blocks: head.blocks, block: (number: number) => file.block(number) } };
  forgotten.register(fresh.index, file);
  known.set(path, fresh);
  return fresh;
}

function markOf(path: string, name: string): string {
  try {
    const { ino, size, mtimeMs } = statSync(path);
    return `${ino} ${size} ${mtimeMs}`;
  } catch (cause) {
    throw appFault('corpus_missing', { name }, { cause });
  }
}
