// Payment cards: issuer ranges and lengths (ISO/IEC 7812, as the networks publish them), Luhn, and the usual groupings.
import { keyOf, keyOfGroups } from './groups.ts';
import type { Groups } from './groups.ts';

interface Range {
  readonly from: number;
  readonly to: number;
  readonly lengths: readonly number[];
}

const range = (from: number, to: number, lengths: readonly number[]): Range => ({ from, to, lengths });

/** First six digits, both ends included. */
const RANGES: readonly Range[] = [
  range(220_000, 220_499, [16, 17, 18, 19]),
  range(222_100, 272_099, [16]),
  range(300_000, 305_999, [14, 16, 17, 18, 19]),
  range(309_500, 309_599, [14, 16, 17, 18, 19]),
  range(340_000, 349_999, [15]),
  range(352_800, 358_999, [16, 17, 18, 19]),
  range(360_000, 369_999, [14, 15, 16, 17, 18, 19]),
  range(370_000, 379_999, [15]),
  range(380_000, 399_999, [14, 16, 17, 18, 19]),
  range(400_000, 499_999, [13, 16, 19]),
  range(500_000, 509_999, [12, 13, 14, 15, 16, 17, 18, 19]),
  range(510_000, 559_999, [16]),
  range(560_000, 589_999, [12, 13, 14, 15, 16, 17, 18, 19]),
  range(600_000, 699_999, [12, 13, 14, 15, 16, 17, 18, 19]),
  range(810_000, 817_199, [16, 17, 18, 19]),
];

const NINE = [1, 2, 3, 4, 5, 6, 7, 8, 9];
/** Fours and what is left; after blanks and hyphens also four and six, or six, and what is left. The same stands between all. */
const GROUPINGS: ReadonlySet<number> = new Set(
  [' ', '-', '.'].flatMap((sign) => {
    const fours = NINE.flatMap((size) => [[4, 4, 4, size], ...NINE.map((more) => [4, 4, 4, size, more]), ...(size < 5 || sign !== '.' ? [[4, 4, size]] : [])]);
    const others = sign === '.' ? [] : [[4, 6, 4], [4, 6, 5], [6, 10], [6, 13]];
    return [...fours, ...others].map((sizes) => keyOf(sizes.join(sign)));
  }),
); // prettier-ignore

export const CARD_WORDS = [
  'card',
  'cards',
  'credit',
  'debit',
  'visa',
  'mastercard',
  'amex',
  'american express',
  'cc',
  'pan',
  'charge',
  'maestro',
  'discover',
  'karte',
  'kreditkarte',
  'carte',
  'tarjeta',
  'carta',
];

export const CARD_DIGITS_MIN = 12;
export const CARD_GROUPS_MAX = 5;

/**
 * How likely the first `count` groups, whose check digit is valid, are a card number: 0 if not at all.
 * A number in an issuer's range and of its length needs nothing else; one of an unusual length needs grouping or a word nearby.
 */
export function cardScore({ text, groups, count }: CardLook, isNamed: () => boolean): number {
  const isGrouped = count > 1;
  if ((isGrouped && !GROUPINGS.has(keyOfGroups(text, groups, count))) || isOneDigit(text, groups, count)) return 0;
  const digits = groups.totals[count - 1] ?? 0;
  const first = firstDigits(text, groups, count);
  const ranges = RANGES.filter(({ from, to }) => first >= from && first <= to);
  const isOfLength = ranges.some(({ lengths }) => lengths.includes(digits));
  if (isOfLength && (isGrouped || isUsual(digits, first))) return isNamed() ? 0.99 : 0.95;
  const isIssued = ranges.length > 0;
  if (isNamed()) return isIssued ? 0.85 : 0.75;
  return isGrouped && digits >= 13 && isIssued ? 0.8 : 0;
}

export interface CardLook {
  readonly text: string;
  readonly groups: Groups;
  readonly count: number;
}

function isOneDigit(text: string, groups: Groups, count: number): boolean {
  const one = text.charCodeAt(groups.start);
  for (let k = 0; k < count; k += 1) {
    for (let at = groups.starts[k] ?? 0; at < (groups.ends[k] ?? 0); at += 1) if (text.charCodeAt(at) !== one) return false;
  }
  return true;
}

const ISSUER_DIGITS = 6;

/** The number that the first six digits are. */
function firstDigits(text: string, groups: Groups, count: number): number {
  let value = 0;
  let left = ISSUER_DIGITS;
  for (let k = 0; k < count; k += 1) {
    for (let at = groups.starts[k] ?? 0; left > 0 && at < (groups.ends[k] ?? 0); at += 1) {
      value = value * 10 + text.charCodeAt(at) - 48;
      left -= 1;
    }
  }
  return value;
}

/** Twelve digits are too often something else, and so are the wide ranges of Maestro. */
function isUsual(digits: number, first: number): boolean {
  if (digits === 16) return true;
  const two = Math.floor(first / 10_000);
  return digits >= 13 && two !== 50 && !(two >= 56 && two <= 58) && !(two >= 60 && two <= 69);
}
