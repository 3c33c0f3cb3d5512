// Values of options, checked.
import { appFault } from '../faults.ts';

const UNITS_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A whole number. Throws `bad_argument`. */
export function countOf(name: string, text: string): number {
  if (/^\d{1,12}$/.test(text)) return Number(text);
  throw appFault('bad_argument', { what: `${name} takes a whole number, not "${text}".`, fix: 'Write it like 100.' });
}

/** A span like 90m, 24h or 30d, in milliseconds; undefined for anything else. */
function spanOf(text: string): number | undefined {
  const match = /^(\d{1,6})([mhd])$/.exec(text);
  const unit = UNITS_MS[match?.[2] ?? ''];
  return unit === undefined ? undefined : Number(match?.[1]) * unit;
}

/** A time in the past: a span before now, or a date (UTC). Unix milliseconds. Throws `bad_argument`. */
export function pastOf(name: string, text: string, nowMs: number): number {
  return timeOf(name, text, (span) => nowMs - span);
}

/** A time to come: a span after now, or a date (UTC) at whose end it lies. Throws `bad_argument`. */
export function futureOf(name: string, text: string, nowMs: number): number {
  const time = timeOf(name, text, (span) => nowMs + span);
  return /^\d{4}-\d\d-\d\d$/.test(text) ? time + 86_399_999 : time;
}

function timeOf(name: string, text: string, from: (span: number) => number): number {
  const span = spanOf(text);
  if (span !== undefined) return from(span);
  const time = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isFinite(time)) return time;
  throw appFault('bad_argument', {
    what: `${name} takes a span or a date, not "${text}".`,
    fix: 'Write it like 90m, 24h, 30d or 2027-01-31.',
  });
}
