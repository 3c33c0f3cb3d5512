// Numbers kept by name: the latest revision, the highest kill order, the ledger position of the budgets.
import type { Kysely, Transaction } from 'kysely';
import type { State } from './open-state.ts';
import type { Tables } from './tables.ts';

/** 0 when the mark was never set. */
export const readMark = (state: State, name: string): Promise<number> => readMarkIn(state.db, name);

/** Raises a mark; a value below the kept one changes nothing. */
export async function raiseMark(state: State, name: string, value: number): Promise<void> {
  await state.transact(async (transaction) => {
    if (value > (await readMarkIn(transaction, name))) await setMark(transaction, name, value);
  });
}

export async function readMarkIn(db: Kysely<Tables>, name: string): Promise<number> {
  const row = await db.selectFrom('meta').select('value').where('name', '=', name).executeTakeFirst();
  return Number(row?.value ?? 0);
}

export async function setMark(transaction: Transaction<Tables>, name: string, value: number): Promise<void> {
  const text = String(value);
  await transaction
    .insertInto('meta')
    .values({ name, value: text })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ value: text }))
    .execute();
}
