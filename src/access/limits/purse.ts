// What one subject spent and holds reserved in one period.
import type { Periods } from './period.ts';

/** Integer micro-units of money, and tokens. */
export interface Cost {
  readonly microUnits: number;
  readonly tokens: number;
}

/** Where others draw on the same budget: how much is asked for at a time, and whether somebody is short of it. */
export interface Lease {
  /** Tokens and micro-units that are asked for ahead. */
  slice: Cost;
  /** Steady milliseconds. */
  usedAtMs: number;
  refilledAtMs: number;
  /** Until then nothing is held that is not in use: somebody found too little left. */
  tightUntilMs: number;
  /** Until then it is known that no more than this is left. */
  exhaustedUntilMs: number;
  left: Cost;
  /** When the database learnt last what is used here. */
  toldAtMs: number;
  isTended: boolean;
  /** The grants of all others when they were last seen. */
  others: Cost;
  limit: Cost;
}

export class Purse {
  readonly subject: string;
  readonly period: string;
  spentMicroUnits: number;
  spentTokens: number;
  reservedMicroUnits = 0;
  reservedTokens = 0;
  /** What this process may use without asking anybody: everything, unless others draw on the same budget. */
  grantedMicroUnits = Infinity;
  grantedTokens = Infinity;
  lease: Lease | undefined;

  constructor(subject: string, period: string, spent: Cost) {
    this.subject = subject;
    this.period = period;
    this.spentMicroUnits = spent.microUnits;
    this.spentTokens = spent.tokens;
  }

  leftMicroUnits(limit: number): number {
    return (limit === Infinity ? limit : Math.min(limit, this.grantedMicroUnits)) - this.spentMicroUnits - this.reservedMicroUnits;
  }

  leftTokens(limit: number): number {
    return (limit === Infinity ? limit : Math.min(limit, this.grantedTokens)) - this.spentTokens - this.reservedTokens;
  }

  /** For callers to know: what is left of the limit as far as is known here, whoever holds it. */
  remainingTokens(limit: number): number {
    return limit - this.spentTokens - this.reservedTokens - (this.lease?.others.tokens ?? 0);
  }

  reserve(bound: Cost): void {
    this.reservedMicroUnits += bound.microUnits;
    this.reservedTokens += bound.tokens;
  }

  unreserve(bound: Cost): void {
    this.reservedMicroUnits -= bound.microUnits;
    this.reservedTokens -= bound.tokens;
  }

  spend(cost: Cost): void {
    this.spentMicroUnits += cost.microUnits;
    this.spentTokens += cost.tokens;
  }

  unspend(cost: Cost): void {
    this.spentMicroUnits -= cost.microUnits;
    this.spentTokens -= cost.tokens;
  }
}

export interface PurseMaking {
  /** Takes what was spent before this process began, once per subject and period. */
  readonly spentBefore: (subject: string, period: string) => Cost;
  readonly onPurse: (purse: Purse) => void;
}

/** The day and month purses of a key or a tenant. A new period brings new purses; a reservation keeps the ones it was taken from. */
export class PursePair {
  readonly #subject: string;
  readonly #making: PurseMaking;
  #periods: Periods;
  day: Purse;
  month: Purse;

  constructor(subject: string, periods: Periods, making: PurseMaking) {
    this.#subject = subject;
    this.#making = making;
    this.#periods = periods;
    this.day = this.#make(periods.day);
    this.month = this.#make(periods.month);
  }

  turnTo(periods: Periods): void {
    if (periods === this.#periods) return;
    this.#periods = periods;
    if (periods.day !== this.day.period) this.day = this.#make(periods.day);
    if (periods.month !== this.month.period) this.month = this.#make(periods.month);
  }

  #make(period: string): Purse {
    const purse = new Purse(this.#subject, period, this.#making.spentBefore(this.#subject, period));
    this.#making.onPurse(purse);
    return purse;
  }
}
