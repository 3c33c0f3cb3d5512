// The ledger as of one checkpoint, from the files of a ledger that may be growing: what came later is left out, to the byte.

import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { diskFiles } from '../../io/files/disk-files.ts';
import { readWhole } from '../../io/files/whole-file.ts';
import { CheckpointStore } from '../../ledger/checkpoint-store.ts';
import { parseCheckpointText, parseNote, type Checkpoint } from '../../ledger/note.ts';
import { listSegments, readFrames, SEGMENT_HEADER_BYTES, segmentsFolder } from '../../ledger/segment.ts';
import { VERIFIER_KEY_NAME } from '../../ledger/signer.ts';
import { TileStore, tileNumber } from '../../ledger/tile-store.ts';
import { edgePlaces, TILE_WIDTH, type TilePlace } from '../../ledger/tile-tree.ts';
import { appFault } from '../faults.ts';
import type { TarFile } from './tar.ts';

const KEY_BYTES_MAX = 65_536;
/** Keys of the record; the others are made from them or are not needed. */
const KEYS = ['checkpoint-key.pem', VERIFIER_KEY_NAME, 'commitment-key'] as const;

export interface LedgerMark {
  readonly note: string;
  readonly checkpoint: Checkpoint;
}

/** The newest checkpoint; undefined before the first. */
export async function newestMark(directory: string): Promise<LedgerMark | undefined> {
  const note = await new CheckpointStore(diskFiles, directory).newestNote();
  const checkpoint = note === undefined ? undefined : parseCheckpointText(parseNote(note)?.text ?? '');
  return note === undefined || checkpoint === undefined ? undefined : { note, checkpoint };
}

export async function verifierKeyOf(directory: string): Promise<string | undefined> {
  const bytes = await readWhole(diskFiles, `${directory}/${VERIFIER_KEY_NAME}`, KEY_BYTES_MAX);
  return bytes && Buffer.from(bytes).toString('utf8').trim();
}

export async function* ledgerFiles(directory: string, mark: LedgerMark | undefined): AsyncGenerator<TarFile, void, undefined> {
  for (const name of KEYS) {
    const bytes = await readWhole(diskFiles, `${directory}/${name}`, KEY_BYTES_MAX);
    if (bytes !== undefined) yield small(name, bytes);
  }
  if (mark === undefined) return;
  yield small('checkpoint', Buffer.from(mark.note));
  yield small('checkpoints.jsonl', await history(directory, mark));
  yield* tiles(directory, mark.checkpoint.size);
  yield* segments(directory, mark.checkpoint.size);
  yield* nonces(directory);
}

const small = (name: string, bytes: Uint8Array): TarFile => ({ name: `ledger/${name}`, sizeBytes: bytes.length, bytes: [bytes] });

/** Checkpoints over more than is in the backup would say that records are missing from it. */
async function history(directory: string, mark: LedgerMark): Promise<Buffer> {
  const lines: string[] = [];
  for await (const note of new CheckpointStore(diskFiles, directory).history()) {
    const size = note === undefined ? undefined : parseCheckpointText(parseNote(note)?.text ?? '')?.size;
    if (note !== undefined && size !== undefined && size <= mark.checkpoint.size) lines.push(asciiLine(note));
  }
  return Buffer.from(lines.join(''), 'latin1');
}

const asciiLine = (note: string): string =>
  `${JSON.stringify(note).replaceAll(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`;

/** The full tiles of a tree of that size, and the partial ones at its edge: what a later checkpoint replaced is the beginning of what it wrote. */
async function* tiles(directory: string, size: number): AsyncGenerator<TarFile, void, undefined> {
  const store = new TileStore(diskFiles, directory);
  const tile = async (place: TilePlace): Promise<TarFile> => {
    const bytes = await store.read(place);
    if (bytes === undefined)
      throw appFault('backup_impossible', { reason: `a tile of the record is missing (level ${place.level}, ${place.index})` });
    const part = place.width === TILE_WIDTH ? '' : `.p/${place.width}`;
    return small(`tile/${place.level}/${tileNumber(place.index)}${part}`, bytes);
  };
  for (let level = 0, full = Math.floor(size / TILE_WIDTH); full > 0; level += 1, full = Math.floor(full / TILE_WIDTH))
    for (let index = 0; index < full; index += 1) yield tile({ level, index, width: TILE_WIDTH });
  for (const place of edgePlaces(size)) if (place.width > 0 && place.width < TILE_WIDTH) yield tile(place);
}

async function* segments(directory: string, size: number): AsyncGenerator<TarFile, void, undefined> {
  for (const { name, firstIndex } of await listSegments(diskFiles, directory)) {
    if (firstIndex >= size && firstIndex > 0) return;
    const path = `${segmentsFolder(directory)}/${name}`;
    const sizeBytes = await bytesUpTo(path, size - firstIndex);
    yield { name: `ledger/segments/${name}`, sizeBytes, bytes: sizeBytes === 0 ? [] : createReadStream(path, { end: sizeBytes - 1 }) };
  }
}

/** Where the first so many records of a segment end. */
async function bytesUpTo(path: string, count: number): Promise<number> {
  const file = await diskFiles.open(path, 'read');
  try {
    let left = count;
    let end = SEGMENT_HEADER_BYTES;
    if (left === 0) return end;
    for await (const { frames } of readFrames(file, end, await file.sizeBytes())) {
      for (const { sizeBytes } of frames.slice(0, left)) end += sizeBytes;
      left -= Math.min(left, frames.length);
      if (left === 0) return end;
    }
    return end;
  } finally {
    await file.close();
  }
}

/** Fixed slots that are only ever added to or erased: whatever a copy holds of them is right. */
async function* nonces(directory: string): AsyncGenerator<TarFile, void, undefined> {
  for (const name of await diskFiles.list(`${directory}/nonces`)) {
    const path = `${directory}/nonces/${name}`;
    const { size } = await stat(path);
    yield { name: `ledger/nonces/${name}`, sizeBytes: size, bytes: size === 0 ? [] : createReadStream(path, { end: size - 1 }) };
  }
}
