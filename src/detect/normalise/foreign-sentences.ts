// Which sentences of a text are of another language than English: what is no English word there was not misspelt.
import { kindOf, LETTER, LETTER_OF } from './decode/letter-kinds.ts';
import { HASH_START, hashOn, wordIndex } from './wanted.ts';

/** A sentence with so many words of other languages, and more of them than of English ones, is foreign. */
const FOREIGN_MIN = 2;
const SENTENCE_MAX = 240;
const STOPS = new Set(Array.from('\n.!?', (stop) => stop.charCodeAt(0)));
const isStop = (unit: number): boolean => STOPS.has(unit);

/** Words of ASCII letters: all of them, those that other languages have and English has not, and those of English. */
interface Words {
  readonly all: number;
  readonly foreign: number;
  readonly english: number;
}

export class ForeignSentences {
  readonly #units: Uint16Array;
  readonly #length: number;
  readonly #index = wordIndex();
  /** The sentence that was looked at last. */
  #end = -1;
  #isForeign = false;

  /** `units` must stay as they are while this is asked. */
  constructor(units: Uint16Array, length: number) {
    this.#units = units;
    this.#length = length;
  }

  /** Of the words of the whole text, those of other languages; 0 to 1. */
  share(): number {
    const { foreign, all } = this.#count(0, this.#length);
    return foreign / Math.max(1, all);
  }

  /** Whether the sentence around a place is of another language. Places must ascend; a sentence is read once. */
  isForeignAt(at: number): boolean {
    if (at < this.#end) return this.#isForeign;
    let start = at;
    while (start > 0 && at - start < SENTENCE_MAX && !isStop(this.#units[start - 1] ?? 0)) start -= 1;
    let end = at;
    while (end < this.#length && end - at < SENTENCE_MAX && !isStop(this.#units[end] ?? 0)) end += 1;
    const { foreign, english } = this.#count(start, end);
    this.#end = end;
    this.#isForeign = foreign >= FOREIGN_MIN && foreign > english;
    return this.#isForeign;
  }

  #count(from: number, to: number): Words {
    let all = 0;
    let foreign = 0;
    let english = 0;
    for (let at = from; at < to; at += 1) {
      if (kindOf(this.#units[at] ?? 0) !== LETTER) continue;
      let hash = HASH_START;
      for (; at < to && kindOf(this.#units[at] ?? 0) === LETTER; at += 1) hash = hashOn(hash, LETTER_OF[this.#units[at] ?? 0] ?? 0);
      all += 1;
      if (this.#index.isForeignHash(hash)) foreign += 1;
      else if (this.#index.isKnownHash(hash)) english += 1;
    }
    return { all, foreign, english };
  }
}
