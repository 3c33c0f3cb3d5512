// Finds long runs of one set of ASCII characters. A regular expression for the same would start anew at every character.
import { unitsOf } from './units.ts';

export type CharacterSet = Uint8Array;

/** `members` is the inside of a character class, for example `A-Za-z`. */
export function characterSet(members: string): CharacterSet {
  const pattern = new RegExp(`^[${members}]$`);
  return new Uint8Array(128).map((_, unit) => (pattern.test(String.fromCharCode(unit)) ? 1 : 0));
}

export interface Run {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

/** All runs of at least `unitsMin` members, from left to right. */
export function runsOf(text: string, set: CharacterSet, unitsMin: number): readonly Run[] {
  const units = unitsOf(text);
  const end = text.length;
  const runs: Run[] = [];
  let start = 0;
  for (let at = 0; at <= end; at += 1) {
    if (at < end && set[units[at] ?? 128] === 1) continue;
    if (at - start >= unitsMin) runs.push({ start, end: at });
    start = at + 1;
  }
  return runs;
}
