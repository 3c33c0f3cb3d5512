// Fingerprints of a text by winnowing (Schleimer, Wilkerson, Aiken, SIGMOD 2003): of every so many neighbouring groups of letters the one
// with the least hash is chosen. Two texts that share a long enough stretch choose the same groups in it, wherever it stands.
import { folded } from './folding.ts';

/** Letters and digits of one group. */
export const GRAM_UNITS = 32;
/** Neighbouring groups of which one is chosen. */
export const WINDOW_GRAMS = 15;

const BASE_ONE = 0x01000193;
const BASE_TWO = 0x5bd1e995;
const OUT_ONE = power(BASE_ONE, GRAM_UNITS);
const OUT_TWO = power(BASE_TWO, GRAM_UNITS);

function power(base: number, times: number): number {
  let value = 1;
  for (let at = 0; at < times; at += 1) value = Math.imul(value, base);
  return value;
}

/** Makes all bits depend on all (the finaliser of MurmurHash3, public domain). */
export function mixed(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

export interface Fingerprint {
  /** Two hashes of the group. The first is the least of its neighbours, and so tells little by its size. */
  readonly one: number;
  readonly two: number;
  /** Offset at which the group begins, and ends, in the text. */
  readonly start: number;
  readonly end: number;
}

/** Reads a text unit by unit and tells the fingerprints that it chooses, in their order. Memory does not grow with the text. */
export class Fingerprints {
  readonly #units = new Uint16Array(GRAM_UNITS);
  /** Offsets of the last units, for the beginning of each group that is still in the window. */
  readonly #offsets = new Float64Array(64);
  readonly #ones = new Uint32Array(WINDOW_GRAMS);
  readonly #twos = new Uint32Array(WINDOW_GRAMS);
  #rollOne = 0;
  #rollTwo = 0;
  /** Units that count, so far. */
  #count = 0;
  /** Number of the group that was chosen last; -1 for none. */
  #chosen = -1;
  #least = -1;

  /** Takes the unit at offset `at` of the text; gives the fingerprint that it completes the choice of, if it does. */
  push(code: number, at: number): Fingerprint | undefined {
    const unit = folded(code);
    if (unit === 1) return undefined;
    const slot = this.#count % GRAM_UNITS;
    const leaving = this.#units[slot] ?? 0;
    this.#units[slot] = unit;
    this.#offsets[this.#count % 64] = at;
    const isFull = this.#count >= GRAM_UNITS;
    this.#rollOne = (Math.imul(this.#rollOne, BASE_ONE) + unit - (isFull ? Math.imul(leaving, OUT_ONE) : 0)) | 0;
    this.#rollTwo = (Math.imul(this.#rollTwo, BASE_TWO) + unit - (isFull ? Math.imul(leaving, OUT_TWO) : 0)) | 0;
    this.#count += 1;
    return this.#count < GRAM_UNITS ? undefined : this.#choose(this.#count - GRAM_UNITS);
  }

  /** Where the first unit stands whose group may still be chosen; undefined when no unit has been read. */
  get undecidedFrom(): number | undefined {
    if (this.#count === 0) return undefined;
    const gram = Math.max(0, this.#count - GRAM_UNITS - WINDOW_GRAMS + 2);
    return this.#offsets[gram % 64];
  }

  #choose(gram: number): Fingerprint | undefined {
    this.#ones[gram % WINDOW_GRAMS] = mixed(this.#rollOne);
    this.#twos[gram % WINDOW_GRAMS] = mixed(this.#rollTwo);
    const first = gram - WINDOW_GRAMS + 1;
    if (this.#least >= Math.max(0, first)) {
      if (this.#oneOf(gram) <= this.#oneOf(this.#least)) this.#least = gram;
    } else {
      this.#least = Math.max(0, first);
      for (let other = this.#least + 1; other <= gram; other += 1) if (this.#oneOf(other) <= this.#oneOf(this.#least)) this.#least = other;
    }
    if (first < 0 || this.#least === this.#chosen) return undefined;
    this.#chosen = this.#least;
    const { start, end } = { start: this.#offsets[this.#least % 64] ?? 0, end: this.#offsets[(this.#least + GRAM_UNITS - 1) % 64] ?? 0 };
    return { one: this.#oneOf(this.#least), two: this.#twos[this.#least % WINDOW_GRAMS] ?? 0, start, end: end + 1 };
  }

  #oneOf(gram: number): number {
    return this.#ones[gram % WINDOW_GRAMS] ?? 0;
  }
}
