// Opens the state in PostgreSQL: the same tables and the same rules as in a file, for several gateways at once.
import { setTimeout as pause } from 'node:timers/promises';
import { CamelCasePlugin, CompiledQuery, Kysely, PostgresDialect, sql, type PostgresPool, type Transaction } from 'kysely';
import pg from 'pg';
import type { Clock } from '../../core/ports.ts';
import { stateFault } from './faults.ts';
import { readMarkIn } from './marks.ts';
import { lookAtSchema, migrate, type Migration, type SchemaLook } from './migrate.ts';
import type { State, WriteLock } from './open-state.ts';
import type { Tables } from './tables.ts';

const CONNECTIONS_MAX = 8;
const CONNECT_MS = 3_000;
const STATEMENT_MS = 10_000;
/** As long as a writer waits for a file. */
const LOCK_MS = 5_000;
/** A replica that froze in the middle of a transaction must not hold up the others; one whose ledger waits for its disk may take a while. */
const IDLE_MS = 15_000;
/** For locks under which nothing but the database is waited for: shorter than the patience of those who wait for the same lock. */
const FROZEN_MS = 2_000;
/** A replica whose machine lost its power says nothing: its locks are let go after half a minute, and not after the two hours of TCP. */
const KEEPALIVE = '-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3';
/** A replica that starts again may be quicker than the end of its last connection. */
const SAME_LEDGER_MS = 3_000;
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
/**
 * Class 08, connection; 28, authorisation; 53, resources; 57P, shut down; 3D and 3F, no such database or schema; 25006, a server that
 * became a standby; 25P03, a transaction that this process left alone for too long.
 */
const GONE = /^(?:08|28|53|57P|3D|3F|25006|25P03)|^E[A-Z]{4,}$/;

export interface PostgresOptions {
  readonly url: string;
  readonly clock: Clock;
  readonly migrations: readonly Migration[];
}

/** Faults: those of `openState`. No fault names the user or the password of the URL. */
export async function openPostgres({ url, clock, migrations }: PostgresOptions): Promise<State> {
  const { db, file } = connectTo(url);
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

export interface PostgresLook extends SchemaLook {
  readonly file: string;
  /** The quickest of a few questions. */
  readonly roundTripMs: number;
  /** Its clock less ours. */
  readonly aheadMs: number;
  /** True for a standby, which takes no changes. */
  readonly isStandby: boolean;
}

const LOOKS = 3;

/** One look that changes nothing, also where the schema is behind. Faults: those of `openState`. */
export async function lookAtPostgres({ url, clock, migrations }: PostgresOptions): Promise<PostgresLook> {
  const { db, file } = connectTo(url);
  try {
    let best = { roundTripMs: Infinity, aheadMs: 0, isStandby: false };
    for (let look = 0; look < LOOKS; look += 1) {
      const beganMs = clock.steadyMs();
      const { rows } = await sql<{ ms: number; isStandby: boolean }>`
        select floor(extract(epoch from clock_timestamp()) * 1000)::bigint as ms, pg_is_in_recovery() as is_standby`.execute(db);
      const roundTripMs = clock.steadyMs() - beganMs;
      const [row] = rows;
      if (row === undefined) throw new TypeError('the database did not tell its time');
      const aheadMs = Math.round(row.ms + roundTripMs / 2 - clock.nowMs());
      if (roundTripMs < best.roundTripMs) best = { roundTripMs, aheadMs, isStandby: row.isStandby };
    }
    return { file, ...best, ...(await lookAtSchema({ db, file, migrations })) };
  } catch (error) {
    throw asFault(file, error);
  } finally {
    await db.destroy();
  }
}

function connectTo(url: string): { readonly db: Kysely<Tables>; readonly file: string } {
  const file = placeOf(url);
  const pool = new pg.Pool(poolSettings(url));
  // A connection that breaks while nobody uses it: the next query is told, and opens another one.
  pool.on('error', () => undefined);
  // The same for one that breaks in the middle of a transaction that waits for something else: an event that nobody hears ends the process.
  pool.on('connect', (client) => void client.on('error', () => undefined));
  const dialect = new PostgresDialect({ pool: told(pool, file) });
  return { db: new Kysely<Tables>({ dialect, plugins: [new CamelCasePlugin()] }), file };
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
  options: KEEPALIVE,
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

interface Claimed {
  readonly how: 'alone' | 'shared';
  readonly log?: string;
}

class PostgresState implements State {
  readonly db: Kysely<Tables>;
  readonly file: string;
  readonly #url: string;
  #seen: number | undefined;
  #claim: pg.Client | undefined;
  #claimed: Claimed | undefined;

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
    if (this.#claimed !== undefined && this.#claim === undefined) await this.#hold(this.#claimed);
    const now = await this.#ask(() => readMarkIn(this.db, 'revision'));
    const isNews = this.#seen !== undefined && now !== this.#seen;
    this.#seen = now;
    return isNews;
  }

  claim(how: 'alone' | 'shared'): Promise<void> {
    return this.#hold({ how });
  }

  async claimLedger(log: string): Promise<void> {
    const claimed: Claimed = { how: this.#claimed?.how ?? 'shared', log };
    if (this.#claim === undefined) return this.#hold(claimed);
    await this.#lockLedger(this.#claim, log);
    this.#claimed = claimed;
  }

  /** On a connection of its own, with which the server drops the locks: then they are asked for again at the next look. */
  async #hold(claimed: Claimed): Promise<void> {
    const client = new pg.Client({ ...poolSettings(this.#url), application_name: 'sallyport claim' });
    const isGone = (): void => {
      if (this.#claim === client) this.#claim = undefined;
    };
    client.on('error', isGone);
    client.on('end', isGone);
    try {
      await this.#ask(() => client.connect());
      const lock = claimed.how === 'alone' ? 'pg_try_advisory_lock' : 'pg_try_advisory_lock_shared';
      if (!(await this.#take(client, `${lock}($1, $2)`, [LOCK_CLASS, LOCKS.gateway]))) throw stateFault('state_taken', { file: this.file });
      if (claimed.log !== undefined) await this.#lockLedger(client, claimed.log);
    } catch (error) {
      await client.end();
      throw error;
    }
    this.#claim = client;
    this.#claimed = claimed;
  }

  async #lockLedger(client: pg.Client, log: string): Promise<void> {
    for (let waitedMs = 0; !(await this.#take(client, 'pg_try_advisory_lock(hashtextextended($1, $2))', [log, LOCK_CLASS]));) {
      if (waitedMs >= SAME_LEDGER_MS) throw stateFault('state_same_ledger', { file: this.file, log });
      waitedMs += RETRY_EVERY_MS * 4;
      await pause(RETRY_EVERY_MS * 4);
    }
  }

  async #take(client: pg.Client, lock: string, values: (string | number)[]): Promise<boolean> {
    const { rows } = await this.#ask(() => client.query<{ taken: boolean }>(`select ${lock} as taken`, values));
    return rows[0]?.taken === true;
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

const lockQuery = (lock: WriteLock): CompiledQuery => {
  const idleMs = lock === 'outbox' ? IDLE_MS : FROZEN_MS;
  const guarded = `set_config('idle_in_transaction_session_timeout', '${idleMs}', true)`;
  return CompiledQuery.raw(`select pg_advisory_xact_lock(${LOCK_CLASS}, ${LOCKS[lock]}), ${guarded}`);
};

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
