// Reads a view into tokens and the hashed features that end at each of them: words, their neighbours, their letters.
// Linear in the text, without garbage: the arrays are reused by the next text.
import { unitsOf } from '../normalise/units.ts';
import words from './word-classes.json' with { type: 'json' };

const GAP = 0;
const WORD = 1;
const SIGN = 2;
/** Scripts without blanks between words: each character is a word, its neighbours give the sense. */
const ALONE = 3;
/** Line ends and the marks of ordinary writing, which anybody may add or leave out: they are not read. */
const PLAIN_SIGNS =
  '.,;:!?\'"()*_-\u2010\u2011\u2012\u2013\u2014\u2015\u2018\u2019\u201a\u201c\u201d\u201e\u2026\u00ab\u00bb\u00bf\u00a1\u3001\u3002\u300c\u300d\uff0c\uff01\uff1f\uff1a\u060c\u061f\u0964`~';

const kinds = new Uint8Array(0x10000);
const LETTER_OR_MARK = /[\p{L}\p{N}\p{M}]/u;
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

/** Learned on first sight, plus one: zero says that a unit was never seen. */
function learn(unit: number): number {
  const kind = kindOf(unit);
  kinds[unit] = kind + 1;
  return kind;
}

function kindOf(unit: number): number {
  const character = String.fromCharCode(unit);
  if (PLAIN_SIGNS.includes(character)) return GAP;
  if (UNSPACED.test(character)) return ALONE;
  if (unit >= 0xd800 && unit <= 0xdfff) return ALONE;
  if (LETTER_OR_MARK.test(character)) return WORD;
  return /\s/u.test(character) || unit < 32 ? GAP : SIGN;
}

const DIGIT = 48;
const PRIME = 0x01000193;
const BASIS = 0x811c9dc5;
const PAIR = 0x9e3779b1;
const SKIP = 0x85ebca6b;
const TRIPLE = 0xc2b2ae35;
const GRAM = 0x27d4eb2f;
const FETCHED = 0x165667b1;
const CLASS = 0x5bd1e995;
const EDGE = 32;
const EDGES = (EDGE << 16) | EDGE;

/** Letters of a word that count; a longer run is no word. */
const WORD_UNITS_MAX = 24;
const mix = (hash: number): number => {
  const one = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (one ^ (one >>> 13)) >>> 0;
};

/** Of a word in English, what is left without its ending: how many letters that are. */
function stemEnd(units: Uint16Array, start: number, end: number): number {
  let at = end;
  if (at - start >= 5 && units[at - 1] === LETTER_S && units[at - 2] !== LETTER_S) at -= 1;
  if (at - start >= 6 && units[at - 1] === LETTER_G && units[at - 2] === LETTER_N && units[at - 3] === LETTER_I) at -= 3;
  else if (at - start >= 5 && units[at - 1] === LETTER_D && units[at - 2] === LETTER_E) at -= 2;
  if (at - start >= 5 && units[at - 1] === LETTER_E) at -= 1;
  return at;
}

const LETTER_D = 100;
const LETTER_E = 101;
const LETTER_G = 103;
const LETTER_I = 105;
const LETTER_N = 110;
const LETTER_S = 115;

function hashOf(units: Uint16Array, start: number, end: number): number {
  let hash = BASIS;
  for (let at = start; at < end; at += 1) {
    const unit = units[at] ?? 0;
    hash = Math.imul(hash ^ (unit >= 48 && unit <= 57 ? DIGIT : unit), PRIME);
  }
  return hash;
}

function stemHash(word: string): number {
  const units = Uint16Array.from(word, (letter) => letter.charCodeAt(0));
  return hashOf(units, 0, stemEnd(units, 0, units.length));
}

/** What stands for a word: the first of its class. Zero for words that are not read at all. */
const CLASS_OF: ReadonlyMap<number, number> = new Map([
  ...words.classes
    .flatMap((line) => line.split(' ').map((word, _, all) => [stemHash(word), Math.imul(stemHash(all[0] ?? ''), CLASS)] as const))
    .toReversed(),
  ...words.filler.split(' ').map((word) => [stemHash(word), 0] as const),
]);

export class TokenReader {
  /** Hashes, unmasked; those of token i stand from `first[i]` to `first[i + 1]`. */
  features = new Uint32Array(4096);
  first = new Int32Array(512);
  /** Where token i ends in the text. */
  ends = new Int32Array(512);
  count = 0;
  #length = 0;
  #isFetched = false;
  #w1 = 0;
  #w2 = 0;

  /** What was fetched is read with a second feature for each word: an order means more there. */
  read(text: string, isFetched: boolean): void {
    this.#isFetched = isFetched;
    const units = unitsOf(text);
    const end = text.length;
    this.count = 0;
    this.#length = 0;
    this.#w1 = BASIS;
    this.#w2 = BASIS;
    for (let at = 0; at < end;) {
      const unit = units[at] ?? 0;
      const known = kinds[unit] ?? 0;
      const kind = known === 0 ? learn(unit) : known - 1;
      if (kind === GAP) at += 1;
      else if (kind === WORD) at = this.#word(units, at, end);
      else if (kind === ALONE) {
        this.#token(Math.imul(BASIS ^ unit, PRIME), at + 1);
        at += 1;
      } else at = this.#signs(units, at, end);
    }
  }

  #word(units: Uint16Array, start: number, end: number): number {
    let hash = BASIS;
    let at = start;
    // Letter groups of four, the edges of the word counted as letters: two units in each number.
    let before = EDGES;
    let after = EDGES;
    const from = this.#length;
    this.#reserve(WORD_UNITS_MAX + 8);
    for (; at < end; at += 1) {
      const unit = units[at] ?? 0;
      const met = kinds[unit] ?? 0;
      const kind = met === 0 ? learn(unit) : met - 1;
      if (kind !== WORD) break;
      if (at - start >= WORD_UNITS_MAX) continue;
      const letter = unit >= 48 && unit <= 57 ? DIGIT : unit;
      hash = Math.imul(hash ^ letter, PRIME);
      before = (before << 16) | (after >>> 16);
      after = (after << 16) | letter;
      if (at - start >= 2) this.#gram(before, after);
    }
    const length = at - start;
    if (length >= 3) this.#gram((before << 16) | (after >>> 16), (after << 16) | EDGE);
    if (length <= 3) this.#length = from;
    const stem = stemEnd(units, start, Math.min(at, start + WORD_UNITS_MAX));
    const word = stem === at ? hash : hashOf(units, start, stem);
    const known = CLASS_OF.get(word);
    // What is known by its sense is not read by its letters, so that another word of that sense changes nothing.
    if (known !== undefined) this.#length = from;
    if (known !== 0) this.#token(known ?? word, at);
    return at;
  }

  #gram(before: number, after: number): void {
    this.features[this.#length] = mix(Math.imul(Math.imul(GRAM ^ before, PRIME) ^ after, PAIR));
    this.#length += 1;
  }

  #signs(units: Uint16Array, start: number, end: number): number {
    const unit = units[start] ?? 0;
    let at = start + 1;
    while (at < end && units[at] === unit) at += 1;
    const run = Math.min(3, at - start);
    this.#reserve(8);
    this.#put(mix(Math.imul(Math.imul(SKIP ^ unit, PRIME) ^ run, PRIME)));
    this.#mark(at);
    return at;
  }

  #token(hash: number, end: number): void {
    this.#reserve(8);
    const w1 = this.#w1;
    const w2 = this.#w2;
    this.#put(mix(hash));
    if (this.#isFetched) this.#put(mix(Math.imul(hash ^ FETCHED, SKIP)));
    // The beginning of a text is no neighbour: anybody may write something before it.
    const pair = Math.imul(w1 ^ PAIR, PRIME) ^ hash;
    if (w1 !== BASIS) this.#put(mix(Math.imul(pair, PAIR)));
    if (w2 !== BASIS) {
      this.#put(mix(Math.imul(Math.imul(w2 ^ SKIP, PRIME) ^ hash, SKIP)));
      this.#put(mix(Math.imul(Math.imul(w2 ^ TRIPLE, PRIME) ^ pair, TRIPLE)));
    }
    this.#w2 = w1;
    this.#w1 = hash;
    this.#mark(end);
  }

  #put(hash: number): void {
    this.features[this.#length] = hash;
    this.#length += 1;
  }

  #mark(end: number): void {
    if (this.count + 2 > this.first.length) {
      this.first = grown(this.first, new Int32Array(this.first.length * 2));
      this.ends = grown(this.ends, new Int32Array(this.ends.length * 2));
    }
    this.ends[this.count] = end;
    this.count += 1;
    this.first[this.count] = this.#length;
  }

  #reserve(more: number): void {
    if (this.#length + more > this.features.length) {
      const larger = new Uint32Array(this.features.length * 2);
      larger.set(this.features);
      this.features = larger;
    }
  }
}

function grown<T extends { set(from: T): void }>(from: T, into: T): T {
  into.set(from);
  return into;
}
