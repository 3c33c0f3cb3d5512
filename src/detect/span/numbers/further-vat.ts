// Value-added tax numbers of further countries, each by its rule. All take the number without the letters of its country.
import { weighted } from '../checksums.ts';
import { isMonthDay } from './month-day.ts';

const digit = (text: string, at: number): number => text.charCodeAt(at) - 48;
const ODD = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21];

/** Nine digits by eleven, with other weights where the first give ten; ten digits are those of a person, whose month may be raised. */
export const isBulgarianVat = (text: string): boolean =>
  text.length === 9
    ? secondOr(weighted(text, [1, 2, 3, 4, 5, 6, 7, 8]) % 11, weighted(text, [3, 4, 5, 6, 7, 8, 9, 10]) % 11) === digit(text, 8)
    : (weighted(text, [2, 4, 8, 5, 10, 9, 7, 3, 6]) % 11) % 10 === digit(text, 9) &&
      isMonthDay(Number(text.slice(2, 4)) % 20, Number(text.slice(4, 6)));

const secondOr = (first: number, second: number): number => (first === 10 ? second % 10 : first);

/** Cyprus: digits of odd places by a table, sum by 26 as a letter. */
export function isCypriot(text: string): boolean {
  let sum = 0;
  for (let at = 0; at < 8; at += 1) sum += at % 2 === 0 ? (ODD[digit(text, at)] ?? 0) : digit(text, at);
  return String.fromCharCode(65 + (sum % 26)) === text[8];
}

/** Czechia: companies by eleven; people have their birth number, a multiple of eleven. */
export const isCzechVat = (text: string): boolean =>
  text.length === 10
    ? Number(text) % 11 === 0 && isMonthDay(Number(text.slice(2, 4)) % 50, Number(text.slice(4, 6)))
    : text[0] !== '9' && (11 - (weighted(text, [8, 7, 6, 5, 4, 3, 2]) % 11) || 1) % 10 === digit(text, 7);

/** Lithuania: as the personal code, the last but one is 1. */
export function isLithuanianVat(text: string): boolean {
  const count = text.length - 1;
  const sum = (from: number): number =>
    weighted(
      text,
      Array.from({ length: count }, (_, at) => 1 + ((at + from) % 9)),
    ) % 11;
  return text[count - 1] === '1' && secondOr(sum(0), sum(2)) === digit(text, count);
}

/** Latvia: companies, whose first digit is above 3. */
export const isLatvianVat = (text: string): boolean => digit(text, 0) > 3 && weighted(text, [9, 1, 4, 8, 3, 10, 2, 5, 7, 6, 1]) % 11 === 3;

/** Switzerland (UID): weights 5 4 3 2 7 6 5 4. */
export const isSwissVat = (text: string): boolean => (11 - (weighted(text, [5, 4, 3, 2, 7, 6, 5, 4]) % 11)) % 11 === digit(text, 8);
