// Proofs for records that a checkpoint covers, from the files alone: it works beside a running gateway and without one.
import type { JsonObject } from '../core/types.ts';
import type { FilePort } from '../io/files/file-port.ts';
import type { Proof } from './check-proof.ts';
import { PROOF_FORMAT } from './check-proof.ts';
import { CheckpointStore } from './checkpoint-store.ts';
import { ledgerFault } from './faults.ts';
import type { Checkpoint } from './note.ts';
import { parseCheckpointText, parseNote } from './note.ts';
import type { StoredRecord } from './records.ts';
import { readRecords } from './records.ts';
import { listSegments } from './segment.ts';
import { TileReader } from './tile-reader.ts';
import { TileStore } from './tile-store.ts';

export interface LedgerPlace {
  readonly files: FilePort;
  readonly directory: string;
}

export type ExportFormat = 'proofs' | 'records';

export interface ExportOptions extends LedgerPlace {
  readonly from?: number;
  /** Exclusive; default: as far as the newest checkpoint reaches. */
  readonly to?: number;
  /** `proofs`: each line stands for itself. `records`: the events only. */
  readonly format: ExportFormat;
}

/** Throws `record_not_covered`, `record_not_found`, `ledger_damaged`. */
export async function prove(place: LedgerPlace, index: number): Promise<Proof> {
  const isIndex = Number.isSafeInteger(index) && index >= 0;
  for await (const proof of isIndex ? proofs(place, { from: index, to: index + 1 }) : []) return proof;
  throw ledgerFault('record_not_found', { index, from: await firstIndex(place), to: index });
}

/** JSON lines. Throws like `prove`. */
export async function* exportLedger(options: ExportOptions): AsyncGenerator<string, void, undefined> {
  const range = { from: options.from ?? (await firstIndex(options)), ...(options.to !== undefined && { to: options.to }) };
  for await (const proof of proofs(options, range)) yield JSON.stringify(options.format === 'proofs' ? proof : proof.record);
}

async function* proofs(place: LedgerPlace, range: { readonly from: number; readonly to?: number }): AsyncGenerator<Proof, void, undefined> {
  const { note, checkpoint } = await newestCheckpoint(place, range.from);
  const to = range.to ?? checkpoint.size;
  if (to > checkpoint.size) throw ledgerFault('record_not_covered', { index: to - 1, size: checkpoint.size });
  const first = await firstIndex(place);
  if (range.from < first) throw ledgerFault('record_not_found', { index: range.from, from: first, to: checkpoint.size - 1 });
  const store = new TileStore(place.files, place.directory);
  const tiles = new TileReader((tile) => store.read(tile), checkpoint.size);
  for await (const records of readRecords(place.files, place.directory, { from: range.from, to })) {
    for (const record of records)
      yield { format: PROOF_FORMAT, record: toJson(record), path: await pathOf(tiles, record.index), checkpoint: note };
  }
}

async function pathOf(tiles: TileReader, index: number): Promise<readonly string[]> {
  const path = await tiles.inclusionPath(index);
  if (path === undefined) throw ledgerFault('ledger_damaged', { what: `a tile above record ${index} is missing`, file: 'tile', offset: 0 });
  return path.map((hash) => hash.toString('base64'));
}

async function newestCheckpoint(place: LedgerPlace, index: number): Promise<{ readonly note: string; readonly checkpoint: Checkpoint }> {
  const note = await new CheckpointStore(place.files, place.directory).newestNote();
  if (note === undefined) throw ledgerFault('record_not_covered', { index, size: 0 });
  const checkpoint = parseCheckpointText(parseNote(note)?.text ?? '');
  // Its signature is the business of who checks the proof; a note that is none at all is ours.
  if (checkpoint === undefined) throw ledgerFault('checkpoint_untrusted', { reason: 'the newest checkpoint is not a signed note' });
  return { note, checkpoint };
}

async function firstIndex(place: LedgerPlace): Promise<number> {
  return (await listSegments(place.files, place.directory))[0]?.firstIndex ?? 0;
}

function toJson({ index, event }: StoredRecord): JsonObject {
  const { kind, atMs, data, tenant, requestId } = event;
  return { atMs, data, index, kind, ...(requestId !== undefined && { requestId }), ...(tenant !== undefined && { tenant }) };
}
