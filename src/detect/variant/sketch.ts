// Sketches of texts that were blocked, and how much of one stands again in a stretch of another text: MinHash with the least so many
// hashes of one function (Broder, "On the resemblance and containment of documents", SEQUENCES 1997; Cohen & Kaplan, PODC 2007).
// Words are read as the learned stage reads them, so that another word of the same sense changes nothing; letters across all gaps,
// so that slips, signs and blanks inside of words change little. Who hides from the one is seen by the other.
import { TokenReader } from '../model/tokens.ts';
import { LetterReader } from './letters.ts';

/** Hashes that a sketch keeps: of so many, the share that returns is known to about a sixteenth. */
const SKETCH_VALUES = 64;
/** A text of fewer features is too brief to be told from others. */
const FEATURES_MIN = 12;
/** Fewer common features are no proof that a text is part of a longer one (a phrase is quoted by many): then both have to be alike as wholes. */
const SOLID = 64;
/** Words of one stretch in which a sketch is looked for, and from one stretch to the next: half of it, so that no edge hides anything. */
const STRETCH_TOKENS = 192;
const STEP_TOKENS = STRETCH_TOKENS / 2;
/** Values that are looked at first; where none or hardly one of them returns, the rest is not worth a look. */
const GLANCE_VALUES = 6;
const PROBE_VALUES = 12;
const PROBE_MIN = 3;

/** Letters of a word on average, below which a text is spelled letter by letter, or written without blanks. */
const WORD_UNITS_MIN = 2;

/** One bit for each of the upper bits of a hash. */
const BITS = 17;
const SHIFT = 32 - BITS;

/** What is kept of one kind of features. */
interface Half {
  /** The least hashes, ascending, without repeats. */
  readonly values: Uint32Array;
  /** How many different ones there are. */
  readonly size: number;
}

/** What is kept of a text: no text can be read from it, and without the key none can be tried on it. */
export interface Sketch {
  readonly words: Half;
  readonly letters: Half;
}

/** Makes all bits depend on all (the finaliser of MurmurHash3, public domain). */
function mixed(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Features of one kind in one stretch, as a set that is asked by hash. */
class Features {
  readonly #bits = new Uint32Array(1 << (BITS - 5));
  /** Two that fall on one bit count once. */
  #size = 0;

  clear(): void {
    this.#bits.fill(0);
    this.#size = 0;
  }

  add(value: number): void {
    const bit = value >>> SHIFT;
    const mask = 1 << (bit & 31);
    const before = this.#bits[bit >>> 5] ?? 0;
    if ((before & mask) !== 0) return;
    this.#bits[bit >>> 5] = before | mask;
    this.#size += 1;
  }

  #has(value: number): number {
    const bit = value >>> SHIFT;
    return ((this.#bits[bit >>> 5] ?? 0) >>> (bit & 31)) & 1;
  }

  /** How much of the shorter stands in the longer; of what is brief, how much both have in common of all that they have. */
  likeness({ values, size }: Half): number {
    if (this.#size < FEATURES_MIN || size < FEATURES_MIN) return 0;
    let found = 0;
    for (let at = 0; at < values.length; at += 1) {
      if (at === GLANCE_VALUES && found === 0) return 0;
      if (at === PROBE_VALUES && found < PROBE_MIN) return 0;
      found += this.#has(values[at] ?? 0);
    }
    const common = (found / values.length) * size;
    const share = Math.min(1, common / Math.min(size, this.#size));
    const both = size + this.#size - common;
    return share * Math.max(Math.min(1, common / SOLID), common / both);
  }
}

/** A part of a reading, valid until the next one. */
export class Stretch {
  readonly words = new Features();
  readonly letters = new Features();
  /** Where it stands in the reading. */
  start = 0;
  end = 0;

  /** How much of the shorter of the two stands in the other, from 0 to 1; 0 where it is too little to say. */
  likeness(sketch: Sketch): number {
    return Math.max(this.words.likeness(sketch.words), this.letters.likeness(sketch.letters));
  }
}

/** Reads what the normaliser made of a text. Keeps arrays for one reading at a time. */
export class VariantReader {
  readonly #key: number;
  readonly #tokens = new TokenReader();
  readonly #letters = new LetterReader();
  readonly #stretch = new Stretch();

  /** Sketches of different keys have nothing in common. */
  constructor(key: number) {
    this.#key = key | 0;
  }

  /** Undefined for a text that is too brief. */
  sketch(reading: string): Sketch | undefined {
    this.#tokens.read(reading, false);
    this.#letters.read(reading);
    const { features, first, count } = this.#tokens;
    // Single letters are no words: what is spelled out is compared by its letters alone.
    const isSpelled = this.#letters.count < count * WORD_UNITS_MIN;
    const words = this.#half(features, isSpelled ? 0 : (first[count] ?? 0));
    const letters = this.#half(this.#letters.grams, this.#letters.count);
    return words.size < FEATURES_MIN && letters.size < FEATURES_MIN ? undefined : { words, letters };
  }

  #half(features: Uint32Array, count: number): Half {
    const all = new Set<number>();
    for (let at = 0; at < count; at += 1) all.add(mixed((features[at] ?? 0) ^ this.#key));
    return { values: Uint32Array.from(all).sort().slice(0, SKETCH_VALUES), size: all.size };
  }

  /** Tells every stretch of a reading. Linear in the reading. */
  read(reading: string, each: (stretch: Stretch) => void): void {
    this.#tokens.read(reading, false);
    this.#letters.read(reading);
    const { count, ends } = this.#tokens;
    for (let from = 0; from < count; from += STEP_TOKENS) {
      const to = Math.min(count, from + STRETCH_TOKENS);
      this.#stretch.start = from === 0 ? 0 : (ends[from - 1] ?? 0);
      this.#stretch.end = to === count ? reading.length : (ends[to - 1] ?? 0);
      this.#fill(from, to);
      each(this.#stretch);
      if (to === count) break;
    }
  }

  #fill(from: number, to: number): void {
    const { features, first } = this.#tokens;
    const { words, letters, start, end } = this.#stretch;
    const key = this.#key;
    words.clear();
    for (let at = first[from] ?? 0; at < (first[to] ?? 0); at += 1) words.add(mixed((features[at] ?? 0) ^ key));
    letters.clear();
    const { grams, ends } = this.#letters;
    for (let at = this.#letters.firstAfter(start); at < this.#letters.count && (ends[at] ?? 0) <= end; at += 1)
      letters.add(mixed((grams[at] ?? 0) ^ key));
  }
}
