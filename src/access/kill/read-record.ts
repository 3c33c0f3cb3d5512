// Folds the order files into what stands, or says why the record cannot be trusted.
import type { OrderFile, OrderListing, TrustedListing } from '../../io/state/kill-files.ts';
import { parseSealedRecord, type KillRecord } from './order.ts';
import { Standing } from './standing.ts';

export type RecordState =
  | { readonly state: 'trusted'; readonly standing: Standing; readonly sequence: number; readonly records: readonly KillRecord[] }
  | { readonly state: 'untrusted'; readonly reason: string };

/**
 * Trusts a record only when it is whole: every order authentic, none missing, none lost from its end.
 * `highWater` is the highest sequence that anybody (this process, the database, the ledger) remembers.
 */
export function readRecord(listing: OrderListing, highWater: number): RecordState {
  if (listing.state === 'refused') return { state: 'untrusted', reason: listing.reason };
  const parsed = listing.files.map((file) => ({ file, sequence: file.sequence, record: parseFile(file, listing.key) }));
  const start = parsed.findLastIndex(({ record }) => record?.act === 'checkpoint');
  const standing = new Standing();
  const records: KillRecord[] = [];
  // Below the latest checkpoint anything may be missing or damaged: the checkpoint itself says what stood.
  let expected = start === -1 ? 1 : parsed[start]?.sequence;
  for (const { file, sequence, record } of parsed.slice(Math.max(start, 0))) {
    if (sequence !== expected) return { state: 'untrusted', reason: `order ${expected} is missing` };
    if (record === undefined) return { state: 'untrusted', reason: objectionTo(file) };
    standing.apply(record);
    records.push(record);
    expected = sequence + 1;
  }
  const sequence = records.at(-1)?.sequence ?? 0;
  if (sequence < highWater) return { state: 'untrusted', reason: `orders ${sequence + 1} to ${highWater} are missing` };
  return { state: 'trusted', standing, sequence, records };
}

/** What can still be read of a damaged record, in order. */
export const authenticRecords = (listing: TrustedListing): readonly KillRecord[] =>
  listing.files.flatMap((file) => parseFile(file, listing.key) ?? []);

const parseFile = (file: OrderFile, key: Uint8Array): KillRecord | undefined =>
  'text' in file ? parseSealedRecord(file.text, file.sequence, key) : undefined;

const objectionTo = (file: OrderFile): string =>
  'text' in file ? `order ${file.sequence} is damaged or not authentic` : `order ${file.sequence} is refused: ${file.objection}`;
