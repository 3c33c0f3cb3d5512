// Whether a string looks made by a machine to be unguessable, or by a person to be read.
import { DIGIT, kindAt, UPPER } from './chars.ts';
import words from './tables/placeholders.json' with { type: 'json' };

const PLACEHOLDER = new RegExp(words.placeholders.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|'), 'i');

/** Units that differ, up to 64 looked at. */
export function distinctUnits(value: string): number {
  let seenLow = 0;
  let seenMid = 0;
  let seenHigh = 0;
  let count = 0;
  for (let at = 0; at < value.length && at < 64; at += 1) {
    const code = value.charCodeAt(at);
    const bit = 1 << (code & 31);
    const seen = code < 64 ? seenLow : code < 96 ? seenMid : seenHigh;
    if ((seen & bit) !== 0) continue;
    count += 1;
    if (code < 64) seenLow |= bit;
    else if (code < 96) seenMid |= bit;
    else seenHigh |= bit;
  }
  return count;
}

/** Longest run of one and the same unit. */
function longestRepeat(value: string): number {
  let longest = 0;
  let run = 0;
  for (let at = 0; at < value.length; at += 1) {
    run = at > 0 && value[at] === value[at - 1] ? run + 1 : 1;
    if (run > longest) longest = run;
  }
  return longest;
}

/** All kinds of units in the value, joined. */
export function kindsIn(value: string): number {
  let kinds = 0;
  for (let at = 0; at < value.length; at += 1) kinds |= kindAt(value, at);
  return kinds;
}

/** Whether a value stands for a secret instead of being one: `xxxxxx`, `YOUR_KEY`, `${TOKEN}`. */
export function isPlaceholder(value: string): boolean {
  return longestRepeat(value) >= 6 || distinctUnits(value) < Math.min(5, value.length / 2) || PLACEHOLDER.test(value);
}

/** For values after a vendor's prefix: mixed as only random units are (capitals alone do in alphabets without small letters), and no placeholder. */
export function isRandom(value: string): boolean {
  const kinds = kindsIn(value);
  const isWordLike = (kinds & DIGIT) === 0 && (kinds & UPPER) === 0;
  return !isWordLike && distinctUnits(value) >= Math.min(6, value.length / 2) && !isPlaceholder(value);
}
