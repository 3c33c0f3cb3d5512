// Opens the state: one SQLite file, private, durable, at this program's schema; or a PostgreSQL database, at the same.
import { closeSync, existsSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { CamelCasePlugin, Kysely, sql, type Transaction } from 'kysely';
import type { Clock } from '../../core/ports.ts';
import { stateFault } from './faults.ts';
import { MIGRATIONS, migrate, type Migration } from './migrate.ts';
import { assertDataFolder, assertPrivateFile, tightenFile } from './private-files.ts';
import { NodeSqliteDialect } from './sqlite-dialect.ts';
import type { Tables } from './tables.ts';

/** The synchronous wait inside SQLite holds up the whole event loop, so that it is short; the patience is in `transact`. */
const BUSY_TIMEOUT_MS = 20;
const RETRY_EVERY_MS = 25;
const PATIENCE_MS = 5_000;
/** Result codes, sqlite.org/rescode.html; the low byte of an extended code is the primary one. */
const SQLITE_BUSY = 5;
const SQLITE_LOCKED = 6;
/** READONLY, IOERR, CORRUPT, FULL, CANTOPEN, NOTADB: the disk's or the operator's trouble, while any other code is a bug of ours. */
const DISK_TROUBLE: ReadonlySet<number> = new Set([8, 10, 11, 13, 14, 26]);

/** What writers wait for: changes to keys and the like, grants of budgets, the way of changes into a ledger. SQLite has one lock for all. */
export type WriteLock = 'changes' | 'budgets' | 'outbox' | 'orders';

export interface State {
  readonly db: Kysely<Tables>;
  /** Path of the file, or the address of the database without its user and password. */
  readonly file: string;
  /**
   * Runs the work in one write transaction and waits for the lock without holding up the event loop.
   * The work runs anew after a lock conflict, hence must not do anything outside the database.
   * Throws `state_locked` after five seconds, `state_unreadable` when the file is damaged, `state_unreachable` without the database.
   */
  transact<Result>(work: (transaction: Transaction<Tables>) => Promise<Result>, lock?: WriteLock): Promise<Result>;
  /**
   * True once after every change of keys, tenants or accepted findings that another connection or process committed; it may be
   * true after other commits too. Cheap enough for every 250 ms.
   */
  changedSince(): Promise<boolean>;
  /**
   * Says for as long as this state is open whether others may work on it besides. Throws `state_taken` when they do and may not.
   * The ledger's own lock does this for a file.
   */
  claim(how: 'alone' | 'shared'): Promise<void>;
  /**
   * Says the same of one ledger, by its name: what it spent and was granted is kept under that name, so that a copy of its folder must
   * not be used beside it. Throws `state_same_ledger`.
   */
  claimLedger(log: string): Promise<void>;
  /** Unix milliseconds by the clock that all who share this state go by. */
  nowMs(): Promise<number>;
  close(): Promise<void>;
}

export type StateOptions = {
  readonly clock: Clock;
  /** For tests of upgrade and downgrade; the program passes none. */
  readonly migrations?: readonly Migration[];
} & ({ readonly file: string } | { readonly url: string });

/**
 * Opens or creates the state. Faults: `state_newer_than_program`, `state_foreign`, `state_half_migrated`, `state_unreadable`,
 * `state_locked`, `private_path_refused`, `state_unreachable`, `state_url_unsupported`.
 */
export async function openState(options: StateOptions): Promise<State> {
  if ('file' in options) return openFile(options);
  const scheme = options.url.split(':', 1)[0] ?? '';
  if (scheme !== 'postgres' && scheme !== 'postgresql') throw stateFault('state_url_unsupported', { scheme: scheme.slice(0, 16) });
  // Loaded only here: a gateway on its own file carries no client of a database that it does not ask.
  const { openPostgres } = await import('./open-postgres.ts');
  return openPostgres({ url: options.url, clock: options.clock, migrations: options.migrations ?? MIGRATIONS });
}

async function openFile(options: StateOptions & { readonly file: string }): Promise<State> {
  const { file } = options;
  assertDataFolder(dirname(file));
  assertPrivateFile(file);
  const database = await patiently(file, options.clock, async () => openDatabase(file));
  const db = new Kysely<Tables>({ dialect: new NodeSqliteDialect(database), plugins: [new CamelCasePlugin()] });
  try {
    await patiently(file, options.clock, () =>
      migrate({
        db,
        file,
        clock: options.clock,
        migrations: options.migrations ?? MIGRATIONS,
        backup: (version) => backUp(db, file, version),
      }),
    );
  } catch (error) {
    await db.destroy();
    throw error;
  }
  const state = stateOver(db, file, options.clock);
  // The first answer is the mark against which later ones are news, so that nothing between opening and the first look is missed.
  await state.changedSince();
  return state;
}

function stateOver(db: Kysely<Tables>, file: string, clock: Clock): State {
  let seen: number | undefined;
  return {
    db,
    file,
    transact: (work) => patiently(file, clock, () => db.transaction().execute(work)),
    async changedSince() {
      const { rows } = await patiently(file, clock, () => sql<{ dataVersion: number }>`pragma data_version`.execute(db));
      const now = rows[0]?.dataVersion;
      const isNews = seen !== undefined && now !== seen;
      seen = now;
      return isNews;
    },
    claim: () => Promise.resolve(),
    claimLedger: () => Promise.resolve(),
    nowMs: () => Promise.resolve(clock.nowMs()),
    close: () => db.destroy(),
  };
}

function openDatabase(file: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS, enableForeignKeyConstraints: true, defensive: true });
    // FULL: with NORMAL a power cut loses the last commits of a WAL database (sqlite.org/pragma.html#pragma_synchronous).
    database.exec('pragma journal_mode = wal; pragma synchronous = full; pragma trusted_schema = off;');
    return database;
  } catch (error) {
    database?.close();
    throw error;
  }
}

/** A whole, checked copy beside the file. An empty 0600 file is made first, because VACUUM INTO would make one that others can read. */
async function backUp(db: Kysely<Tables>, file: string, version: number): Promise<void> {
  const copy = freeName(`${file}.backup-v${version}`);
  closeSync(openSync(copy, 'wx', 0o600));
  await sql`vacuum into ${copy}`.execute(db);
  tightenFile(copy);
}

function freeName(wanted: string): string {
  if (!existsSync(wanted)) return wanted;
  let number = 2;
  while (existsSync(`${wanted}.${number}`)) number += 1;
  return `${wanted}.${number}`;
}

async function patiently<Result>(file: string, clock: Clock, work: () => Promise<Result>): Promise<Result> {
  const since = clock.steadyMs();
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (!isLocked(error)) throw asFault(file, error);
      const waitedMs = tries * (BUSY_TIMEOUT_MS + RETRY_EVERY_MS);
      if (waitedMs >= PATIENCE_MS || clock.steadyMs() - since >= PATIENCE_MS)
        throw stateFault('state_locked', { file, waitedMs }, { cause: error });
    }
    await pause(RETRY_EVERY_MS);
  }
}

const resultCode = (error: unknown): number | undefined =>
  error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : undefined;

const isLocked = (error: unknown): boolean => {
  const code = resultCode(error);
  return code === SQLITE_BUSY || code === SQLITE_LOCKED;
};

function asFault(file: string, error: unknown): unknown {
  const code = resultCode(error);
  if (code === undefined || !DISK_TROUBLE.has(code) || !(error instanceof Error)) return error;
  return stateFault('state_unreadable', { file, reason: error.message }, { cause: error });
}
