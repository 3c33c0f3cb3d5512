// Telephone numbers as people write them: international (E.164), North American, with a leading zero, or named by a word nearby.
import { anyWord } from './context.ts';
import type { Groups } from './groups.ts';

const WORDS = anyWord([
  'phone', 'phones', 'telephone', 'tel', 'mobile', 'mob', 'cell', 'cellphone', 'call', 'calls', 'call me', 'calling', 'fax', 'desk:', 'office:', 'ring', 'whatsapp', 'sms', 'text me', 'dial',
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
  readonly groups: Groups;
  /** Groups that the number would have. */
  readonly count: number;
  /** The number as it is written, from the first digit. */
  readonly written: string;
  readonly digits: string;
  readonly hasPlus: boolean;
  readonly hasParenthesis: boolean;
  readonly before: string;
  readonly after: string;
}

/** How likely it is a telephone number: 0 if not at all. */
export function phoneScore(look: PhoneLook): number {
  const { digits, written, groups, count } = look;
  if (digits.length < 6 || digits.length > 15 || DATE.test(written)) return 0;
  if (look.hasPlus) return digits.length >= 8 ? 0.95 : 0;
  if (NORTH_AMERICAN.test(written)) return 0.85;
  if (look.hasParenthesis && isAreaCode(look)) return 0.85;
  if (isTrunk(look)) return 0.7;
  if (WORDS.test(look.before) && isSpelled(groups, count, digits)) return 0.75;
  if (count > 1 && WORD_AFTER.test(look.after)) return 0.7;
  return 0;
}

/** Whether the words around could still decide. */
export const needsWordAfter = (look: PhoneLook): boolean => look.count > 1 && look.digits.length >= 6;

/** `(030) 1234 567`: two to five digits between the parentheses. */
function isAreaCode({ groups, count, digits, before }: PhoneLook): boolean {
  const area = (groups.ends[0] ?? 0) - groups.start;
  if (area < 2 || area > 5 || !(groups.after[0] ?? '').startsWith(')')) return false;
  return digits.length >= 8 && count <= 5 ? true : digits.length >= 7 && WORDS.test(before);
}

/** A national number with its trunk zero: nine to eleven digits in two to five groups, no decimal number. */
function isTrunk({ digits, groups, count, written }: PhoneLook): boolean {
  if (!digits.startsWith('0') || count < 2 || count > 6) return false;
  if (digits.startsWith('00')) return digits.length >= 10;
  if (digits.length < 9 || digits.length > 11 || (groups.ends[0] ?? 0) - groups.start < 2) return false;
  if (NORTH_AMERICAN_SPACED.test(written)) return true;
  return !(count === 2 && groups.after[0] === '.') && /^[\d .-]+$|^\d{2,5}\/[\d -]+$/.test(written);
}

/** With a word nearby: plain or in groups, but not a year, an amount or a list of small numbers. */
function isSpelled(groups: Groups, count: number, digits: string): boolean {
  if (digits.length < 7 || count > 6) return false;
  if (count === 1) return true;
  for (let k = 0; k < count; k += 1) {
    if ((groups.ends[k] ?? 0) - (groups.starts[k] ?? 0) < 2) return false;
  }
  return true;
}
