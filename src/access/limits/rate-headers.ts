// The `x-ratelimit-*` headers, named and written as OpenAI does, because client libraries read those.
import type { KeyMeter } from '../meters.ts';
import type { Periods } from './period.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

export interface RateMoment {
  /** Steady milliseconds, for the rate. */
  readonly steadyMs: number;
  /** Unix milliseconds, for the periods. */
  readonly nowMs: number;
  readonly periods: Periods;
}

/** Limits that the key does not have are left out. */
export function rateHeaders(meter: KeyMeter, moment: RateMoment): Readonly<Record<string, string>> {
  return { ...requestHeaders(meter, moment), ...tokenHeaders(meter, moment) };
}

function requestHeaders({ limits, rate }: KeyMeter, { steadyMs }: RateMoment): Readonly<Record<string, string>> {
  if (limits.perMinute === Infinity) return {};
  return {
    'x-ratelimit-limit-requests': String(limits.perMinute),
    'x-ratelimit-remaining-requests': String(rate.remaining(limits.perMinute, steadyMs)),
    'x-ratelimit-reset-requests': toGoDuration(rate.resetMs(steadyMs)),
  };
}

/** Of the day's and the month's token budget, the one that leaves less. */
function tokenHeaders({ limits, wallet }: KeyMeter, { nowMs, periods }: RateMoment): Readonly<Record<string, string>> {
  if (limits.dayTokens === Infinity && limits.monthTokens === Infinity) return {};
  const day = { limit: limits.dayTokens, left: wallet.key.day.remainingTokens(limits.dayTokens), endsAtMs: periods.dayEndsAtMs };
  const month = { limit: limits.monthTokens, left: wallet.key.month.remainingTokens(limits.monthTokens), endsAtMs: periods.monthEndsAtMs };
  const tighter = day.left < month.left ? day : month;
  return {
    'x-ratelimit-limit-tokens': String(tighter.limit),
    'x-ratelimit-remaining-tokens': String(Math.max(tighter.left, 0)),
    'x-ratelimit-reset-tokens': toGoDuration(tighter.endsAtMs - nowMs),
  };
}

/** `120ms`, `6.5s`, `6m0s`, `11h0m5s`: the notation of Go's time.Duration, which OpenAI's headers use. */
export function toGoDuration(durationMs: number): string {
  const whole = Math.ceil(durationMs);
  if (whole < 1_000) return `${whole}ms`;
  const seconds = (whole % MINUTE_MS) / 1_000;
  if (whole < MINUTE_MS) return `${seconds}s`;
  const minutes = Math.floor((whole % HOUR_MS) / MINUTE_MS);
  return whole < HOUR_MS ? `${minutes}m${seconds}s` : `${Math.floor(whole / HOUR_MS)}h${minutes}m${seconds}s`;
}
