// Whether a database holds what its version says: a restore of half a dump, or a hand at work, is told before it does harm.
import type { Kysely } from 'kysely';
import { stateFault } from './faults.ts';
import type { Tables } from './tables.ts';

type Columns = { readonly [Table in keyof Tables]: readonly (keyof Tables[Table])[] };

/** All columns of this program's version, as TypeScript names them. */
const COLUMNS: Columns = {
  tenants: ['id', 'state', 'limits', 'createdAtMs', 'revision'],
  keys: [
    'id',
    'tenant',
    'role',
    'scope',
    'label',
    'digest',
    'limits',
    'createdAtMs',
    'createdBy',
    'expiresAtMs',
    'revokedAtMs',
    'revision',
  ],
  acceptances: ['id', 'tenant', 'rule', 'fingerprint', 'author', 'reason', 'createdAtMs', 'expiresAtMs', 'withdrawnAtMs'],
  budgetSpent: ['log', 'subject', 'period', 'microUnits', 'tokens'],
  budgetOpen: ['log', 'id', 'keyId', 'tenant', 'microUnits', 'tokens', 'atMs'],
  budgetTotals: ['subject', 'period', 'microUnits', 'tokens', 'wantedAtMs'],
  budgetGrants: ['log', 'subject', 'period', 'microUnits', 'tokens'],
  killOrders: ['sequence', 'id', 'sealed'],
  ledgerHeads: ['log', 'note', 'verifierKey', 'atMs'],
  outbox: ['sequence', 'kind', 'atMs', 'tenant', 'data'],
  meta: ['name', 'value'],
  migrations: ['version', 'name', 'appliedAtMs'],
};

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

async function tablesIn(db: Kysely<Tables>): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const tables = await db.introspection.getTables();
  return new Map(tables.map(({ name, columns }) => [name, new Set(columns.map((column) => column.name))]));
}

/** Whether it has ever been told of a step. */
export const hasSteps = async (db: Kysely<Tables>): Promise<boolean> => (await tablesIn(db)).has('migrations');

/** For a database that says it holds no step at all. Throws `state_half_migrated` when tables of ours stand there. */
export async function assertEmpty(db: Kysely<Tables>, file: string): Promise<void> {
  const found = await tablesIn(db);
  const standing = Object.keys(COLUMNS).filter((table) => table !== 'migrations' && found.has(snake(table)));
  if (standing.length === 0) return;
  throw stateFault('state_half_migrated', { file, reason: `it has a table ${standing[0] ?? ''}, but no record of the step that makes it` });
}

/** For a database at this program's version. Throws `state_half_migrated` with the first thing that is missing. */
export async function assertWhole(db: Kysely<Tables>, file: string): Promise<void> {
  const found = await tablesIn(db);
  for (const [table, columns] of Object.entries(COLUMNS)) {
    const there = found.get(snake(table));
    const missing = columns.find((column) => there?.has(snake(column)) !== true);
    if (missing === undefined) continue;
    const what = there === undefined ? `the table ${snake(table)}` : `the column ${snake(missing)} of ${snake(table)}`;
    throw stateFault('state_half_migrated', { file, reason: `${what} is missing, though the step that makes it is on record` });
  }
}
