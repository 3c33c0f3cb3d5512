// Leetspeak: digits and signs that stand for letters. Every sign becomes one letter, so offsets stay as they are.
import vocabulary from '../vocabulary.json' with { type: 'json' };
import type { Decoded } from '../layer.ts';
import { identity } from '../layer.ts';
import { textOfUnits, unitsOf } from '../units.ts';

const LETTER_FOR: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '2': 'z',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '6': 'g',
  '7': 't',
  '8': 'b',
  '9': 'g',
  '@': 'a',
  $: 's',
  '!': 'i',
  '|': 'i',
  '+': 't',
};

const NONE = 0;
const LETTER = 1;
const DIGIT = 2;
/** `@ $ ! | +`: letters inside a word, punctuation at its end. */
const SIGN = 3;
const KIND = new Uint8Array(128).map((_, unit) => kindOf(String.fromCharCode(unit)));
const MAPPED = new Uint16Array(128).map((_, unit) =>
  (LETTER_FOR[String.fromCharCode(unit)] ?? String.fromCharCode(unit).toLowerCase()).charCodeAt(0),
);

function kindOf(character: string): number {
  if (/[a-z]/i.test(character)) return LETTER;
  if (/[0-9]/.test(character)) return DIGIT;
  return character in LETTER_FOR ? SIGN : NONE;
}

/** `1`, `!` and `|` stand for i or l: words of the vocabulary decide, looked up with every l as i. */
const WORDS_BY_SHAPE: ReadonlyMap<string, string> = new Map(
  vocabulary.words
    .split(' ')
    .filter((word) => word.includes('l'))
    .map((word) => [word.replaceAll('l', 'i'), word] as const)
    .toReversed(),
);
const KNOWN: ReadonlySet<string> = new Set(vocabulary.words.split(' '));
const WORD_UNITS_MAX = 20;

const PRIME = 0x01000193;
const BASIS = 0x811c9dc5;
const LETTER_I = 105;
const LETTER_L = 108;
const HASHES = 1 << 14;
/** One bit for each of the words as they are looked up: where neither stands, a token is no word, and no string is made of it. */
const hashes = new Uint32Array(HASHES >>> 5);
for (const word of [...KNOWN, ...WORDS_BY_SHAPE.keys()]) {
  let hash = BASIS;
  for (let at = 0; at < word.length; at += 1) hash = Math.imul(hash ^ word.charCodeAt(at), PRIME);
  const bit = slotOf(hash);
  hashes[bit >>> 5] = (hashes[bit >>> 5] ?? 0) | (1 << (bit & 31));
}

function slotOf(hash: number): number {
  return (hash ^ (hash >>> 15)) & (HASHES - 1);
}

function mayBeWord(units: Uint16Array, start: number, end: number): boolean {
  let plain = BASIS;
  let shape = BASIS;
  for (let at = start; at < end; at += 1) {
    const unit = units[at] ?? 0;
    plain = Math.imul(plain ^ unit, PRIME);
    shape = Math.imul(shape ^ (unit === LETTER_L ? LETTER_I : unit), PRIME);
  }
  return isSet(slotOf(plain)) || isSet(slotOf(shape));
}

const isSet = (bit: number): boolean => ((hashes[bit >>> 5] ?? 0) & (1 << (bit & 31))) !== 0;

const kindAt = (units: Uint16Array, at: number): number => KIND[units[at] ?? 128] ?? NONE;

/** Nothing where no token gives a word: names and versions in code mix letters and digits too. */
export function decodeLeetspeak(text: string): Decoded | undefined {
  const units = unitsOf(text).slice(0, text.length);
  const marked: number[] = [];
  let words = 0;
  for (let at = 0; at < units.length; at += 1) {
    if (kindAt(units, at) === NONE) continue;
    const start = at;
    let signs = 0;
    for (; at < units.length; at += 1) {
      const kind = kindAt(units, at);
      if (kind === NONE) break;
      if (kind !== LETTER) signs += 1;
    }
    if (signs === 0) continue;
    const word = readToken(units, start, at);
    words += word;
    marked.push(start, at, word);
  }
  if (words > 0) putBack(text, units, marked);
  return words > 0 ? { text: textOfUnits(units), mapBack: identity, undone: words } : undefined;
}

/** Dates and numbers far from any word that was written so are no letters. `marked`: beginning, end and whether it gave a word, for each. */
function putBack(text: string, units: Uint16Array, marked: readonly number[]): void {
  let last = -FAR_UNITS;
  let next = 0;
  for (let at = 0; at < marked.length; at += 3) {
    const start = marked[at] ?? 0;
    const end = marked[at + 1] ?? 0;
    if (marked[at + 2] !== 0) {
      last = end;
      continue;
    }
    for (next = Math.max(next, at); next < marked.length && marked[next + 2] === 0;) next += 3;
    const isNear = start - last < FAR_UNITS || (marked[next] ?? Number.POSITIVE_INFINITY) - end < FAR_UNITS;
    if (isNear) continue;
    for (let unit = start; unit < end; unit += 1) units[unit] = text.charCodeAt(unit);
  }
}

const FAR_UNITS = 100;

/** Puts letters for signs; 1 if that gave a word or so many letters that words may be in them, else 0. */
function readToken(units: Uint16Array, start: number, tokenEnd: number): number {
  let end = tokenEnd;
  while (end > start && kindAt(units, end - 1) === SIGN) end -= 1;
  const kept = addressSign(units, start, end);
  for (let at = start; at < end; at += 1) if (at !== kept) units[at] = MAPPED[units[at] ?? 0] ?? 32;
  if (end - start > WORD_UNITS_MAX) return 1;
  return end - start > 1 && mayBeWord(units, start, end) && spell(units, start, end) ? 1 : 0;
}

/** Where the token has the @ of a mail address, which is no letter; -1 if nowhere. */
function addressSign(units: Uint16Array, start: number, end: number): number {
  for (let at = start; at < end; at += 1) {
    if (units[at] !== AT_SIGN) continue;
    return at - start >= ADDRESS_PART_MIN && end - at > ADDRESS_PART_MIN ? at : -1;
  }
  return -1;
}

const ADDRESS_PART_MIN = 4;
const AT_SIGN = 64;

function spell(units: Uint16Array, start: number, end: number): boolean {
  const letters = String.fromCharCode(...units.subarray(start, end));
  if (KNOWN.has(letters)) return letters.length > 2;
  const word = WORDS_BY_SHAPE.get(letters.replaceAll('l', 'i'));
  if (word === undefined) return false;
  for (let at = 0; at < word.length; at += 1) units[start + at] = word.charCodeAt(at);
  return word.length > 2;
}
