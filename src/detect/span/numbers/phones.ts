// Telephone numbers as people write them: international (E.164), North American, with a leading zero, or named by a word nearby.
import { codeAt } from '../chars.ts';
import { ABOUT, anyWord } from './context.ts';
import type { Nearby } from './context.ts';
import { DOT, groupUnits, HYPHEN, separatorAfter, separatorAt, SLASH, SPACE_BETWEEN, valueOf } from './groups.ts';
import type { Groups } from './groups.ts';
import { isMonthDay } from './month-day.ts';

const WORDS = anyWord([
  'phone', 'phones', 'telephone', 'tel', 'mobile', 'mob', 'cell', 'cellphone', 'call', 'calls', 'calling', 'fax', 'desk:', 'office:', 'ring', 'whatsapp', 'sms', 'text me', 'dial',
  'reach', 'contact', 'messages to', 'answering at', 'hotline', 'landline', 'handy', 'telefon', 'tél', 'téléphone', 'telefono', 'teléfono', 'móvil', 'celular', 'telefone', 'telefoon', 'on my registered',
], ABOUT.phone); // prettier-ignore

/** A word right after the number, as in address blocks: `075 196 772 office`. */
const WORD_AFTER = /^[-,\s]{1,2}(?:office|fax|mobile|home|cell|desk)\b/i;
export const WORD_AFTER_UNITS = 9;

/** Units that may stand right after the number, and first letters of the words. */
const SIGN = 1;
const FIRST_LETTER = 2;
const CODE_COUNT = 128;
const AFTER = new Uint8Array(CODE_COUNT);
for (const unit of '-, \t\n\r\f\v') AFTER[unit.charCodeAt(0)] = SIGN;
for (const unit of 'ofmhcdOFMHCD') AFTER[unit.charCodeAt(0)] = FIRST_LETTER;

/** What is beyond ASCII may be a space. */
const afterAt = (text: string, at: number): number => {
  const code = codeAt(text, at);
  return code < CODE_COUNT ? (AFTER[code] ?? 0) : SIGN;
};

/** Whether such a word stands after the number that ends before `at`. */
export function hasWordAfter(text: string, at: number): boolean {
  if (afterAt(text, at) !== SIGN) return false;
  const next = afterAt(text, at + 1);
  if (next === 0 || (next === SIGN && afterAt(text, at + 2) !== FIRST_LETTER)) return false;
  return WORD_AFTER.test(text.slice(at, at + WORD_AFTER_UNITS));
}

/** Whether a word before the number says that it is one. */
export const isNamedPhone = (nearby: Nearby): boolean => nearby.names(WORDS);

export interface PhoneLook {
  readonly text: string;
  readonly groups: Groups;
  readonly hasPlus: boolean;
  readonly hasParenthesis: boolean;
  /** Whether a word before it says so. */
  readonly isNamed: boolean;
}

/** How likely the first `count` groups are a telephone number: 0 if not at all. */
export function phoneScore(look: PhoneLook, count: number, isWordAfter: boolean): number {
  const { text, groups, hasParenthesis } = look;
  const digits = groups.totals[count - 1] ?? 0;
  if (look.hasPlus) return digits >= 8 ? 0.95 : 0;
  const isTold = look.isNamed || isWordAfter;
  const hasTrunk = text.charCodeAt(groups.start) === ZERO;
  const isEnding = endsNorthAmerican(groups, count);
  if ((!isTold && !hasParenthesis && !hasTrunk && !isEnding) || isDate(text, groups, count)) return 0;
  if (isEnding && isNorthAmerican(text, groups, count)) return 0.85;
  if (hasParenthesis && isAreaCode(look, count)) return 0.85;
  if (hasTrunk && isTrunk(text, groups, count)) return 0.7;
  return isTold && isSpelled(groups, count, isWordAfter) ? 0.75 : 0;
}

const ZERO = 0x30;
const ONE = 0x31;

/** The exchange and the line: three digits and four. */
const endsNorthAmerican = (groups: Groups, count: number): boolean =>
  count >= 3 && groupUnits(groups, count - 1) === 4 && groupUnits(groups, count - 2) === 3;

const isHyphenOrDot = (separator: number): boolean => separator === HYPHEN || separator === DOT;

/** Three, three and four digits with hyphens or dots between, with or without the country code, 1 or 001, before them. */
function isNorthAmerican(text: string, groups: Groups, count: number): boolean {
  if (count > 4 || groupUnits(groups, count - 3) !== 3) return false;
  if (!isHyphenOrDot(separatorAfter(text, groups, count - 2)) || !isHyphenOrDot(separatorAfter(text, groups, count - 3))) return false;
  if (count === 3) return true;
  const between = separatorAfter(text, groups, 0);
  if (between !== SPACE_BETWEEN && !isHyphenOrDot(between)) return false;
  const { start } = groups;
  return groupUnits(groups, 0) === 1 ? text.charCodeAt(start) === ONE : groupUnits(groups, 0) === 3 && text.startsWith('001', start);
}

/** Written as dates are, with a time or other numbers behind or without: one if month and day can be. */
function isDate(text: string, groups: Groups, count: number): boolean {
  if (count < 3) return false;
  const [first, second, third] = [groupUnits(groups, 0), groupUnits(groups, 1), groupUnits(groups, 2)];
  const isYearFirst = first === 4;
  const fits = second <= 2 && (isYearFirst ? third <= 2 : first <= 2 && (third === 2 || third === 4));
  const between = separatorAfter(text, groups, 0);
  if (!fits || between < HYPHEN || between > SLASH || separatorAfter(text, groups, 1) !== between) return false;
  if (count > 3 && separatorAt(text, groups.ends[2] ?? 0) !== SPACE_BETWEEN) return false;
  const a = valueOf(text, groups, isYearFirst ? 1 : 0);
  const b = valueOf(text, groups, isYearFirst ? 2 : 1);
  return isMonthDay(a, b) || isMonthDay(b, a);
}

/** `(030) 1234 567`: two to five digits between the parentheses. */
function isAreaCode({ text, groups, isNamed }: PhoneLook, count: number): boolean {
  const first = groupUnits(groups, 0);
  if (count < 2 || first < 2 || first > 5 || text[groups.ends[0] ?? 0] !== ')') return false;
  const digits = groups.totals[count - 1] ?? 0;
  return digits >= 8 && count <= 5 ? true : digits >= 7 && isNamed;
}

/** A national number with its trunk zero: nine to eleven digits in two to five groups, no decimal number. */
function isTrunk(text: string, groups: Groups, count: number): boolean {
  if (count < 2 || count > 6) return false;
  const digits = groups.totals[count - 1] ?? 0;
  if (isInternational(text, groups)) return digits >= 10;
  const first = groupUnits(groups, 0);
  if (digits < 9 || digits > 11 || first === 1 || first >= 10) return false;
  return hasTrunkSigns(text, groups, count);
}

/** Two zeros, in one group or in two. */
const isInternational = (text: string, groups: Groups): boolean =>
  text.charCodeAt(groupUnits(groups, 0) > 1 ? groups.start + 1 : (groups.starts[1] ?? 0)) === ZERO;

/** Spaces, dots and hyphens between the groups; or a slash behind the area code, and spaces and hyphens. */
function hasTrunkSigns(text: string, groups: Groups, count: number): boolean {
  const first = groupUnits(groups, 0);
  const hasSlash = first >= 2 && first <= 5 && separatorAt(text, groups.ends[0] ?? 0) === SLASH;
  for (let k = 0; k + 1 < count; k += 1) {
    for (let at = groups.ends[k] ?? 0; at < (groups.starts[k + 1] ?? 0); at += 1) {
      const sign = separatorAt(text, at);
      const isSlash = hasSlash && at === groups.ends[0];
      const isDot = sign === DOT && !hasSlash && count > 2;
      if (sign !== SPACE_BETWEEN && sign !== HYPHEN && !isDot && !isSlash) return false;
    }
  }
  return true;
}

/** Plain or in groups, but not a year, an amount or a list of small numbers. */
function isSpelled(groups: Groups, count: number, isWordAfter: boolean): boolean {
  if (count > 6 || ((groups.totals[count - 1] ?? 0) < 7 && !isWordAfter)) return false;
  if (count === 1) return true;
  for (let k = 0; k < count; k += 1) if (groupUnits(groups, k) === 1) return false;
  return true;
}
