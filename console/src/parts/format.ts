// Numbers, money and times as people read them; always the same width for the same kind.

const WHOLE = new Intl.NumberFormat('en-US');
const SHORT = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 });

export const toCount = (value: number): string => WHOLE.format(value);
export const toShort = (value: number): string => (Math.abs(value) < 10_000 ? WHOLE.format(value) : SHORT.format(value));

/** Micro-units as US dollars, with as many digits as an amount this small needs. */
export const toMoney = (microUnits: number): string => spellMoney(microUnits, 2);

/** The same for columns: amounts of one size have the same number of digits. */
export const toMoneyColumn = (microUnits: number): string => spellMoney(microUnits, 6);

function spellMoney(microUnits: number, digitsMin: number): string {
  const units = microUnits / 1_000_000;
  if (units === 0) return '$0';
  const digits = Math.abs(units) >= 1 ? 2 : Math.abs(units) >= 0.01 ? 4 : 6;
  return `$${units.toLocaleString('en-US', { minimumFractionDigits: Math.min(digits, digitsMin), maximumFractionDigits: digits })}`;
}

export function toDuration(ms: number): string {
  if (ms < 1) return '<1 ms';
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(ms < 10_000 ? 2 : 1)} s`;
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1_000)} s`;
  if (ms < 172_800_000) return `${Math.floor(ms / 3_600_000)} h ${Math.round((ms % 3_600_000) / 60_000)} min`;
  return `${Math.floor(ms / 86_400_000)} d`;
}

const two = (value: number): string => String(value).padStart(2, '0');

/** Local time of day; of another day its date before it, of another year the year too. */
export function toClock(at: number, now: number): string {
  const date = new Date(at);
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  const today = new Date(now);
  if (today.toDateString() === date.toDateString()) return time;
  return `${today.getFullYear() === date.getFullYear() ? toDay(at).slice(5) : toDay(at)} ${time}`;
}

export const toDay = (at: number): string => {
  const date = new Date(at);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
};

/** Whole and without doubt: for titles. */
export const toFullTime = (at: number): string => new Date(at).toISOString().replace('T', ' ').replace('Z', ' UTC');

export function toAgo(at: number, now: number): string {
  const seconds = Math.round((now - at) / 1_000);
  if (Math.abs(seconds) < 5) return 'now';
  const text = spell(Math.abs(seconds));
  return seconds < 0 ? `in ${text}` : `${text} ago`;
}

function spell(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3_600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}
