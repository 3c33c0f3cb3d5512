// Money and token budgets: reserved before a request, settled after it, exact whatever happens in between.
import type { Clock, RandomSource } from '../../core/ports.ts';
import { accessFault } from '../faults.ts';
import type { EffectiveLimits } from '../keys/limits.ts';
import { BudgetFold, type BudgetSnapshot, type SpentSum } from './budget-fold.ts';
import { PeriodClock, type Periods } from './period.ts';
import { PursePair, type Cost, type Purse } from './purse.ts';
import type { BudgetEvent, ClosedReservation, OpenedReservation } from './reservation-events.ts';

/** A reservation that nobody settled for so long is charged its bound; a later settlement still replaces that estimate. */
const LEASE_MS = 15 * 60_000;
const RUN_BYTES = 6;
const SECOND_MS = 1_000;

/** One key's way into the budgets: its own purses and those of its tenant. */
export interface Wallet {
  readonly keyId: string;
  readonly tenant: string;
  readonly key: PursePair;
  readonly shared: PursePair;
}

/** The limits that a reservation is held against. */
export interface BudgetLimits {
  readonly key: EffectiveLimits;
  readonly tenant: EffectiveLimits;
}

export interface Usage {
  readonly period: string;
  readonly spent: Cost;
  readonly reserved: Cost;
}

export interface Settlement extends Cost {
  readonly estimated: boolean;
}

/** Money and tokens set aside for one request. The first of `settle` and `release` counts, whoever calls it. */
export class Reservation {
  readonly id: string;
  readonly bound: Cost;
  readonly atMs: number;
  readonly #wallet: Wallet;
  readonly #purses: readonly Purse[];
  /** Those under way: this one is there until it is settled or its lease runs out. */
  readonly #open: Map<string, Reservation>;
  readonly #onSettled: ((purses: readonly Purse[]) => void) | undefined;
  #closed: ClosedReservation | undefined;

  constructor(parts: {
    id: string;
    bound: Cost;
    atMs: number;
    wallet: Wallet;
    open: Map<string, Reservation>;
    onSettled: ((purses: readonly Purse[]) => void) | undefined;
  }) {
    this.#onSettled = parts.onSettled;
    const { key, shared } = parts.wallet;
    this.id = parts.id;
    this.bound = parts.bound;
    this.atMs = parts.atMs;
    this.#wallet = parts.wallet;
    this.#open = parts.open;
    this.#purses = [key.day, key.month, shared.day, shared.month];
    for (const purse of this.#purses) purse.reserve(this.bound);
    this.#open.set(this.id, this);
  }

  /** The member `reservation` of `request.opened`. */
  get opened(): OpenedReservation {
    const { microUnits, tokens } = this.bound;
    // In the order in which the record spells them.
    return { atMs: this.atMs, id: this.id, keyId: this.#wallet.keyId, microUnits, tenant: this.#wallet.tenant, tokens };
  }

  /**
   * Charges what was used, the truth even above the bound. Amounts that make no sense (negative, fractions, no numbers) come from an
   * upstream that reports nonsense, and are charged as if it had reported nothing: the bound, marked estimated. Returns the member `reservation` of `request.closed`; a later call
   * changes nothing and returns the same.
   */
  settle(used: Settlement): ClosedReservation {
    if (this.#closed !== undefined) return this.#closed;
    const charged = isCost(used) ? used : { ...this.bound, estimated: true };
    const wasOpen = this.#open.delete(this.id);
    for (const purse of this.#purses) {
      if (wasOpen) purse.unreserve(this.bound);
      else purse.unspend(this.bound);
      purse.spend(charged);
    }
    this.#onSettled?.(this.#purses);
    this.#closed = { estimated: charged.estimated, id: this.id, microUnits: charged.microUnits, tokens: charged.tokens };
    return this.#closed;
  }

  /** Gives everything back: nothing was sent upstream. */
  release(): ClosedReservation {
    return this.settle({ microUnits: 0, tokens: 0, estimated: false });
  }

  /** The lease ran out: charged as if all of it had been used, until somebody settles after all. */
  expire(): void {
    if (!this.#open.delete(this.id)) return;
    for (const purse of this.#purses) {
      purse.unreserve(this.bound);
      purse.spend(this.bound);
    }
  }
}

/** Where others draw on the same budgets: gets this process its part of them. */
export interface Granting {
  /** A purse begins: from now on only what is granted may be used. */
  adopt(purse: Purse): void;
  /** It was used, and may want more soon. */
  used(purses: readonly Purse[], asked: AskedFor): void;
  /** Something was given back or charged. */
  settled(purses: readonly Purse[]): void;
  /** Asks for more and then for `take`, until that succeeds or it is certain that all is used up: then throws what `take` threw. */
  reserve(asked: AskedFor, take: () => Reservation): Promise<Reservation>;
}

export interface AskedFor {
  readonly wallet: Wallet;
  readonly bound: Cost;
  readonly limits: BudgetLimits;
}

export class Budgets {
  readonly #clock: Clock;
  readonly #periods = new PeriodClock();
  readonly #open = new Map<string, Reservation>();
  readonly #purses = new Map<string, PursePair>();
  readonly #before = new Map<string, Cost>();
  /** Sets this process's reservations apart from those of every other in the ledger. */
  readonly #run: string;
  #count = 0;
  #granting: Granting | undefined;

  constructor(clock: Clock, random: RandomSource) {
    this.#clock = clock;
    this.#run = Buffer.from(random.bytes(RUN_BYTES)).toString('base64url');
  }

  /** Reservations under way. */
  get openCount(): number {
    return this.#open.size;
  }

  /** The day and the month that are charged now. */
  periods(): Periods {
    return this.#periods.at(this.#clock.nowMs());
  }

  /** From now on others draw on the same budgets. Call it before the first request. */
  share(granting: Granting): void {
    this.#granting = granting;
  }

  /** What was spent before this process began, in all periods. */
  get spentBefore(): readonly SpentSum[] {
    return [...this.#before].map(([name, cost]) => {
      const space = name.lastIndexOf(' ');
      return { subject: name.slice(0, space), period: name.slice(space + 1), ...cost };
    });
  }

  /** The purses of `key:ID` or `tenant:ID`: always the same object, so that nobody can start with an empty one. */
  purses(subject: string): PursePair {
    const known = this.#purses.get(subject);
    if (known !== undefined) return known;
    const made = new PursePair(subject, this.periods(), {
      spentBefore: this.#takeBefore,
      onPurse: (purse) => this.#granting?.adopt(purse),
    });
    this.#purses.set(subject, made);
    return made;
  }

  /** What a subject (`key:ID`, `tenant:ID`) spent and holds reserved in the current day and month. */
  usageOf(subject: string): { readonly day: Usage; readonly month: Usage } {
    const pair = this.purses(subject);
    pair.turnTo(this.periods());
    return { day: usageIn(pair.day), month: usageIn(pair.month) };
  }

  /** As `reserve`, also where others draw on the same budgets: then it may have to ask for more first. Faults: `budget_exceeded`, `counters_lost`. */
  reserving(wallet: Wallet, bound: Cost, limits: BudgetLimits): Reservation | Promise<Reservation> {
    const granting = this.#granting;
    if (granting === undefined) return this.reserve(wallet, bound, limits);
    this.#turn(wallet);
    const asked = { wallet, bound, limits };
    if (!fits(wallet.key, bound, limits.key) || !fits(wallet.shared, bound, limits.tenant))
      return granting.reserve(asked, () => this.reserve(wallet, bound, limits));
    const reservation = this.reserve(wallet, bound, limits);
    granting.used(pursesOf(wallet), asked);
    return reservation;
  }

  #turn(wallet: Wallet): void {
    const periods = this.periods();
    wallet.key.turnTo(periods);
    wallet.shared.turnTo(periods);
  }

  /** Sets the bound aside, or throws `budget_exceeded`. Nothing changes when it throws. */
  reserve(wallet: Wallet, bound: Cost, limits: BudgetLimits): Reservation {
    if (!isCost(bound)) throw new RangeError('a bound has whole amounts that are not negative');
    const nowMs = this.#clock.nowMs();
    const periods = this.#periods.at(nowMs);
    wallet.key.turnTo(periods);
    wallet.shared.turnTo(periods);
    if (!fits(wallet.key, bound, limits.key))
      throw refusal(`key ${wallet.keyId}`, wallet.key, { bound, limits: limits.key, periods, nowMs });
    if (!fits(wallet.shared, bound, limits.tenant)) {
      throw refusal(`tenant ${wallet.tenant}`, wallet.shared, { bound, limits: limits.tenant, periods, nowMs });
    }
    this.#count += 1;
    return new Reservation({
      id: `${this.#run}.${this.#count.toString(36)}`,
      bound,
      atMs: nowMs,
      wallet,
      open: this.#open,
      onSettled: this.#onSettled,
    });
  }

  readonly #onSettled = (purses: readonly Purse[]): void => this.#granting?.settled(purses);

  /** Charges the leases that ran out. Cheap; call it every few seconds. Returns how many there were. */
  sweep(): number {
    const nowMs = this.#clock.nowMs();
    let expired = 0;
    // Leases have one length, so that the oldest stands first.
    for (const reservation of this.#open.values()) {
      if (reservation.atMs + LEASE_MS > nowMs) break;
      reservation.expire();
      expired += 1;
    }
    return expired;
  }

  /**
   * Takes over what was spent before this process began: a snapshot and the ledger's events after it. Requests that were opened
   * and never closed are charged their bound. Call it before the first request. Returns the settlements of those requests,
   * which belong into the ledger as `request.closed`.
   */
  restore(snapshot: BudgetSnapshot, events: Iterable<BudgetEvent>): readonly ClosedReservation[] {
    const fold = new BudgetFold(snapshot);
    for (const event of events) fold.apply(event);
    const closed = fold.snapshot().open.map(({ id, microUnits, tokens }) => ({ id, microUnits, tokens, estimated: true }));
    for (const reservation of closed) fold.apply({ kind: 'request.closed', reservation });
    for (const { subject, period, microUnits, tokens } of fold.snapshot().spent)
      this.#before.set(`${subject} ${period}`, { microUnits, tokens });
    return closed;
  }

  readonly #takeBefore = (subject: string, period: string): Cost => {
    const name = `${subject} ${period}`;
    const spent = this.#before.get(name) ?? { microUnits: 0, tokens: 0 };
    this.#before.delete(name);
    return spent;
  };
}

export const pursesOf = ({ key, shared }: Wallet): readonly Purse[] => [key.day, key.month, shared.day, shared.month];

const usageIn = (purse: Purse): Usage => ({
  period: purse.period,
  spent: { microUnits: purse.spentMicroUnits, tokens: purse.spentTokens },
  reserved: { microUnits: purse.reservedMicroUnits, tokens: purse.reservedTokens },
});

const isAmount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
const isCost = (cost: Cost): boolean => isAmount(cost.microUnits) && isAmount(cost.tokens);

/** Refused only if spent + reserved + bound > budget. */
const fits = (pair: PursePair, bound: Cost, limits: EffectiveLimits): boolean =>
  bound.microUnits <= pair.day.leftMicroUnits(limits.dayMicroUnits) &&
  bound.microUnits <= pair.month.leftMicroUnits(limits.monthMicroUnits) &&
  bound.tokens <= pair.day.leftTokens(limits.dayTokens) &&
  bound.tokens <= pair.month.leftTokens(limits.monthTokens);

interface RefusedBound {
  readonly bound: Cost;
  readonly limits: EffectiveLimits;
  readonly periods: Periods;
  readonly nowMs: number;
}

/**
 * 429 and not 402: client libraries know OpenAI's `insufficient_quota`, which is a 429, as their rate-limit error, and most have
 * no class for 402. Retrying cannot help before the period ends, and `x-should-retry: false` tells them so.
 */
function refusal(who: string, pair: PursePair, refused: RefusedBound) {
  const { bound, limits, periods, nowMs } = refused;
  const rows = [
    {
      period: 'monthly',
      unit: 'micro-units',
      left: pair.month.leftMicroUnits(limits.monthMicroUnits),
      bound: bound.microUnits,
      endsAtMs: periods.monthEndsAtMs,
    },
    {
      period: 'monthly',
      unit: 'tokens',
      left: pair.month.leftTokens(limits.monthTokens),
      bound: bound.tokens,
      endsAtMs: periods.monthEndsAtMs,
    },
    {
      period: 'daily',
      unit: 'micro-units',
      left: pair.day.leftMicroUnits(limits.dayMicroUnits),
      bound: bound.microUnits,
      endsAtMs: periods.dayEndsAtMs,
    },
    { period: 'daily', unit: 'tokens', left: pair.day.leftTokens(limits.dayTokens), bound: bound.tokens, endsAtMs: periods.dayEndsAtMs },
  ];
  // The month first: when it is used up, waiting for the next day would be the wrong advice.
  const row = rows.find((candidate) => candidate.bound > candidate.left);
  if (row === undefined) throw new Error('a bound that fits was refused');
  const { period, unit, endsAtMs } = row;
  return accessFault(
    'budget_exceeded',
    { period, who, left: Math.max(row.left, 0), unit, bound: row.bound, resetsAt: new Date(endsAtMs).toISOString() },
    { retryAfterSeconds: Math.ceil((endsAtMs - nowMs) / SECOND_MS), headers: { 'x-should-retry': 'false' } },
  );
}
