// The newest checkpoint of this replica's ledger in the database, where one look shows those of all.
import type { Clock } from '../../core/ports.ts';
import type { State } from '../../io/state/open-state.ts';
import type { LedgerHeadRow } from '../../io/state/tables.ts';
import type { PublishCheckpoint } from '../../ledger/checkpoint-writer.ts';
import { inTime } from './after.ts';

const PATIENCE_MS = 3_000;

export function publishToState(state: State, verifierKey: () => string, clock: Clock): PublishCheckpoint {
  return async (note) => {
    const key = verifierKey();
    // Tried again in a moment, as any place that does not take a checkpoint.
    if (key === '') throw new Error('the ledger is still being opened');
    const [log = ''] = key.split('+');
    const head: LedgerHeadRow = { log, note, verifierKey: key, atMs: clock.nowMs() };
    const kept = state.transact(async (transaction) => {
      await transaction
        .insertInto('ledgerHeads')
        .values(head)
        .onConflict((conflict) => conflict.column('log').doUpdateSet(head))
        .execute();
    }, 'outbox');
    // The checkpoint itself is on the disk: what is late is offered again, and an end does not wait for it.
    await inTime(PATIENCE_MS, kept);
  };
}

/** Those of all replicas that ever wrote one, by name. */
export const readHeads = (state: State): Promise<readonly LedgerHeadRow[]> =>
  state.db.selectFrom('ledgerHeads').selectAll().orderBy('log').execute();
