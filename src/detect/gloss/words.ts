// Cuts a text into what the word lists are asked about: words between blanks, and runs of the scripts that have no blanks.
// Linear in the text, without garbage: the arrays are used again for the next text.
import { HASH_START, hashEnd, hashStep } from './gloss-table.ts';

const OTHER = 0;
const LETTER = 1;
const UNSPACED = 2;
const END = 3;

/** What a word is: of a script with blanks, or a run of one without, by the language that is written so. */
export const SPACED = 0;
export const CHINESE = 1;
export const JAPANESE = 2;
export const THAI = 3;

const SENTENCE_ENDS = '.!?;\n\u0964\u3002\uff01\uff1f\u061f\u06d4';
const IS_LETTER = /[\p{L}\p{M}\p{N}]/u;
const IS_UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\u30fc]/u;
const KANA_FROM = 0x3040;
const KANA_TO = 0x30ff;
const THAI_FROM = 0x0e00;
const THAI_TO = 0x0e7f;

/** Longer runs of letters are no words. */
export const WORD_UNITS_MAX = 24;

const kinds = new Uint8Array(0x10000);

/** Learned on first sight, plus one: zero says that a unit was never seen. */
function kindOf(unit: number): number {
  const known = kinds[unit] ?? 0;
  if (known > 0) return known - 1;
  const character = String.fromCharCode(unit);
  const kind = SENTENCE_ENDS.includes(character)
    ? END
    : IS_UNSPACED.test(character)
      ? UNSPACED
      : IS_LETTER.test(character)
        ? LETTER
        : OTHER;
  kinds[unit] = kind + 1;
  return kind;
}

export class Words {
  starts = new Int32Array(512);
  ends = new Int32Array(512);
  /** Of the whole word; zero for a run without blanks, and for a word that is too long. */
  hashes = new Uint32Array(512);
  scripts = new Uint8Array(512);
  /** Sentences are numbered from the first. */
  sentences = new Int32Array(512);
  count = 0;

  read(text: string, units: Uint16Array): void {
    this.count = 0;
    let sentence = 0;
    for (let at = 0; at < text.length;) {
      const kind = kindOf(units[at] ?? 0);
      if (kind === END) sentence += 1;
      if (kind === OTHER || kind === END) {
        at += 1;
        continue;
      }
      const start = at;
      while (at < text.length && kindOf(units[at] ?? 0) === kind) at += 1;
      this.#put(units, start, at, kind === UNSPACED ? scriptOf(units, start, at) : SPACED, sentence);
    }
  }

  // oxlint-disable-next-line max-params -- the innermost step: an object for each word would be garbage.
  #put(units: Uint16Array, start: number, end: number, script: number, sentence: number): void {
    if (this.count === this.starts.length) this.#grow();
    this.starts[this.count] = start;
    this.ends[this.count] = end;
    this.hashes[this.count] = script !== SPACED || end - start > WORD_UNITS_MAX ? 0 : hashOf(units, start, end);
    this.scripts[this.count] = script;
    this.sentences[this.count] = sentence;
    this.count += 1;
  }

  #grow(): void {
    const size = this.starts.length * 2;
    const longer = <T extends Int32Array | Uint32Array | Uint8Array>(array: T, made: T): T => {
      made.set(array);
      return made;
    };
    this.starts = longer(this.starts, new Int32Array(size));
    this.ends = longer(this.ends, new Int32Array(size));
    this.hashes = longer(this.hashes, new Uint32Array(size));
    this.scripts = longer(this.scripts, new Uint8Array(size));
    this.sentences = longer(this.sentences, new Int32Array(size));
  }
}

function scriptOf(units: Uint16Array, start: number, end: number): number {
  for (let at = start; at < end; at += 1) {
    const unit = units[at] ?? 0;
    if (unit >= KANA_FROM && unit <= KANA_TO) return JAPANESE;
    if (unit >= THAI_FROM && unit <= THAI_TO) return THAI;
  }
  return CHINESE;
}

export function hashOf(units: Uint16Array, start: number, end: number): number {
  let hash = HASH_START;
  for (let at = start; at < end; at += 1) hash = hashStep(hash, units[at] ?? 0);
  return hashEnd(hash);
}
