// Keeps spending as of a ledger position, so that a start reads the events after it and not the whole ledger.
import { readMark, setMark } from '../../io/state/marks.ts';
import type { State } from '../../io/state/open-state.ts';
import type { BudgetSnapshot } from './budget-fold.ts';
import { periodsAt } from './period.ts';

const LEDGER_SIZE = 'budget_ledger_size';

/** The latest snapshot and the number of ledger events that it covers. */
export async function loadBudgets(state: State): Promise<{ readonly snapshot: BudgetSnapshot; readonly ledgerSize: number }> {
  const spent = await state.db.selectFrom('budgetSpent').selectAll().execute();
  const open = await state.db.selectFrom('budgetOpen').selectAll().execute();
  return { snapshot: { spent, open }, ledgerSize: await readMark(state, LEDGER_SIZE) };
}

/** Days and months that are kept for reports; budgets need the current ones only. */
const DAYS_KEPT = 35;
const MONTHS_KEPT_DAYS = 400;
const DAY_MS = 86_400_000;

/** Replaces the snapshot in one transaction, so that sums and position always belong together. Old periods are left out. */
export async function saveBudgets(
  state: State,
  snapshot: BudgetSnapshot,
  at: { readonly ledgerSize: number; readonly nowMs: number },
): Promise<void> {
  const { day } = periodsAt(at.nowMs - DAYS_KEPT * DAY_MS);
  const { month } = periodsAt(at.nowMs - MONTHS_KEPT_DAYS * DAY_MS);
  const kept = snapshot.spent.filter(({ period }) => period >= (period.length === day.length ? day : month));
  await state.transact(async (transaction) => {
    await transaction.deleteFrom('budgetSpent').execute();
    await transaction.deleteFrom('budgetOpen').execute();
    for (const sum of kept) await transaction.insertInto('budgetSpent').values(sum).execute();
    for (const open of snapshot.open) await transaction.insertInto('budgetOpen').values(open).execute();
    await setMark(transaction, LEDGER_SIZE, at.ledgerSize);
  });
}
