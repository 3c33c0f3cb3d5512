// Removes whole old segments. The hashes of their records stay in the tiles: proofs that were handed out still hold.
import type { FilePort } from '../io/files/file-port.ts';
import { ledgerFault } from './faults.ts';
import type { NonceStore } from './nonce-store.ts';
import { readRecords } from './records.ts';
import type { SegmentName } from './segment.ts';
import { listSegments, parseSegmentHeader, SEGMENT_HEADER_BYTES, segmentsFolder } from './segment.ts';

export interface Retention {
  /** Records older than this many days are removed, a whole segment at a time. */
  readonly retainDays: number;
  /** The least that the law asks for, as the operator knows it. */
  readonly legalMinimumDays?: number;
}

export interface OldSegments {
  readonly remove: readonly SegmentName[];
  /** Records before this index go. */
  readonly to: number;
}

const DAY_MS = 86_400_000;

/** Throws `retention_below_minimum`. */
export function assertRetention({ retainDays, legalMinimumDays = 0 }: Retention): void {
  if (!(retainDays >= legalMinimumDays) || retainDays <= 0) {
    throw ledgerFault('retention_below_minimum', { days: retainDays, minimum: Math.max(legalMinimumDays, 1) });
  }
}

interface Place {
  readonly files: FilePort;
  readonly directory: string;
}

/**
 * Segments all of whose records are older than the retention and covered by a checkpoint of `coveredCount` records.
 * A segment is as old as the first record of the next one; the last segment is never removed.
 */
export async function findOld(
  place: Place,
  { retainDays }: Retention,
  now: { readonly nowMs: number; readonly coveredCount: number },
): Promise<OldSegments | undefined> {
  const segments = await listSegments(place.files, place.directory);
  const remove: SegmentName[] = [];
  let to = 0;
  for (const [at, segment] of segments.entries()) {
    const next = segments[at + 1];
    if (next === undefined || next.firstIndex > now.coveredCount) break;
    const endMs = await timeOf(place, next.firstIndex);
    if (endMs === undefined || endMs >= now.nowMs - retainDays * DAY_MS) break;
    remove.push(segment);
    to = next.firstIndex;
  }
  return remove.length === 0 ? undefined : { remove, to };
}

/**
 * Removes segments, oldest first, so that a crash leaves a shorter ledger and no hole; then the nonces that only they could
 * name. A request that was open when a segment began can have its commitment in the next one: nonces lag a segment behind.
 */
export async function removeOld(place: Place, { remove }: OldSegments, nonces: NonceStore): Promise<void> {
  const folder = segmentsFolder(place.directory);
  const newest = remove.at(-1);
  const nonceSlot = newest === undefined ? 0 : await nonceSlotOf(place.files, `${folder}/${newest.name}`);
  for (const { name } of remove) await place.files.remove(`${folder}/${name}`);
  await place.files.syncFolder(folder);
  await nonces.removeBelow(nonceSlot);
}

async function nonceSlotOf(files: FilePort, path: string): Promise<number> {
  const file = await files.open(path, 'read');
  try {
    return parseSegmentHeader(await file.read(0, SEGMENT_HEADER_BYTES))?.nonceSlot ?? 0;
  } finally {
    await file.close();
  }
}

async function timeOf({ files, directory }: Place, index: number): Promise<number | undefined> {
  for await (const [record] of readRecords(files, directory, { from: index, to: index + 1 })) return record?.event.atMs;
  return undefined;
}
