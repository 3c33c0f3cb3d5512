// One look at the state in a file, which changes nothing in it.
import { DatabaseSync } from 'node:sqlite';
import { CamelCasePlugin, Kysely } from 'kysely';
import { lookAtSchema, MIGRATIONS, type SchemaLook } from './migrate.ts';
import { NodeSqliteDialect } from './sqlite-dialect.ts';
import type { Tables } from './tables.ts';

export interface StateFileLook extends SchemaLook {
  /** `ok`, or the first thing that is wrong with the file (sqlite.org/pragma.html#pragma_quick_check). */
  readonly quickCheck: string;
}

/** Faults: `state_newer_than_program`, `state_foreign`, `state_half_migrated`. Throws what SQLite throws. */
export async function lookAtStateFile(file: string): Promise<StateFileLook> {
  const database = new DatabaseSync(file, { readOnly: true });
  const db = new Kysely<Tables>({ dialect: new NodeSqliteDialect(database), plugins: [new CamelCasePlugin()] });
  try {
    const quickCheck = String(Object.values(database.prepare('pragma quick_check(1)').get() ?? {})[0]);
    if (quickCheck !== 'ok') return { quickCheck, version: 0, known: MIGRATIONS.length };
    return { quickCheck, ...(await lookAtSchema({ db, file, migrations: MIGRATIONS })) };
  } finally {
    await db.destroy();
  }
}
