// The letters of a stretch of text, written down in lower case, with what stands for letters read as such.
import { kindOf, LETTER, LETTER_OF, SIGN } from './letter-kinds.ts';
import type { Range } from '../word-list.ts';

const UNITS_MAX = 132;

/** What was spelled last; reused by every text. */
export const spelled = new Uint16Array(UNITS_MAX);

/** How signs among letters are read: not at all, or with the upright ones for i or for l. */
export const NO_SIGNS = 0;
export const AS_I = 1;
const AS_L = 2;
export const SIGN_READINGS = [AS_I, AS_L, NO_SIGNS];
const LETTER_L = 108;
const UPRIGHT = '1!|';
const isUpright = (unit: number): boolean => UPRIGHT.includes(String.fromCharCode(unit));

export function spell(units: Uint16Array, { from, to }: Range): Range {
  for (let at = from; at < to; at += 1) spelled[at - from] = LETTER_OF[units[at] ?? 0] ?? 0;
  return { from: 0, to: to - from };
}

/** The letters of a stretch, with or without the signs that could stand for some. */
export function spellKinds(units: Uint16Array, { from, to }: Range, signs: number): Range {
  let length = 0;
  for (let at = from; at < to; at += 1) {
    const unit = units[at] ?? 0;
    const kind = kindOf(unit);
    if (kind === LETTER) spelled[length++] = LETTER_OF[unit] ?? 0;
    else if (kind === SIGN && signs !== NO_SIGNS) spelled[length++] = signs === AS_L && isUpright(unit) ? LETTER_L : (LETTER_OF[unit] ?? 0);
  }
  return { from: 0, to: length };
}

export const textOf = ({ from, to }: Range): string => String.fromCharCode(...spelled.subarray(from, to));
