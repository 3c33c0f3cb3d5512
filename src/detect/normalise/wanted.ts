// The words that attacks are made of, found again when they are misspelt: an index of what is left of each word when a letter is taken
// away (symmetric deletion, Garbe 2012), so that a look-up costs a few hashes; for two slips, the few words that could be meant are compared.
import further from './further-words.json' with { type: 'json' };
import vocabulary from './vocabulary.json' with { type: 'json' };
import wanted from './wanted-words.json' with { type: 'json' };
import { FAR, LETTERS_MAX, lettersIn, type Range, WordList } from './word-list.ts';

const LETTERS_MIN = 3;
const STRANGER_MIN = 2;
/** From so many letters on a word may have two slips; shorter ones would be found in any other word. */
const TWO_SLIPS_FROM = 8;
const SLOTS = 1 << 17;
const KNOWN_SLOTS = 1 << 16;
const EXACT_SLOTS = 1 << 12;
const FOREIGN_SLOTS = 1 << 13;
const RECENT = 1 << 12;
const PRIME = 0x01000193;
const BASIS = 0x811c9dc5;
const SMALL_A = 97;
const SMALL_Z = 122;
/** One slip that loses or changes a letter: more than one that exchanges two. */
const ONE_OTHER = 1.5;

const wordsOf = (...lines: readonly string[]): readonly string[] => lines.flatMap((line) => line.split(' '));
const spread = (hash: number): number => hash ^ (hash >>> 15);

/** Hash of the letters in a range, without the one at `left`. */
function hashWithout(letters: Uint16Array | Uint8Array, { from, to }: Range, left: number): number {
  let hash = BASIS;
  for (let at = from; at < to; at += 1) if (at !== left) hash = Math.imul(hash ^ (letters[at] ?? 0), PRIME);
  return hash | 1;
}

/** A hash of lower-case letters, taken letter by letter from `HASH_START` on; what it names is asked with `isKnownHash`. */
export const HASH_START = BASIS;
export const hashOn = (hash: number, letter: number): number => Math.imul(hash ^ letter, PRIME);

/** What a search looks for, and the nearest word so far. */
interface Best {
  word: number;
  /** Slips; one that exchanges letters counts less than one that loses or changes a letter. */
  far: number;
}

class WordIndex {
  readonly #words: WordList;
  readonly #wantedCount: number;
  /** 1 for words of three letters that join others: only to these are words as short put right. */
  readonly #isShort: Uint8Array;
  /** Hashes of all words that are right as they are. */
  readonly #known = new Int32Array(KNOWN_SLOTS);
  readonly #exact = new Int32Array(EXACT_SLOTS);
  /** Hashes of words that are common in other languages than English and in no English text. */
  readonly #foreign = new Int32Array(FOREIGN_SLOTS);
  /** Hashes of words, and of what is left of them without a letter, and which word it was. */
  readonly #less = new Int32Array(SLOTS);
  readonly #word = new Uint16Array(SLOTS);
  /** Names come again and again: the last answers, by hash. */
  readonly #recent = new Int32Array(RECENT);
  readonly #recentWord = new Int16Array(RECENT);
  /** Words that may have two slips, by their first letter, ascending. */
  readonly #long: readonly Uint16Array[];

  constructor() {
    const wantedWords = wordsOf(wanted.wanted);
    const short = new Set(wordsOf(wanted.short));
    const common = wordsOf(vocabulary.words, further.words);
    // Names, code and common words of other languages are right as they are, and nothing is put right to them.
    const strangers = wordsOf(wanted.near, further.known, further.foreign, further.short);
    // Wanted words first; the others are put right too, because what stands between the words of an attack says what it is.
    const words = [...new Set([...wantedWords, ...common.filter((word) => word.length > LETTERS_MIN || short.has(word))])];
    this.#words = new WordList(words);
    this.#wantedCount = wantedWords.length;
    this.#isShort = Uint8Array.from(words, (word) => (short.has(word) ? 1 : 0));
    this.#long = longByLetter(wantedWords);
    for (const word of [...common, ...strangers, ...words]) add(this.#known, word);
    for (const word of wantedWords) add(this.#exact, word);
    for (const word of wordsOf(further.foreign)) add(this.#foreign, word);
    for (let word = 0; word < words.length; word += 1) this.#putAll(word);
  }

  #putAll(word: number): void {
    const { letters } = this.#words;
    const range = this.#words.rangeOf(word);
    this.#put(hashWithout(letters, range, -1), word);
    // Of two equal letters in a row either leaves the same.
    for (let left = range.from; left < range.to; left += 1)
      if (left === range.from || letters[left] !== letters[left - 1]) this.#put(hashWithout(letters, range, left), word);
  }

  #put(hash: number, word: number): void {
    let slot = spread(hash) & (SLOTS - 1);
    while (this.#less[slot] !== 0) slot = (slot + 1) & (SLOTS - 1);
    this.#less[slot] = hash;
    this.#word[slot] = word;
  }

  isKnownHash(hash: number): boolean {
    return has(this.#known, hash | 1);
  }

  /** Whether a word that attacks are made of is spelled exactly so. */
  isWantedHash(hash: number): boolean {
    return has(this.#exact, hash | 1);
  }

  isForeignHash(hash: number): boolean {
    return has(this.#foreign, hash | 1);
  }

  isKnown(letters: Uint16Array, range: Range): boolean {
    return has(this.#known, hashWithout(letters, range, -1));
  }

  isWanted(word: number): boolean {
    return word >= 0 && word < this.#wantedCount;
  }

  wordAt(word: number): string {
    return this.#words.textOf(word);
  }

  /** The number of a word that is spelled so; -1 if there is none. */
  find(letters: Uint16Array, range: Range): number {
    const hash = hashWithout(letters, range, -1);
    let found = -1;
    for (let slot = spread(hash) & (SLOTS - 1); this.#less[slot] !== 0; slot = (slot + 1) & (SLOTS - 1)) {
      if (this.#less[slot] !== hash) continue;
      const word = this.#word[slot] ?? 0;
      if (this.#isTooShort(word, range) || !this.#words.isSame(word, letters, range)) continue;
      if (found < 0 || word < found) found = word;
    }
    return found;
  }

  /** The wanted word nearest to these lower-case letters, within a slip or two; -1 if there is none. */
  nearest(letters: Uint16Array, range: Range): number {
    const length = range.to - range.from;
    if (length < STRANGER_MIN || length > LETTERS_MAX) return -1;
    const whole = hashWithout(letters, range, -1);
    const slot = spread(whole) & (RECENT - 1);
    if (this.#recent[slot] !== whole) {
      this.#recentWord[slot] = this.#search(letters, range, whole);
      this.#recent[slot] = whole;
    }
    return this.#recentWord[slot] ?? -1;
  }

  #search(letters: Uint16Array, range: Range, whole: number): number {
    const best = { word: -1, far: FAR };
    this.#consider(letters, range, whole, best);
    // What is left without each letter: the letters before it are hashed once.
    let before = BASIS;
    for (let left = range.from; left < range.to && best.far > 0; left += 1) {
      let hash = before;
      for (let at = left + 1; at < range.to; at += 1) hash = hashOn(hash, letters[at] ?? 0);
      this.#consider(letters, range, hash | 1, best);
      before = hashOn(before, letters[left] ?? 0);
    }
    return best.word < 0 ? this.#searchTwo(letters, range) : best.word;
  }

  // oxlint-disable-next-line max-params -- one object for each of a word's hashes would be most of the work
  #consider(letters: Uint16Array, range: Range, hash: number, best: Best): void {
    for (let slot = spread(hash) & (SLOTS - 1); this.#less[slot] !== 0; slot = (slot + 1) & (SLOTS - 1)) {
      if (this.#less[slot] !== hash) continue;
      const word = this.#word[slot] ?? 0;
      if (this.#isTooShort(word, range)) continue;
      const slips = this.#words.slipsUpToOne(word, letters, range);
      // Of words as near, the one of the same letters ("yoru" is "your" and not "you"), then the wanted or more common one.
      const far = slips === 1 && !this.#words.isAnagram(word, letters, range) ? ONE_OTHER : slips;
      if (far === FAR || far > best.far || (far === best.far && word >= best.word)) continue;
      best.word = word;
      best.far = far;
    }
  }

  #isTooShort(word: number, { from, to }: Range): boolean {
    return to - from <= LETTERS_MIN && this.#isShort[word] === 0;
  }

  /** Two slips, only where one does not explain it; with another first letter it most likely is another word. */
  #searchTwo(letters: Uint16Array, range: Range): number {
    const first = letters[range.from] ?? 0;
    const length = range.to - range.from;
    if (first < SMALL_A || first > SMALL_Z || length < TWO_SLIPS_FROM - 2) return -1;
    const bits = lettersIn(letters, range);
    let found = -1;
    for (const word of this.#long[first - SMALL_A] ?? []) {
      if (!this.#words.mayBeNear(word, length, bits) || this.#words.slips(word, letters, range) > 2) continue;
      // Who lost letters is nearer than who has other ones.
      if (this.#isLessOf(word, letters, range)) return word;
      if (found < 0 && length >= TWO_SLIPS_FROM - 1) found = word;
    }
    return found;
  }

  /** Whether nothing but one letter at most has to be taken away for the rest to stand in the word, in its order. */
  #isLessOf(word: number, letters: Uint16Array, range: Range): boolean {
    const length = range.to - range.from;
    const more = this.#words.lengthOf(word) - length;
    return more === 2 || (more > -2 && this.#words.common(word, letters, range) >= length - 1);
  }
}

/** Numbers of the words that may have two slips, by their first letter. */
function longByLetter(words: readonly string[]): readonly Uint16Array[] {
  const lists: number[][] = Array.from({ length: SMALL_Z - SMALL_A + 1 }, () => []);
  for (const [index, word] of words.entries()) if (word.length >= TWO_SLIPS_FROM) lists[word.charCodeAt(0) - SMALL_A]?.push(index);
  return lists.map((list) => Uint16Array.from(list));
}

function add(table: Int32Array, word: string): void {
  let whole = BASIS;
  for (let at = 0; at < word.length; at += 1) whole = hashOn(whole, word.charCodeAt(at));
  const hash = whole | 1;
  const mask = table.length - 1;
  let slot = spread(hash) & mask;
  while (table[slot] !== 0 && table[slot] !== hash) slot = (slot + 1) & mask;
  table[slot] = hash;
}

function has(table: Int32Array, hash: number): boolean {
  const mask = table.length - 1;
  for (let slot = spread(hash) & mask; table[slot] !== 0; slot = (slot + 1) & mask) if (table[slot] === hash) return true;
  return false;
}

let index: WordIndex | undefined;

/** Built on first use. */
export function wordIndex(): WordIndex {
  index ??= new WordIndex();
  return index;
}
