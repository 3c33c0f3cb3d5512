// Reads the last records of a ledger on disk, beside a running gateway or without one.
import { join } from 'node:path';
import { Fault } from '../../core/fault.ts';
import { diskFiles } from '../../io/files/disk-files.ts';
import type { LedgerRecord } from '../../ledger/record.ts';
import { readRecords } from '../../ledger/records.ts';
import { newestCheckpoint, segmentsOf } from './ledger-glance.ts';
import { tell } from './printing.ts';

/** At least the last `last` records, oldest first: up to those of the newest checkpoint, and what came after it. */
export async function* lastRecords(dataFolder: string, last: number): AsyncGenerator<LedgerRecord, void, undefined> {
  const directory = join(dataFolder, 'ledger');
  const covered = (await newestCheckpoint({ files: diskFiles, directory }))?.size ?? 0;
  let next = Math.max(0, covered - last);
  try {
    for await (const run of readRecords(diskFiles, directory, { from: next, to: Number.MAX_SAFE_INTEGER })) {
      for (const record of run) {
        next = record.index + 1;
        yield record;
      }
    }
  } catch (error) {
    // A record that is being written now, or one that a crash cut short, ends the ledger; damage before that is told.
    if (!(error instanceof Fault) || error.code !== 'ledger_damaged' || next < covered) throw error;
    tell(`sallyport: the record after ${next - 1} is not whole yet`);
  }
}

export const hasLedger = async (dataFolder: string): Promise<boolean> =>
  (await segmentsOf({ files: diskFiles, directory: join(dataFolder, 'ledger') })).length > 0;
