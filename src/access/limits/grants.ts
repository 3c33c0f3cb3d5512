// Grants of budgets in the database: what all replicas together hold never passes the limit, whatever any of them believes.
import type { Kysely, Transaction } from 'kysely';
import type { State } from '../../io/state/open-state.ts';
import type { Tables } from '../../io/state/tables.ts';
import type { SpentSum } from './budget-fold.ts';
import type { Periods } from './period.ts';
import type { Cost } from './purse.ts';
import { NOTHING } from './purse-sums.ts';

/** One purse of one replica in an exchange. */
export interface GrantWish {
  readonly subject: string;
  readonly period: string;
  /** What it has used or may still use by itself. The database takes this as the truth when it knows of less. */
  readonly holds: Cost;
  /** True: what the database has above `holds` goes back to all. */
  readonly givesBack: boolean;
  /** Wanted on top of `holds`: without it somebody is refused. */
  readonly need: Cost;
  /** The least that is of any use: what the most modest of those who wait needs. */
  readonly least: Cost;
  /** Wanted besides, so that the next requests need not ask. */
  readonly slice: Cost;
  readonly limit: Cost;
}

/** The answer, in the order of the wishes. */
export interface Granted {
  /** What the replica may use from now on. */
  readonly own: Cost;
  /** What is left for everybody afterwards. */
  readonly free: Cost;
  readonly others: Cost;
  /** False when less than needed was left. */
  readonly isMet: boolean;
}

export interface GrantStore {
  /** All of it or nothing. Throws what the state throws. */
  exchange(wishes: readonly GrantWish[]): Promise<readonly Granted[]>;
  /** Purses that somebody found too little left in, lately. */
  wanted(): Promise<readonly { readonly subject: string; readonly period: string }[]>;
  /** What all others together hold of these. */
  others(subjects: readonly string[], periods: readonly string[]): Promise<readonly SpentSum[]>;
  /** Drops what stands there of older periods, whoever wrote it: replicas that are gone do not. */
  forget(oldest: Pick<Periods, 'day' | 'month'>): Promise<void>;
  /** What this replica holds in these periods, by the database. */
  own(periods: readonly string[]): Promise<readonly { readonly subject: string; readonly period: string }[]>;
}

/** Of what is left nobody takes more than this share ahead, so that near the end of a budget little is held and not used. */
const AHEAD_SHARE = 8;
/** A month is shorter. */
const DAY_PATTERN = '____-__-__';
/** How long a want is told. */
const WANTED_MS = 2_000;
/** Five values a row, and 32,766 in a statement of SQLite. */
const ROWS_AT_ONCE = 500;

interface Held {
  readonly total: Cost;
  readonly own: Cost;
  readonly wantedAtMs: number;
}

/** `log` names the replica by its ledger: what it held before a restart is its own again. */
export function grantStore(state: State, log: string): GrantStore {
  return {
    async exchange(wishes) {
      const nowMs = (): Promise<number> => state.nowMs();
      return state.transact(async (transaction) => {
        const granted: Granted[] = [];
        for (let at = 0; at < wishes.length; at += ROWS_AT_ONCE)
          granted.push(...(await exchangeSome(transaction, { log, nowMs, wishes: wishes.slice(at, at + ROWS_AT_ONCE) })));
        return granted;
      }, 'budgets');
    },
    async wanted() {
      const sinceMs = (await state.nowMs()) - WANTED_MS;
      return state.db.selectFrom('budgetTotals').select(['subject', 'period']).where('wantedAtMs', '>', sinceMs).execute();
    },
    async others(subjects, periods) {
      const sums: SpentSum[] = [];
      for (let at = 0; at < subjects.length; at += ROWS_AT_ONCE) {
        const wanted = subjects.slice(at, at + ROWS_AT_ONCE).flatMap((subject) => periods.map((period) => ({ subject, period })));
        for (const [name, { total, own }] of await readHeld(state.db, log, wanted)) {
          const space = name.lastIndexOf(' ');
          const [subject, period] = [name.slice(0, space), name.slice(space + 1)];
          sums.push({ subject, period, microUnits: total.microUnits - own.microUnits, tokens: total.tokens - own.tokens });
        }
      }
      return sums;
    },
    async forget({ day, month }) {
      for (const table of ['budgetTotals', 'budgetGrants', 'budgetSpent'] as const) {
        await state.db
          .deleteFrom(table)
          .where((old) => old.or([old('period', '<', month), old.and([old('period', 'like', DAY_PATTERN), old('period', '<', day)])]))
          .execute();
      }
    },
    own: (periods) =>
      state.db
        .selectFrom('budgetGrants')
        .select(['subject', 'period'])
        .where('log', '=', log)
        .where('period', 'in', [...periods])
        .execute(),
  };
}

interface Exchange {
  readonly log: string;
  readonly nowMs: () => Promise<number>;
  readonly wishes: readonly GrantWish[];
}

const nameOf = ({ subject, period }: Pick<GrantWish, 'subject' | 'period'>): string => `${subject} ${period}`;

async function exchangeSome(transaction: Transaction<Tables>, { log, nowMs, wishes }: Exchange): Promise<readonly Granted[]> {
  const held = await readHeld(transaction, log, wishes);
  let isShort = false;
  const granted = wishes.map((wish) => {
    const before = held.get(nameOf(wish)) ?? { total: NOTHING, own: NOTHING, wantedAtMs: 0 };
    const { granted, total } = grant(before, wish);
    isShort ||= !granted.isMet;
    held.set(nameOf(wish), { total, own: granted.own, wantedAtMs: granted.isMet ? before.wantedAtMs : Infinity });
    return granted;
  });
  const wantedAtMs = isShort ? await nowMs() : 0;
  const names = [...new Map(wishes.map((wish) => [nameOf(wish), wish])).entries()];
  const rows = names.map(([name, { subject, period }]) => ({
    subject,
    period,
    ...(held.get(name) ?? { total: NOTHING, own: NOTHING, wantedAtMs: 0 }),
  }));
  await transaction
    .insertInto('budgetTotals')
    .values(
      rows.map((row) => ({
        ...row.total,
        subject: row.subject,
        period: row.period,
        wantedAtMs: row.wantedAtMs === Infinity ? wantedAtMs : row.wantedAtMs,
      })),
    )
    .onConflict((conflict) =>
      conflict.columns(['subject', 'period']).doUpdateSet((row) => ({
        microUnits: row.ref('excluded.microUnits'),
        tokens: row.ref('excluded.tokens'),
        wantedAtMs: row.ref('excluded.wantedAtMs'),
      })),
    )
    .execute();
  await transaction
    .insertInto('budgetGrants')
    .values(rows.map(({ subject, period, own }) => ({ log, subject, period, ...own })))
    .onConflict((conflict) =>
      conflict.columns(['log', 'subject', 'period']).doUpdateSet((row) => ({
        microUnits: row.ref('excluded.microUnits'),
        tokens: row.ref('excluded.tokens'),
      })),
    )
    .execute();
  return granted;
}

async function readHeld(
  db: Kysely<Tables>,
  log: string,
  wishes: readonly Pick<GrantWish, 'subject' | 'period'>[],
): Promise<Map<string, Held>> {
  const rows = await db
    .selectFrom('budgetTotals as total')
    .leftJoin('budgetGrants as own', (join) =>
      join.onRef('own.subject', '=', 'total.subject').onRef('own.period', '=', 'total.period').on('own.log', '=', log),
    )
    .select([
      'total.subject as subject',
      'total.period as period',
      'total.microUnits as totalMicroUnits',
      'total.tokens as totalTokens',
      'total.wantedAtMs as wantedAtMs',
      'own.microUnits as ownMicroUnits',
      'own.tokens as ownTokens',
    ])
    .where('total.subject', 'in', [...new Set(wishes.map(({ subject }) => subject))])
    .where('total.period', 'in', [...new Set(wishes.map(({ period }) => period))])
    .execute();
  return new Map(
    rows.map((row) => [
      nameOf(row),
      {
        total: { microUnits: row.totalMicroUnits, tokens: row.totalTokens },
        own: { microUnits: row.ownMicroUnits ?? 0, tokens: row.ownTokens ?? 0 },
        wantedAtMs: row.wantedAtMs,
      },
    ]),
  );
}

/** The sum of one exchange: pure, so that it can be tried with every history. */
export function grant(
  before: { readonly total: Cost; readonly own: Cost },
  wish: GrantWish,
): { readonly granted: Granted; readonly total: Cost } {
  const money = grantOne(before, wish, 'microUnits');
  const tokens = grantOne(before, wish, 'tokens');
  const pair = (read: (one: GrantedOne) => number): Cost => ({ microUnits: read(money), tokens: read(tokens) });
  return {
    granted: {
      own: pair(({ own }) => own),
      free: pair(({ free }) => free),
      others: pair(({ total, own }) => total - own),
      isMet: money.isMet && tokens.isMet,
    },
    total: pair(({ total }) => total),
  };
}

interface GrantedOne {
  readonly own: number;
  readonly total: number;
  readonly free: number;
  readonly isMet: boolean;
}

function grantOne({ total, own }: { readonly total: Cost; readonly own: Cost }, wish: GrantWish, unit: keyof Cost): GrantedOne {
  const base = wish.givesBack ? wish.holds[unit] : Math.max(own[unit], wish.holds[unit]);
  const others = total[unit] - own[unit];
  const free = Math.max(0, wish.limit[unit] - others - base);
  // What the database held for us beyond what we knew of serves the need first.
  const need = Math.max(0, wish.need[unit] - (base - wish.holds[unit]));
  const ahead = wish.limit[unit] === Infinity ? wish.slice[unit] : Math.min(wish.slice[unit], Math.floor((free - need) / AHEAD_SHARE));
  // Less than is needed is taken when one of several who wait would be content with it; otherwise it is left to others who would.
  const some = free >= Math.min(need, wish.least[unit]) ? free : 0;
  const taken = free < need ? some : need + Math.max(0, ahead);
  const grown = base + taken;
  return { own: grown, total: others + grown, free: free - taken, isMet: free >= need };
}
