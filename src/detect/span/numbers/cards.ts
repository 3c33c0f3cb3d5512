// Payment cards: issuer ranges and lengths (ISO/IEC 7812, as the networks publish them), Luhn, and the usual groupings.
import { distinctUnits } from '../opaque.ts';

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

const GROUPED = /^4([ .-])4\1(?:4\1[1-4]|4\1[34]\1?|[1-4]|4\1\d\1?\d?)$|^4([ -])6\2[45]$|^4([ -])4\3[2-5]$|^4([ -])4\4\d$|^6([ -])1[03]$/;

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

const isIssued = (digits: string, anyLength: boolean): boolean => {
  const first = Number(digits.slice(0, 6));
  return RANGES.some(({ from, to, lengths }) => first >= from && first <= to && (anyLength || lengths.includes(digits.length)));
};

export const CARD_DIGITS_MIN = 12;

/**
 * How likely digits of a valid check digit are a card number: 0 if not at all. `format`: how they are grouped, empty if they are not.
 * A number in an issuer's range and of its length needs nothing else; one of an unusual length needs grouping or a word nearby.
 */
export function cardScore(digits: string, format: string, isNamed: () => boolean): number {
  if (distinctUnits(digits) < 2) return 0;
  const isGrouped = format !== '';
  if (isGrouped && !GROUPED.test(format)) return 0;
  if (isIssued(digits, false) && (isGrouped || isUsual(digits))) return isNamed() ? 0.99 : 0.95;
  if (isNamed()) return isIssued(digits, true) ? 0.85 : 0.75;
  return isGrouped && digits.length >= 13 && isIssued(digits, true) ? 0.8 : 0;
}

/** Twelve digits are too often something else, and so are the wide ranges of Maestro. */
const isUsual = (digits: string): boolean => digits.length === 16 || (digits.length >= 13 && !/^(?:5[06-8]|6)/.test(digits));
