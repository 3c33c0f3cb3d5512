// Keeps spending as of a ledger position, so that a start reads the events after it and not the whole ledger.
import { readMark, setMark } from '../../io/state/marks.ts';
import type { State } from '../../io/state/open-state.ts';
import type { BudgetSnapshot } from './budget-fold.ts';
import { periodsAt, type Periods } from './period.ts';

const LEDGER_SIZE = 'budget_ledger_size';
/** Stays below the 32,766 parameters of one statement that SQLite takes (sqlite.org/limits.html). */
const ROWS_AT_ONCE = 500;

/** The name under which the sums of the only ledger are kept. Where several ledgers share a database, each has its own. */
const ONLY_LOG = '';

const markOf = (log: string): string => (log === ONLY_LOG ? LEDGER_SIZE : `${LEDGER_SIZE}:${log}`);

/** The latest snapshot and the number of ledger events that it covers. */
export async function loadBudgets(
  state: State,
  log = ONLY_LOG,
): Promise<{ readonly snapshot: BudgetSnapshot; readonly ledgerSize: number }> {
  const spent = await state.db
    .selectFrom('budgetSpent')
    .select(['subject', 'period', 'microUnits', 'tokens'])
    .where('log', '=', log)
    .execute();
  const open = await state.db
    .selectFrom('budgetOpen')
    .select(['id', 'keyId', 'tenant', 'microUnits', 'tokens', 'atMs'])
    .where('log', '=', log)
    .execute();
  return { snapshot: { spent, open }, ledgerSize: await readMark(state, markOf(log)) };
}

/** Days and months that are kept for reports; budgets need the current ones only. */
const DAYS_KEPT = 35;
const MONTHS_KEPT_DAYS = 400;
const DAY_MS = 86_400_000;

/** Periods before these are of no use to anybody. */
export const oldestKept = (nowMs: number): Pick<Periods, 'day' | 'month'> => ({
  day: periodsAt(nowMs - DAYS_KEPT * DAY_MS).day,
  month: periodsAt(nowMs - MONTHS_KEPT_DAYS * DAY_MS).month,
});

export interface SnapshotMoment {
  readonly ledgerSize: number;
  readonly nowMs: number;
  /** Whose sums these are, where several ledgers share the database. */
  readonly log?: string;
}

/** Replaces the snapshot in one transaction, so that sums and position always belong together. Old periods are left out. */
export async function saveBudgets(state: State, snapshot: BudgetSnapshot, at: SnapshotMoment): Promise<void> {
  const { log = ONLY_LOG } = at;
  const { day, month } = oldestKept(at.nowMs);
  const kept = snapshot.spent
    .filter(({ period }) => period >= (period.length === day.length ? day : month))
    .map((sum) => ({ ...sum, log }));
  const open = snapshot.open.map((one) => ({ ...one, log }));
  await state.transact(async (transaction) => {
    await transaction.deleteFrom('budgetSpent').where('log', '=', log).execute();
    await transaction.deleteFrom('budgetOpen').where('log', '=', log).execute();
    for (const rows of chunks(kept)) await transaction.insertInto('budgetSpent').values(rows).execute();
    for (const rows of chunks(open)) await transaction.insertInto('budgetOpen').values(rows).execute();
    await setMark(transaction, markOf(log), at.ledgerSize);
  });
}

function* chunks<Row>(rows: readonly Row[]): Generator<readonly Row[]> {
  for (let at = 0; at < rows.length; at += ROWS_AT_ONCE) yield rows.slice(at, at + ROWS_AT_ONCE);
}
