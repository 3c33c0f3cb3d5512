// UTC days and months, the periods of budgets.
const DAY_MS = 86_400_000;

export interface Periods {
  /** For example `2026-11-22`. */
  readonly day: string;
  /** For example `2026-11`. */
  readonly month: string;
  readonly dayEndsAtMs: number;
  readonly monthEndsAtMs: number;
}

/** The periods of a moment in Unix milliseconds. */
export function periodsAt(nowMs: number): Periods {
  const date = new Date(nowMs);
  const day = date.toISOString().slice(0, 10);
  return {
    day,
    month: day.slice(0, 7),
    dayEndsAtMs: (Math.floor(nowMs / DAY_MS) + 1) * DAY_MS,
    monthEndsAtMs: Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1),
  };
}

/** Remembers the periods of the last moment asked for: moments that come one after the other mostly share their day. */
export class PeriodMemo {
  #last: Periods = periodsAt(0);

  at(atMs: number): Periods {
    if (atMs >= this.#last.dayEndsAtMs || atMs < this.#last.dayEndsAtMs - DAY_MS) this.#last = periodsAt(atMs);
    return this.#last;
  }
}

/** Remembers the current periods, so that a request costs one comparison. A clock that steps back does not bring a past period again. */
export class PeriodClock {
  #current: Periods = periodsAt(0);

  at(nowMs: number): Periods {
    if (nowMs >= this.#current.dayEndsAtMs) this.#current = periodsAt(nowMs);
    return this.#current;
  }
}
