// Opens the state in PostgreSQL: the same tables and the same rules as in a file, for several gateways at once.
import { setTimeout as pause } from 'node:timers/promises';
import { CamelCasePlugin, CompiledQuery, Kysely, PostgresDialect, sql, type PostgresPool, type Transaction } from 'kysely';
import pg from 'pg';
import type { Clock } from '../../core/ports.ts';
import { stateFault } from './faults.ts';
import { readMarkIn } from './marks.ts';
import { migrate, type Migration } from './migrate.ts';
import type { State, WriteLock } from './open-state.ts';
import type { Tables } from './tables.ts';

const CONNECTIONS_MAX = 8;
const CONNECT_MS = 3_000;
const STATEMENT_MS = 10_000;
/** As long as a writer waits for a file. */
const LOCK_MS = 5_000;
/** A replica that froze in the middle of a transaction must not hold up the others. */
const IDLE_MS = 15_000;
const RETRIES_MAX = 5;
const RETRY_EVERY_MS = 25;

/** First half of all our advisory locks: other programs in the same database use other numbers. */
const LOCK_CLASS = 1_398_033_740;
const LOCKS: Readonly<Record<WriteLock | 'migrate' | 'gateway', number>> = {
  changes: 1,
  budgets: 2,
  outbox: 3,
  orders: 4,
  migrate: 5,
  gateway: 6,
};

/** postgresql.org/docs/current/errcodes-appendix.html: serialization_failure, deadlock_detected. */
const AGAIN: ReadonlySet<string> = new Set(['40001', '40P01']);
const LOCK_NOT_AVAILABLE = '55P03';
/** Class 08, connection; 28, authorisation; 53, resources; 57P, shut down; 3D and 3F, no such database or schema. */
const GONE = /^(?:08|28|53|57P|3D|3F)|^E[A-Z]{4,}$/;

export interface PostgresOptions {
  readonly url: string;
  readonly clock: Clock;
  readonly migrations: readonly Migration[];
}

/** Faults: those of `openState`. No fault names the user or the password of the URL. */
export async function openPostgres({ url, clock, migrations }: PostgresOptions): Promise<State> {
  const file = placeOf(url);
  const pool = new pg.Pool(poolSettings(url));
  // A connection that breaks while nobody uses it: the next query is told, and opens another one.
  pool.on('error', () => undefined);
  const dialect = new PostgresDialect({ pool: told(pool, file) });
  const db = new Kysely<Tables>({ dialect, plugins: [new CamelCasePlugin()] });
  try {
    await db.connection().execute((connection) => migrateAlone({ db: connection, file, clock, migrations }));
  } catch (error) {
    await db.destroy();
    throw asFault(file, error);
  }
  const state = new PostgresState({ db, file, url });
  await state.changedSince();
  return state;
}

/** `postgres://host:5432/name`: for messages. */
function placeOf(url: string): string {
  if (!URL.canParse(url)) throw stateFault('state_url_unsupported', { scheme: 'that is no URL' });
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}

const poolSettings = (url: string): pg.PoolConfig => ({
  connectionString: url,
  max: CONNECTIONS_MAX,
  connectionTimeoutMillis: CONNECT_MS,
  statement_timeout: STATEMENT_MS,
  query_timeout: STATEMENT_MS + CONNECT_MS,
  lock_timeout: LOCK_MS,
  idle_in_transaction_session_timeout: IDLE_MS,
  keepAlive: true,
  // A command that is done need not wait for connections that nobody uses.
  allowExitOnIdle: true,
  application_name: 'sallyport',
  types: { getTypeParser: parserOf },
});

/** postgresql.org/docs/current/catalog-pg-type.html */
const INT8 = 20;

/** Counts and times are 64 bits wide there, and whole numbers here. */
function parserOf(oid: number, format?: 'text' | 'binary'): unknown {
  return oid === INT8 ? parseCount : pg.types.getTypeParser(oid, format ?? 'text');
}

function parseCount(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`${text} is too large to be counted exactly`);
  return value;
}

/** The pool with its failures told as faults. */
function told(pool: pg.Pool, file: string): PostgresPool {
  return {
    options: {},
    end: () => pool.end(),
    async connect() {
      try {
        return await pool.connect();
      } catch (error) {
        throw asFault(file, error);
      }
    },
  };
}

/** One replica brings the schema up while the others wait; then they find it done. */
async function migrateAlone(options: Omit<Parameters<typeof migrate>[0], 'backup'>): Promise<void> {
  const { db } = options;
  await sql`select pg_advisory_lock(${LOCK_CLASS}, ${LOCKS.migrate})`.execute(db);
  try {
    // A copy of a database server is its operator's to make, before the upgrade; each step stands or falls as a whole.
    await migrate({ ...options, backup: () => Promise.resolve() });
  } finally {
    await sql`select pg_advisory_unlock(${LOCK_CLASS}, ${LOCKS.migrate})`.execute(db);
  }
}

class PostgresState implements State {
  readonly db: Kysely<Tables>;
  readonly file: string;
  readonly #url: string;
  #seen: number | undefined;
  #claim: pg.Client | undefined;
  #claimed: 'alone' | 'shared' | undefined;

  constructor({ db, file, url }: { readonly db: Kysely<Tables>; readonly file: string; readonly url: string }) {
    this.db = db;
    this.file = file;
    this.#url = url;
  }

  /** The lock is let go when the commit can be seen (postgresql.org/docs/current/explicit-locking.html), so that changes have one order. */
  async transact<Result>(work: (transaction: Transaction<Tables>) => Promise<Result>, lock: WriteLock = 'changes'): Promise<Result> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.db.transaction().execute(async (transaction) => {
          await transaction.executeQuery(LOCKING[lock]);
          return work(transaction);
        });
      } catch (error) {
        if (tries >= RETRIES_MAX || !AGAIN.has(codeOf(error))) throw asFault(this.file, error);
      }
      await pause(RETRY_EVERY_MS * tries);
    }
  }

  /** Every change that others must learn of raises the revision in its own transaction. */
  async changedSince(): Promise<boolean> {
    if (this.#claimed !== undefined && this.#claim === undefined) await this.claim(this.#claimed);
    const now = await this.#ask(() => readMarkIn(this.db, 'revision'));
    const isNews = this.#seen !== undefined && now !== this.#seen;
    this.#seen = now;
    return isNews;
  }

  async claim(how: 'alone' | 'shared'): Promise<void> {
    const client = new pg.Client({ ...poolSettings(this.#url), application_name: 'sallyport claim' });
    // The server drops the lock with the connection: it is asked for again at the next look.
    client.on('error', () => (this.#claim = undefined));
    client.on('end', () => (this.#claim = undefined));
    const lock = how === 'alone' ? 'pg_try_advisory_lock' : 'pg_try_advisory_lock_shared';
    await this.#ask(() => client.connect());
    this.#claim = client;
    const { rows } = await this.#ask(() => client.query<{ taken: boolean }>(`select ${lock}(${LOCK_CLASS}, ${LOCKS.gateway}) as taken`));
    if (rows[0]?.taken === true) {
      this.#claimed = how;
      return;
    }
    await client.end();
    throw stateFault('state_taken', { file: this.file });
  }

  async nowMs(): Promise<number> {
    const { rows } = await this.#ask(() =>
      sql<{ ms: number }>`select floor(extract(epoch from clock_timestamp()) * 1000)::bigint as ms`.execute(this.db),
    );
    const now = rows[0]?.ms;
    if (now === undefined) throw new TypeError('the database did not tell its time');
    return now;
  }

  async close(): Promise<void> {
    this.#claimed = undefined;
    await this.#claim?.end();
    await this.db.destroy();
  }

  async #ask<Result>(question: () => Promise<Result>): Promise<Result> {
    try {
      return await question();
    } catch (error) {
      throw asFault(this.file, error);
    }
  }
}

const lockQuery = (lock: WriteLock): CompiledQuery => CompiledQuery.raw(`select pg_advisory_xact_lock(${LOCK_CLASS}, ${LOCKS[lock]})`);

const LOCKING: Readonly<Record<WriteLock, CompiledQuery>> = {
  changes: lockQuery('changes'),
  budgets: lockQuery('budgets'),
  outbox: lockQuery('outbox'),
  orders: lockQuery('orders'),
};

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '');

/** The client's own errors for a connection that ended or never began have no code. */
const BROKEN = /connection terminated|timeout|connection error|not queryable|closed the connection/i;

function asFault(file: string, error: unknown): unknown {
  const code = codeOf(error);
  if (code === LOCK_NOT_AVAILABLE) return stateFault('state_locked', { file, waitedMs: LOCK_MS }, { cause: error });
  if (!(error instanceof Error) || error.name === 'Fault') return error;
  if (!GONE.test(code) && (code !== '' || !BROKEN.test(error.message))) return error;
  return stateFault('state_unreachable', { file, reason: code === '' ? error.message : `${plain(error.message)} (${code})` });
}

/** The server quotes the user's name, which is part of a credential. */
const plain = (message: string): string => message.replace(/"[^"]*"/g, '"…"') || 'no connection';
