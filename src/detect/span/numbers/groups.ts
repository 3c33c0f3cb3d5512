// Digits as people write them: groups with separators between.
import type { SpanView } from '../../detector.ts';
import { DIGIT, kindAt, WORD } from '../chars.ts';

/** Most units of one number: the longest card with separators, or a French social-security number, and some air. */
export const NUMBER_UNITS_MAX = 40;
const GROUPS_MAX = 14;

/** Digit groups from one place on. Reused from one reading to the next, because numbers are many and a reading is short. */
export interface Groups {
  start: number;
  size: number;
  /** Group k stands from `starts[k]` to `ends[k]`. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** Whether more text could add digits. */
  isOpen: boolean;
}

const SEPARATOR = 1;
const SEPARATORS = new Uint8Array(0x2100);
for (const unit of ' -./()\u00a0\u202f\u2010\u2011\u2012\u2013') SEPARATORS[unit.charCodeAt(0)] = SEPARATOR;

const isSeparator = (text: string, at: number): boolean => SEPARATORS[text.charCodeAt(at)] === SEPARATOR;

/** No-break spaces separate digits in typeset text; hyphens and dashes of Unicode do in pasted text. */
const SAME: Readonly<Record<string, string>> = { '\u00a0': ' ', '\u202f': ' ', '\u2010': '-', '\u2011': '-', '\u2012': '-', '\u2013': '-' };

const scratch: Groups = { start: 0, size: 0, starts: new Int32Array(GROUPS_MAX), ends: new Int32Array(GROUPS_MAX), isOpen: false };

const digitsEnd = (text: string, from: number, stop: number): number => {
  let at = from;
  while (at < stop && (kindAt(text, at) & DIGIT) !== 0) at += 1;
  return at;
};

/** Reads the groups that begin with the digit at `start`. The answer is valid until the next call. */
export function readGroups(view: SpanView, start: number): Groups {
  const { text } = view;
  const limit = start + NUMBER_UNITS_MAX;
  const stop = Math.min(text.length, limit);
  scratch.start = start;
  scratch.size = 0;
  scratch.isOpen = false;
  let at = start;
  while (scratch.size < GROUPS_MAX) {
    scratch.starts[scratch.size] = at;
    at = digitsEnd(text, at, stop);
    scratch.ends[scratch.size] = at;
    scratch.size += 1;
    let next = at;
    while (next < stop && next < at + 2 && isSeparator(text, next)) next += 1;
    if (next >= stop || next === at || (kindAt(text, next) & DIGIT) === 0) {
      scratch.isOpen = next >= text.length && text.length < limit && !view.isFinal;
      return scratch;
    }
    at = next;
  }
  return scratch;
}

/** What stands between group `k` and the next. */
export function separatorAfter(text: string, groups: Groups, k: number): string {
  const from = groups.ends[k] ?? 0;
  const to = k + 1 < groups.size ? (groups.starts[k + 1] ?? 0) : from;
  let between = '';
  for (let at = from; at < to; at += 1) {
    const unit = text[at] ?? '';
    between += SAME[unit] ?? unit;
  }
  return between;
}

export const groupUnits = (groups: Groups, k: number): number => (groups.ends[k] ?? 0) - (groups.starts[k] ?? 0);

/** How a number is written, as in `3-2-4`: digits of each group, and what stands between. */
export function formatOf(text: string, groups: Groups, count: number): string {
  let format = '';
  for (let k = 0; k < count; k += 1) format += groupUnits(groups, k) + (k + 1 < count ? separatorAfter(text, groups, k) : '');
  return format;
}

/** The digits of all groups. */
export function digitsOf(text: string, groups: Groups): string {
  let digits = '';
  for (let k = 0; k < groups.size; k += 1) digits += text.slice(groups.starts[k], groups.ends[k]);
  return digits;
}

// The same format as a number, because a look-up by a number needs no string to be made. Formats of the table have seven
// groups at most, and so their keys are exact.
const CODES = ' -./()';
const OTHER = 7;

/** Adds the units of a group, or the code of a separator, to a key. */
export const addToKey = (key: number, part: number): number => key * 41 + part;

export function separatorCode(text: string, groups: Groups, k: number): number {
  const between = separatorAfter(text, groups, k);
  return between.length === 1 ? CODES.indexOf(between) + 1 : OTHER;
}

/** The key of a format as it stands in the table. */
export const keyOf = (format: string): number =>
  (format.match(/\d+|\D/g) ?? []).reduce((key, part) => addToKey(key, /\d/.test(part) ? Number(part) : CODES.indexOf(part) + 1), 0);

/**
 * Whether a number may begin at `start`: not inside a word, and not as a later part of something joined by hyphens,
 * dots or slashes that holds digits (a UUID, a version, a part number).
 */
export function isNumberStart(view: SpanView, start: number): boolean {
  const { text } = view;
  if ((kindAt(text, start - 1) & WORD) !== 0) return text[start - 1] === 'n' && text[start - 2] === '\\';
  const before = text[start - 1];
  if (before !== '-' && before !== '.' && before !== '/') return true;
  const floor = Math.max(view.floor, start - 14);
  for (let at = start - 2; at >= floor && (kindAt(text, at) & WORD) !== 0; at -= 1) {
    if ((kindAt(text, at) & DIGIT) !== 0) return false;
  }
  return true;
}

/** Whether a number may end with group `k`: no letter follows, and no further group that is joined by more than a space. */
export function isNumberEnd(view: SpanView, groups: Groups, k: number): boolean {
  const { text } = view;
  const end = groups.ends[k] ?? 0;
  if ((kindAt(text, end) & WORD) !== 0) return false;
  if (k + 1 < groups.size) {
    const between = separatorAfter(text, groups, k);
    return between === ' ' || between === '. ';
  }
  return !(text[end] === '-' || text[end] === '.') || (kindAt(text, end + 1) & WORD) === 0;
}
