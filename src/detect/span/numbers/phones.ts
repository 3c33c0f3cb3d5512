// Telephone numbers as people write them: international (E.164), North American, with a leading zero, or named by a word nearby.
import { anyWord } from './context.ts';
import type { Nearby } from './context.ts';
import { digitsOf, formatOf, groupUnits } from './groups.ts';
import type { Groups } from './groups.ts';
import { isMonthDay } from './month-day.ts';

const WORDS = anyWord([
  'phone', 'phones', 'telephone', 'tel', 'mobile', 'mob', 'cell', 'cellphone', 'call', 'calls', 'calling', 'fax', 'desk:', 'office:', 'ring', 'whatsapp', 'sms', 'text me', 'dial',
  'reach', 'contact', 'messages to', 'answering at', 'hotline', 'landline', 'handy', 'telefon', 'tél', 'téléphone', 'telefono', 'teléfono', 'móvil', 'celular', 'telefone', 'telefoon', 'on my registered',
]); // prettier-ignore

/** A word right after the number, as in address blocks: `075 196 772 office`. */
const WORD_AFTER = /^[-,\s]{1,2}(?:office|fax|mobile|home|cell|desk)\b/i;
export const WORD_AFTER_UNITS = 9;

export const hasWordAfter = (after: string): boolean => WORD_AFTER.test(after);

/** Formats that may be dates; they are if month and day can be. */
const DATE_FORMATS = /^(?:4([-./])[12]\1[12]|[12]([-./])[12]\2[24])(?:$| )/;
const NORTH_AMERICAN = new Set(
  ['', '1-', '1.', '1 ', '3-', '3.', '3 '].flatMap((country) => ['3-3-4', '3.3.4', '3.3-4', '3-3.4'].map((rest) => country + rest)),
);
const NORTH_AMERICAN_SPACED = new Set(['3 3 4', '3 3-4', '1 3 3 4', '1 3 3-4', '3 3 3 4']);

export interface PhoneLook {
  readonly text: string;
  readonly groups: Groups;
  /** Groups that the number would have. */
  readonly count: number;
  readonly hasPlus: boolean;
  readonly hasParenthesis: boolean;
  readonly nearby: Nearby;
  readonly after: string;
}

/** How likely it is a telephone number: 0 if not at all. */
export function phoneScore(look: PhoneLook): number {
  const { text, groups, count, hasParenthesis } = look;
  if (look.hasPlus) return (groups.totals[count - 1] ?? 0) >= 8 ? 0.95 : 0;
  const isNamed = look.nearby.names(WORDS) || (count > 1 && WORD_AFTER.test(look.after));
  // The first numbers of a list are no telephone number, unless something says so.
  if (!isNamed && count < groups.size) return 0;
  if (!isNamed && !hasParenthesis && text[groups.start] !== '0' && !endsNorthAmerican(look)) return 0;
  const written = { format: formatOf(text, groups, count), digits: digitsOf(text, groups, count), count };
  if (isDate(written)) return 0;
  if (isNorthAmerican(written) || (hasParenthesis && isAreaCode(look, written))) return 0.85;
  if (isTrunk(written)) return 0.7;
  return isNamed && isSpelled(written, look.after) ? 0.75 : 0;
}

interface Written {
  /** Digits of each group, and what stands between: `3-3-4`. */
  readonly format: string;
  readonly digits: string;
  readonly count: number;
}

/** The exchange and the line: three digits and four. */
const endsNorthAmerican = ({ groups, count }: PhoneLook): boolean =>
  count >= 3 && groupUnits(groups, count - 1) === 4 && groupUnits(groups, count - 2) === 3;

/** With or without the country code, 1 or 001. */
const isNorthAmerican = ({ digits, format }: Written): boolean =>
  NORTH_AMERICAN.has(format) &&
  (digits.length === 10 || (digits.length === 11 && digits.startsWith('1')) || (digits.length === 13 && digits.startsWith('001')));

function isDate({ digits, format }: Written): boolean {
  if (!DATE_FORMATS.test(format)) return false;
  const sizes = format.match(/\d+/g) ?? [];
  const second = Number(sizes[0]) + Number(sizes[1]);
  const parts = [
    digits.slice(0, Number(sizes[0])),
    digits.slice(Number(sizes[0]), second),
    digits.slice(second, second + Number(sizes[2])),
  ].map(Number);
  const [a = 0, b = 0] = format.startsWith('4') ? parts.slice(1) : parts;
  return isMonthDay(a, b) || isMonthDay(b, a);
}

/** `(030) 1234 567`: two to five digits between the parentheses. */
function isAreaCode({ nearby }: PhoneLook, { format, count, digits }: Written): boolean {
  if (!/^[2-5]\)/.test(format)) return false;
  return digits.length >= 8 && count <= 5 ? true : digits.length >= 7 && nearby.names(WORDS);
}

/** A national number with its trunk zero: nine to eleven digits in two to five groups, no decimal number. */
function isTrunk({ digits, count, format }: Written): boolean {
  if (!digits.startsWith('0') || count < 2 || count > 6) return false;
  if (digits.startsWith('00')) return digits.length >= 10;
  if (digits.length < 9 || digits.length > 11 || format.startsWith('1')) return false;
  if (NORTH_AMERICAN_SPACED.has(format)) return true;
  return !(count === 2 && format.includes('.')) && /^(?:[\d .-]+|[2-5]\/[\d -]+)$/.test(format);
}

/** Plain or in groups, but not a year, an amount or a list of small numbers. */
function isSpelled({ digits, count, format }: Written, after: string): boolean {
  if (count > 6 || (digits.length < 7 && !WORD_AFTER.test(after))) return false;
  return count === 1 || !/(?:^|\D)1(?:\D|$)/.test(format);
}
