// How long an upstream asks to be left alone.
import type { Headers } from '../io/http/exchange.ts';

/**
 * In seconds: RFC 9110 section 10.2.3, a number or a date. A date is measured by the upstream's own clock, so that ours need not agree
 * with it. Undefined where nothing that can be read is said.
 */
export function retryAfterSeconds({ 'retry-after': said, date }: Headers): number | undefined {
  if (said === undefined || said.trim() === '') return undefined;
  const seconds = Number(said);
  if (Number.isFinite(seconds)) return seconds >= 0 ? seconds : undefined;
  const [untilMs, nowMs] = [Date.parse(said), Date.parse(date ?? '')];
  return Number.isNaN(untilMs - nowMs) ? undefined : Math.max(0, (untilMs - nowMs) / 1_000);
}
