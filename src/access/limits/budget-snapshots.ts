// Keeps spending as of a ledger position, so that a start reads the events after it and not the whole ledger.
import { readMark, setMark } from '../../io/state/marks.ts';
import type { State } from '../../io/state/open-state.ts';
import type { BudgetSnapshot } from './budget-fold.ts';

const LEDGER_SIZE = 'budget_ledger_size';

/** The latest snapshot and the number of ledger events that it covers. */
export async function loadBudgets(state: State): Promise<{ readonly snapshot: BudgetSnapshot; readonly ledgerSize: number }> {
  const spent = await state.db.selectFrom('budgetSpent').selectAll().execute();
  const open = await state.db.selectFrom('budgetOpen').selectAll().execute();
  return { snapshot: { spent, open }, ledgerSize: await readMark(state, LEDGER_SIZE) };
}

/** Replaces the snapshot in one transaction, so that sums and position always belong together. Give only the periods that still count. */
export async function saveBudgets(state: State, snapshot: BudgetSnapshot, ledgerSize: number): Promise<void> {
  await state.transact(async (transaction) => {
    await transaction.deleteFrom('budgetSpent').execute();
    await transaction.deleteFrom('budgetOpen').execute();
    for (const sum of snapshot.spent) await transaction.insertInto('budgetSpent').values(sum).execute();
    for (const { id, keyId, tenant, microUnits, tokens, atMs } of snapshot.open) {
      await transaction.insertInto('budgetOpen').values({ id, keyId, tenant, microUnits, tokens, atMs }).execute();
    }
    await setMark(transaction, LEDGER_SIZE, ledgerSize);
  });
}
