// What one subject spent and holds reserved in one period.
import type { Periods } from './period.ts';

/** Integer micro-units of money, and tokens. */
export interface Cost {
  readonly microUnits: number;
  readonly tokens: number;
}

export class Purse {
  readonly subject: string;
  readonly period: string;
  spentMicroUnits: number;
  spentTokens: number;
  reservedMicroUnits = 0;
  reservedTokens = 0;

  constructor(subject: string, period: string, spent: Cost) {
    this.subject = subject;
    this.period = period;
    this.spentMicroUnits = spent.microUnits;
    this.spentTokens = spent.tokens;
  }

  leftMicroUnits(limit: number): number {
    return limit - this.spentMicroUnits - this.reservedMicroUnits;
  }

  leftTokens(limit: number): number {
    return limit - this.spentTokens - this.reservedTokens;
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

/** Takes what was spent before this process began, once per subject and period. */
export type SpentBefore = (subject: string, period: string) => Cost;

/** The day and month purses of a key or a tenant. A new period brings new purses; a reservation keeps the ones it was taken from. */
export class PursePair {
  readonly #subject: string;
  readonly #spentBefore: SpentBefore;
  #periods: Periods;
  day: Purse;
  month: Purse;

  constructor(subject: string, periods: Periods, spentBefore: SpentBefore) {
    this.#subject = subject;
    this.#spentBefore = spentBefore;
    this.#periods = periods;
    this.day = new Purse(subject, periods.day, spentBefore(subject, periods.day));
    this.month = new Purse(subject, periods.month, spentBefore(subject, periods.month));
  }

  turnTo(periods: Periods): void {
    if (periods === this.#periods) return;
    this.#periods = periods;
    if (periods.day !== this.day.period) this.day = new Purse(this.#subject, periods.day, this.#spentBefore(this.#subject, periods.day));
    if (periods.month !== this.month.period) {
      this.month = new Purse(this.#subject, periods.month, this.#spentBefore(this.#subject, periods.month));
    }
  }
}
