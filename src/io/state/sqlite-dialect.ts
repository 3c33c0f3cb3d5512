// Lets Kysely speak to the SQLite that is built into Node.
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import {
  CompiledQuery,
  SqliteDialect,
  SqliteDriver,
  type DatabaseConnection,
  type Driver,
  type SqliteDatabase,
  type SqliteDialectConfig,
  type SqliteStatement,
} from 'kysely';

/** Statements kept prepared; the program has far fewer distinct ones, and a bound keeps a bug from growing the memory. */
const STATEMENTS_MAX = 256;

/** A Kysely dialect over an open `DatabaseSync`. The caller keeps the database and its pragmas; `destroy()` closes it. */
export class NodeSqliteDialect extends SqliteDialect {
  readonly #config: SqliteDialectConfig;

  constructor(database: DatabaseSync) {
    const config = { database: adapt(database) };
    super(config);
    this.#config = config;
  }

  override createDriver(): Driver {
    return new ImmediateDriver(this.#config);
  }
}

/**
 * Takes the write lock when a transaction begins. A deferred one that reads first and writes later fails at once with
 * SQLITE_BUSY_SNAPSHOT when another process wrote in between (sqlite.org/isolation.html), whatever the busy timeout.
 */
class ImmediateDriver extends SqliteDriver {
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'));
  }
}

function adapt(database: DatabaseSync): SqliteDatabase {
  const kept = new Map<string, SqliteStatement>();
  return {
    close: () => database.close(),
    prepare(sql) {
      const known = kept.get(sql);
      if (known !== undefined) return known;
      const statement = adaptStatement(database, sql);
      if (kept.size >= STATEMENTS_MAX) kept.clear();
      kept.set(sql, statement);
      return statement;
    },
  };
}

function adaptStatement(database: DatabaseSync, sql: string): SqliteStatement {
  const statement: StatementSync = database.prepare(sql);
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...parseParameters(parameters)),
    run: (parameters) => statement.run(...parseParameters(parameters)),
    // A second iteration over one prepared statement would reset the first, so that each gets its own.
    iterate: (parameters) => database.prepare(sql).iterate(...parseParameters(parameters)),
  };
}

function parseParameters(parameters: readonly unknown[]): SQLInputValue[] {
  return parameters.map((value) => {
    if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint') return value;
    if (value instanceof Uint8Array) return value;
    throw new TypeError(`SQLite cannot store a ${typeof value}`);
  });
}
