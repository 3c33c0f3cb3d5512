// Brings a state database up to this program's schema, never down.
import type { Kysely, QueryExecutorProvider } from 'kysely';
import type { Clock } from '../../core/ports.ts';
import { stateFault } from './faults.ts';
import { up as keys } from './migrations/0001-keys.ts';
import { up as findingsAndBudgets } from './migrations/0002-findings-and-budgets.ts';
import { up as replicas } from './migrations/0003-replicas.ts';
import { assertEmpty, assertWhole, hasSteps } from './schema-check.ts';
import type { Tables } from './tables.ts';

/** What a migration works on: the schema as it stood then, hence without today's types. */
export type Schema = Pick<Kysely<unknown>, 'schema'> & QueryExecutorProvider;

export interface Migration {
  readonly name: string;
  up(db: Schema): Promise<void>;
}

/** In order, append only: the position is the version number that is written into the database. */
export const MIGRATIONS: readonly Migration[] = [
  { name: '0001-keys', up: keys },
  { name: '0002-findings-and-budgets', up: findingsAndBudgets },
  { name: '0003-replicas', up: replicas },
];

export interface MigrateOptions {
  readonly db: Kysely<Tables>;
  readonly file: string;
  readonly clock: Clock;
  readonly migrations: readonly Migration[];
  /** Called before the first change to a database that already holds data. */
  backup(version: number): Promise<void>;
}

/**
 * Applies the missing steps, each in its own transaction.
 * Throws `state_newer_than_program`, `state_foreign` or `state_half_migrated` before anything is touched.
 */
export async function migrate(options: MigrateOptions): Promise<void> {
  const { db, migrations } = options;
  await db.schema
    .createTable('migrations')
    .ifNotExists()
    .addColumn('version', 'integer', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('applied_at_ms', 'bigint', (column) => column.notNull())
    .execute();
  const version = await assertKnown(options, db);
  if (version === 0) await assertEmpty(db, options.file);
  if (version > 0 && version < migrations.length) await options.backup(version);
  for (let step = version; step < migrations.length; step += 1) await applyStep(options, step);
  if (migrations.length >= MIGRATIONS.length) await assertWhole(db, options.file);
}

export interface SchemaLook {
  /** 0 for an empty database. */
  readonly version: number;
  /** What this program brings it to. */
  readonly known: number;
}

/** What `migrate` would find, with nothing changed. Throws what `migrate` throws. */
export async function lookAtSchema(options: Pick<MigrateOptions, 'db' | 'file' | 'migrations'>): Promise<SchemaLook> {
  const { db, file, migrations } = options;
  const version = (await hasSteps(db)) ? await assertKnown(options, db) : 0;
  if (version === 0) await assertEmpty(db, file);
  if (version === MIGRATIONS.length) await assertWhole(db, file);
  return { version, known: migrations.length };
}

/** Two programs may open one file at the same moment: who comes second finds the step done. */
async function applyStep(options: MigrateOptions, step: number): Promise<void> {
  const migration = options.migrations[step];
  if (migration === undefined) return;
  await options.db.transaction().execute(async (transaction) => {
    if ((await assertKnown(options, transaction)) > step) return;
    await migration.up(transaction);
    await transaction
      .insertInto('migrations')
      .values({ version: step + 1, name: migration.name, appliedAtMs: options.clock.nowMs() })
      .execute();
  });
}

async function assertKnown(options: Pick<MigrateOptions, 'file' | 'migrations'>, db: Kysely<Tables>): Promise<number> {
  const { file, migrations } = options;
  const applied = await db.selectFrom('migrations').select(['version', 'name']).orderBy('version').execute();
  const found = applied.at(-1)?.version ?? 0;
  if (found > migrations.length) throw stateFault('state_newer_than_program', { file, found, known: migrations.length });
  for (const [at, { version, name }] of applied.entries()) {
    if (version !== at + 1)
      throw stateFault('state_half_migrated', { file, reason: `step ${at + 1} is not on record, but step ${version} is` });
    const known = migrations[version - 1]?.name ?? 'absent';
    if (known !== name) throw stateFault('state_foreign', { file, version, found: name, known });
  }
  return found;
}
