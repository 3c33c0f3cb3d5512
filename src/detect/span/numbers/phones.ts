// Telephone numbers as people write them: international (E.164), North American, with a leading zero, or named by a word nearby.
import { anyWord } from './context.ts';
import type { Nearby } from './context.ts';
import { groupUnits, separatorAfter } from './groups.ts';
import type { Groups } from './groups.ts';

const WORDS = anyWord([
  'phone', 'phones', 'telephone', 'tel', 'mobile', 'mob', 'cell', 'cellphone', 'call', 'calls', 'calling', 'fax', 'desk:', 'office:', 'ring', 'whatsapp', 'sms', 'text me', 'dial',
  'reach', 'contact', 'messages to', 'answering at', 'hotline', 'landline', 'handy', 'telefon', 'tél', 'téléphone', 'telefono', 'teléfono', 'móvil', 'celular', 'telefone', 'telefoon', 'on my registered',
]); // prettier-ignore

/** A word right after the number, as in address blocks: `075 196 772 office`. */
const WORD_AFTER = /^[-,\s]{0,2}(?:office|fax|mobile|home|cell|desk)\b/i;
export const WORD_AFTER_UNITS = 9;

export const hasWordAfter = (after: string): boolean => WORD_AFTER.test(after);

const DATE =
  /^(?:(?:19|20)\d\d[-./](?:0?[1-9]|1[0-2])[-./](?:0?[1-9]|[12]\d|3[01])|(?:0?[1-9]|[12]\d|3[01])[-./](?:0?[1-9]|[12]\d|3[01])[-./](?:19|20)\d\d)(?:\D|$)/;
const NORTH_AMERICAN = /^(?:(?:1|001)[-. ])?\d{3}[-.]\d{3}[-.]\d{4}$/;
const NORTH_AMERICAN_SPACED = /^(?:(?:1|001)[-. ])?\d{3} \d{3}[ -]\d{4}$/;

export interface PhoneLook {
  readonly text: string;
  readonly groups: Groups;
  /** Groups that the number would have. */
  readonly count: number;
  readonly digits: number;
  readonly hasPlus: boolean;
  readonly hasParenthesis: boolean;
  readonly nearby: Nearby;
  readonly after: string;
}

/** How likely it is a telephone number: 0 if not at all. */
export function phoneScore(look: PhoneLook): number {
  const { digits, text, groups, count } = look;
  if (digits < 6 || digits > 15) return 0;
  const written = text.slice(groups.start, groups.ends[count - 1]);
  if (DATE.test(written)) return 0;
  if (look.hasPlus) return digits >= 8 ? 0.95 : 0;
  if (NORTH_AMERICAN.test(written) || (look.hasParenthesis && isAreaCode(look))) return 0.85;
  return isTrunk(look, written) ? 0.7 : namedScore(look);
}

function namedScore(look: PhoneLook): number {
  if (isSpelled(look) && look.nearby.names(WORDS)) return 0.75;
  return look.count > 1 && WORD_AFTER.test(look.after) ? 0.7 : 0;
}

/** Whether a word after the number could still decide. */
export const needsWordAfter = (count: number, digits: number): boolean => count > 1 && digits >= 6 && digits <= 15;

/** `(030) 1234 567`: two to five digits between the parentheses. */
function isAreaCode({ text, groups, count, digits, nearby }: PhoneLook): boolean {
  const area = groupUnits(groups, 0);
  if (area < 2 || area > 5 || text[groups.ends[0] ?? 0] !== ')') return false;
  return digits >= 8 && count <= 5 ? true : digits >= 7 && nearby.names(WORDS);
}

/** A national number with its trunk zero: nine to eleven digits in two to five groups, no decimal number. */
function isTrunk({ text, digits, groups, count }: PhoneLook, written: string): boolean {
  if (!written.startsWith('0') || count < 2 || count > 6) return false;
  if (written.startsWith('00')) return digits >= 10;
  if (digits < 9 || digits > 11 || groupUnits(groups, 0) < 2) return false;
  if (NORTH_AMERICAN_SPACED.test(written)) return true;
  return !(count === 2 && separatorAfter(text, groups, 0) === '.') && /^[\d .-]+$|^\d{2,5}\/[\d -]+$/.test(written);
}

/** Plain or in groups, but not a year, an amount or a list of small numbers. */
function isSpelled({ groups, count, digits }: PhoneLook): boolean {
  if (digits < 7 || count > 6) return false;
  for (let k = 0; k < count && count > 1; k += 1) {
    if (groupUnits(groups, k) < 2) return false;
  }
  return true;
}
