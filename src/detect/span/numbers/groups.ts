// Digits as people write them: groups with separators between.
import assert from 'node:assert/strict';
import type { SpanView } from '../../detector.ts';
import { codeAt, DIGIT, kindAt, WORD } from '../chars.ts';

/** Most units of one number: the longest card with separators, or a French social-security number, and some air. */
export const NUMBER_UNITS_MAX = 40;
/** Digits of the longest number; whatever has more is no number that anybody gives to a person. */
export const DIGITS_MAX = 19;
const GROUPS_MAX = DIGITS_MAX + 1;

/** Digit groups from one place on. Reused from one reading to the next, because numbers are many and a reading is short. */
export interface Groups {
  start: number;
  size: number;
  /** Group k stands from `starts[k]` to `ends[k]`. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** Digits up to and with group k. */
  readonly totals: Int32Array;
  /** Bit k: whether a number may end with group k. */
  endings: number;
  /** Whether more text could add digits. */
  isOpen: boolean;
}

/** Kinds of separators. */
export const SPACE_BETWEEN = 1;
export const HYPHEN = 2;
export const DOT = 3;
export const SLASH = 4;
/** By unit: what it is as a separator, from 1; 0 if it is none. Typeset and pasted text has other spaces and hyphens. */
const SEPARATORS = new Uint8Array(0x2100);
const SIGNS = ' -./()';
[...SIGNS].forEach((unit, index) => (SEPARATORS[unit.charCodeAt(0)] = index + 1));
for (const unit of '\u00a0\u202f') SEPARATORS[unit.charCodeAt(0)] = SPACE_BETWEEN;
for (const unit of '\u2010\u2011\u2012\u2013') SEPARATORS[unit.charCodeAt(0)] = HYPHEN;
/** Two separators in a row. */
const PAIR = 7;

const separatorOf = (code: number): number => (code < SEPARATORS.length ? (SEPARATORS[code] ?? 0) : 0);

/** The kind of separator that stands there; 0 if it is none. */
export const separatorAt = (text: string, at: number): number => separatorOf(codeAt(text, at));

const scratch: Groups = {
  start: 0,
  size: 0,
  starts: new Int32Array(GROUPS_MAX),
  ends: new Int32Array(GROUPS_MAX),
  totals: new Int32Array(GROUPS_MAX),
  endings: 0,
  isOpen: false,
};

const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;

/** Reads the groups that begin with the digit at `start`, until there are too many digits. The answer is valid until the next call. */
export function readGroups(view: SpanView, start: number): Groups {
  const { text } = view;
  const { starts, ends, totals } = scratch;
  const limit = start + NUMBER_UNITS_MAX;
  const stop = Math.min(text.length, limit);
  let size = 0;
  let digits = 0;
  let at = start;
  let next = start;
  let endings = 0;
  while (digits <= DIGITS_MAX) {
    let end = at;
    while (end < stop && isDigit(text.charCodeAt(end))) end += 1;
    digits += end - at;
    starts[size] = at;
    ends[size] = end;
    totals[size] = digits;
    size += 1;
    next = end;
    while (next < stop && next < end + 2 && separatorOf(text.charCodeAt(next)) !== 0) next += 1;
    if (next >= stop || next === end || !isDigit(text.charCodeAt(next))) break;
    if (isEndBetween(text, end, next) && digits <= DIGITS_MAX) endings |= 1 << (size - 1);
    at = next;
  }
  if (isEndOfAll(text, ends[size - 1] ?? 0)) endings |= 1 << (size - 1);
  scratch.start = start;
  scratch.endings = endings;
  scratch.size = size;
  // Where there are too many digits, more of them change nothing.
  scratch.isOpen = at !== next && next >= text.length && text.length < limit && !view.isFinal;
  return scratch;
}

export const groupUnits = (groups: Groups, k: number): number => (groups.ends[k] ?? 0) - (groups.starts[k] ?? 0);

/** The kind of what stands between group `k` and the next; none of them if it is more than one unit. */
export const separatorAfter = (text: string, groups: Groups, k: number): number => {
  const end = groups.ends[k] ?? 0;
  return groups.starts[k + 1] === end + 1 ? separatorAt(text, end) : PAIR;
};

/** How a number is written, as in `3-2-4`: digits of each group, and what stands between. */
export function formatOf(text: string, groups: Groups, count: number): string {
  let format = '';
  for (let k = 0; k < count; k += 1) {
    format += groupUnits(groups, k);
    if (k + 1 < count) format += separatorText(text, groups, k);
  }
  return format;
}

function separatorText(text: string, groups: Groups, k: number): string {
  let between = '';
  for (let at = groups.ends[k] ?? 0; at < (groups.starts[k + 1] ?? 0); at += 1) between += SIGNS[separatorAt(text, at) - 1] ?? '';
  return between;
}

// The same format as a number, because a look-up by a number needs no string to be made. Exact for up to seven groups.
const addToKey = (key: number, separator: number, size: number): number => (key * (PAIR + 1) + separator) * (DIGITS_MAX + 1) + size;

/** The key of the way in which the first `count` groups are written; at most seven, of `DIGITS_MAX` digits in all. */
export function keyOfGroups(text: string, groups: Groups, count: number): number {
  let key = groupUnits(groups, 0);
  for (let k = 1; k < count; k += 1) key = addToKey(key, separatorAfter(text, groups, k - 1), groupUnits(groups, k));
  return key;
}

/** The key of a format as it stands in the table. */
export function keyOf(format: string): number {
  const parts = [...format.matchAll(/(\D?)(\d+)/g)];
  assert(parts.length <= 7, `too many groups for a key: ${format}`);
  return parts.reduce((key, [, sign = '', size]) => addToKey(key, sign === '' ? 0 : SIGNS.indexOf(sign) + 1, Number(size)), 0);
}

/** The digits of the first `count` groups. */
export function digitsOf(text: string, groups: Groups, count: number): string {
  let digits = text.slice(groups.starts[0], groups.ends[0]);
  for (let k = 1; k < count; k += 1) digits += text.slice(groups.starts[k], groups.ends[k]);
  return digits;
}

/** The number that group `k` is. */
export function valueOf(text: string, groups: Groups, k: number): number {
  let value = 0;
  for (let at = groups.starts[k] ?? 0; at < (groups.ends[k] ?? 0); at += 1) value = value * 10 + text.charCodeAt(at) - 48;
  return value;
}

/** Luhn over the first `count` groups, without making a string of them. */
export function isLuhnGroups(text: string, groups: Groups, count: number): boolean {
  let sum = 0;
  let isDoubled = false;
  for (let k = count - 1; k >= 0; k -= 1) {
    for (let at = (groups.ends[k] ?? 0) - 1; at >= (groups.starts[k] ?? 0); at -= 1) {
      const digit = text.charCodeAt(at) - 48;
      const value = isDoubled ? digit * 2 : digit;
      sum += value > 9 ? value - 9 : value;
      isDoubled = !isDoubled;
    }
  }
  return sum % 10 === 0;
}

const LETTER_N = 0x6e;
const BACKSLASH = 0x5c;
const FULL_STOP = 0x2e;
const MINUS = 0x2d;

/**
 * Whether a number may begin at `start`: not inside a word, and not as a later part of something joined by hyphens,
 * dots or slashes that holds digits (a UUID, a version, a part number).
 */
export function isNumberStart(view: SpanView, start: number): boolean {
  const { text } = view;
  if ((kindAt(text, start - 1) & WORD) !== 0) return codeAt(text, start - 1) === LETTER_N && codeAt(text, start - 2) === BACKSLASH;
  const before = separatorAt(text, start - 1);
  if (before < HYPHEN || before > SLASH) return true;
  const floor = Math.max(view.floor, start - 14);
  for (let at = start - 2; at >= floor && (kindAt(text, at) & WORD) !== 0; at -= 1) {
    if ((kindAt(text, at) & DIGIT) !== 0) return false;
  }
  return true;
}

/** Whether a number may end with group `k`: no letter follows, and no further group that is joined by more than a space. */
export const isNumberEnd = (groups: Groups, k: number): boolean => ((groups.endings >> k) & 1) !== 0;

function isEndBetween(text: string, end: number, next: number): boolean {
  if (separatorOf(text.charCodeAt(next - 1)) !== SPACE_BETWEEN) return false;
  return next === end + 1 || text.charCodeAt(end) === FULL_STOP;
}

function isEndOfAll(text: string, end: number): boolean {
  if ((kindAt(text, end) & WORD) !== 0) return false;
  const sign = codeAt(text, end);
  return (sign !== MINUS && sign !== FULL_STOP) || (kindAt(text, end + 1) & WORD) === 0;
}
