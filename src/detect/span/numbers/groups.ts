// Digits as people write them: groups with separators between.
import type { SpanView } from '../../detector.ts';
import { DIGIT, kindAt, WORD } from '../chars.ts';

/** Most units of one number: the longest card with separators, or a French social-security number, and some air. */
export const NUMBER_UNITS_MAX = 40;
const GROUPS_MAX = 14;

/** Digit groups from one place on. `ends[k]` is where group k ends; `after[k]` is what stands between it and the next. */
export interface Groups {
  readonly start: number;
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  readonly after: readonly string[];
  /** Whether more text could add digits. */
  readonly isOpen: boolean;
}

const SEPARATORS = ' -./()';
/** No-break space and narrow no-break space separate digits in typeset text; hyphens and dashes of Unicode do in pasted text. */
const SAME: Readonly<Record<string, string>> = { '\u00a0': ' ', '\u202f': ' ', '\u2010': '-', '\u2011': '-', '\u2012': '-', '\u2013': '-' };

const separatorAt = (text: string, at: number): string => {
  const unit = text[at] ?? '';
  return SAME[unit] ?? (SEPARATORS.includes(unit) ? unit : '');
};

/** Reads the groups that begin with the digit at `start`. */
export function readGroups(view: SpanView, start: number): Groups {
  const { text } = view;
  const limit = start + NUMBER_UNITS_MAX;
  const stop = Math.min(text.length, limit);
  const starts: number[] = [];
  const ends: number[] = [];
  const after: string[] = [];
  let at = start;
  while (starts.length < GROUPS_MAX) {
    starts.push(at);
    while (at < stop && (kindAt(text, at) & DIGIT) !== 0) at += 1;
    ends.push(at);
    let between = '';
    let next = at;
    while (next < stop && between.length < 2 && separatorAt(text, next) !== '') between += separatorAt(text, next++);
    const goesOn = next < stop && between !== '' && (kindAt(text, next) & DIGIT) !== 0;
    after.push(between);
    if (!goesOn) return { start, starts, ends, after, isOpen: next >= text.length && text.length < limit && !view.isFinal };
    at = next;
  }
  return { start, starts, ends, after, isOpen: false };
}

/** How a number is written, as in `3-2-4`: digits of each group, and what stands between. */
export function formatOf(groups: Groups, count: number): string {
  let format = '';
  for (let k = 0; k < count; k += 1) format += `${(groups.ends[k] ?? 0) - (groups.starts[k] ?? 0)}${k + 1 < count ? groups.after[k] : ''}`;
  return format;
}

/** The digits of the first `count` groups. */
export function digitsOf(text: string, groups: Groups, count: number): string {
  let digits = '';
  for (let k = 0; k < count; k += 1) digits += text.slice(groups.starts[k], groups.ends[k]);
  return digits;
}

/**
 * Whether a number may begin at `start`: not inside a word, and not as a later part of something joined by hyphens,
 * dots or underscores that holds digits (a UUID, a version, a part number).
 */
export function isNumberStart(view: SpanView, start: number): boolean {
  const { text } = view;
  const before = text[start - 1] ?? '';
  if ((kindAt(text, start - 1) & WORD) !== 0) return before === 'n' && text[start - 2] === '\\';
  if (before !== '-' && before !== '.' && before !== '/') return true;
  const floor = Math.max(view.floor, start - 14);
  for (let at = start - 2; at >= floor && (kindAt(text, at) & WORD) !== 0; at -= 1) {
    if ((kindAt(text, at) & DIGIT) !== 0) return false;
  }
  return true;
}

/** Whether a number may end with group `k`: no letter follows, and no further group that is joined by more than a space. */
export function isNumberEnd(view: SpanView, groups: Groups, k: number): boolean {
  const end = groups.ends[k] ?? 0;
  if ((kindAt(view.text, end) & WORD) !== 0) return false;
  if (k + 1 < groups.starts.length) return groups.after[k] === ' ' || groups.after[k] === '. ';
  const next = view.text[end] ?? '';
  return !(next === '-' || next === '.') || (kindAt(view.text, end + 1) & WORD) === 0;
}
