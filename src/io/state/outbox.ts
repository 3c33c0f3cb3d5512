// Changes on their way to the ledger, and the revision that orders them.
import type { Transaction } from 'kysely';
import type { JsonObject, LedgerEvent } from '../../core/types.ts';
import { setMark, readMarkIn } from './marks.ts';
import type { State } from './open-state.ts';
import type { Tables } from './tables.ts';

const REVISION = 'revision';

/** A change that was committed to the state and awaits its place in the ledger. */
export interface Change {
  /** Grows with every change; goes into the ledger event, so that a change appended twice after a crash is known as one. */
  readonly sequence: number;
  readonly event: LedgerEvent;
}

/** Takes the next revision inside a write transaction. The lock of the one row puts all changes in one order, on PostgreSQL as well. */
async function nextRevision(transaction: Transaction<Tables>): Promise<number> {
  const revision = (await readMarkIn(transaction, REVISION)) + 1;
  await setMark(transaction, REVISION, revision);
  return revision;
}

/** Notes a change for the ledger in the transaction that makes it. Returns its sequence, which is the revision of the change. */
export async function recordChange(transaction: Transaction<Tables>, event: LedgerEvent): Promise<number> {
  const sequence = await nextRevision(transaction);
  const { kind, atMs, data } = event;
  await transaction
    .insertInto('outbox')
    .values({ sequence, kind, atMs, tenant: event.tenant ?? null, data: JSON.stringify(data) })
    .execute();
  return sequence;
}

/** The oldest changes that the ledger does not hold yet, in order. */
export async function readChanges(state: Pick<State, 'db'>, countMax = 100): Promise<readonly Change[]> {
  const rows = await state.db.selectFrom('outbox').selectAll().orderBy('sequence').limit(countMax).execute();
  return rows.map(({ sequence, kind, atMs, tenant, data }) => ({
    sequence,
    event: { kind, atMs, ...(tenant === null ? {} : { tenant }), data: parseData(data, sequence) },
  }));
}

/** Drops changes up to and including this one. Call it when the ledger has acknowledged them, never before. */
export async function forgetChanges(transaction: Transaction<Tables>, upToSequence: number): Promise<void> {
  await transaction.deleteFrom('outbox').where('sequence', '<=', upToSequence).execute();
}

function parseData(text: string, sequence: number): JsonObject {
  const data: unknown = JSON.parse(text);
  if (typeof data === 'object' && data !== null && !Array.isArray(data)) return data as JsonObject;
  throw new TypeError(`change ${sequence} holds no JSON object`);
}
