// The words that attacks are made of, found again when they are misspelt: an index of what is left of each word when a letter or
// two are taken away (symmetric deletion, Garbe 2012), so that a look-up costs a few hashes and no search.
import further from './further-words.json' with { type: 'json' };
import vocabulary from './vocabulary.json' with { type: 'json' };
import wanted from './wanted-words.json' with { type: 'json' };

const WANTED = wanted.wanted.split(' ');
const LETTERS_MIN = 3;
const STRANGER_MIN = 2;
/** Words of three letters and strangers as short are put right only from and to the words that join others. */
const SHORT = new Set(wanted.short.split(' '));
const COMMON = [...vocabulary.words.split(' '), ...further.words.split(' ')];
/** Names, code and common words of other languages: right as they are, and nothing is put right to them. */
const STRANGERS = [wanted.near, further.known, further.foreign, further.short].flatMap((line) => line.split(' '));
const FOREIGN: ReadonlySet<string> = new Set(further.foreign.split(' '));
/** Wanted words first; the others are put right too, because what stands between the words of an attack says what it is. */
const WORDS = [...new Set([...WANTED, ...COMMON.filter((word) => word.length > LETTERS_MIN || SHORT.has(word))])];
const WANTED_COUNT = WANTED.length;
/** From so many letters on a word may have two slips; shorter ones would be found in any other word. */
const TWO_SLIPS_FROM = 8;
const LETTERS_MAX = 22;
const SLOTS = 1 << 18;
const KNOWN_SLOTS = 1 << 15;
const RECENT = 1 << 12;
const PRIME = 0x01000193;
const BASIS = 0x811c9dc5;

const slipsOf = (word: number, length: number): number => (word < WANTED_COUNT && length >= TWO_SLIPS_FROM ? 2 : 1);
const spread = (hash: number): number => hash ^ (hash >>> 15);

/** Hash of the letters in a range, without the one at `left`. */
function hashWithout(letters: Uint16Array, { from, to }: Range, left: number): number {
  let hash = BASIS;
  for (let at = from; at < to; at += 1) if (at !== left) hash = Math.imul(hash ^ (letters[at] ?? 0), PRIME);
  return hash | 1;
}

/** Hashes of a word and of what is left of it when a letter or two are taken away. */
function hashesOf(letters: Uint16Array, slips: number): Set<number> {
  const all = { from: 0, to: letters.length };
  const hashes = new Set([hashWithout(letters, all, -1)]);
  for (let one = 0; one < letters.length; one += 1) {
    hashes.add(hashWithout(letters, all, one));
    if (slips < 2) continue;
    const shorter = letters.filter((_, at) => at !== one);
    for (let other = one; other < shorter.length; other += 1) hashes.add(hashWithout(shorter, { from: 0, to: shorter.length }, other));
  }
  return hashes;
}

/** A hash of lower-case letters, taken letter by letter from `HASH_START` on; what it names is asked with `isKnownHash`. */
export const HASH_START = BASIS;
export const hashOn = (hash: number, letter: number): number => Math.imul(hash ^ letter, PRIME);

export interface Range {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
}

const unitsOfWord = (word: string): Uint16Array => Uint16Array.from(word, (letter) => letter.charCodeAt(0));

/** What a search looks for, and the nearest word so far. */
interface Best {
  hash: number;
  word: number;
  /** Slips; one that exchanges letters counts less than one that loses or changes a letter. */
  far: number;
}

class WordIndex {
  /** Hashes of all words that are right as they are. */
  readonly #known = new Int32Array(KNOWN_SLOTS);
  readonly #exact = new Int32Array(KNOWN_SLOTS);
  /** Hashes of words with letters taken away, and which word it was. */
  readonly #less = new Int32Array(SLOTS);
  readonly #word = new Uint16Array(SLOTS);
  /** Names come again and again: the last answers, by hash. */
  readonly #recent = new Int32Array(RECENT);
  readonly #recentWord = new Int16Array(RECENT);
  readonly #spelled = WORDS.map(unitsOfWord);

  constructor() {
    for (const word of [...COMMON, ...STRANGERS, ...WORDS]) this.#add(this.#known, word);
    for (const word of WANTED) this.#add(this.#exact, word);
    for (const [index, letters] of this.#spelled.entries())
      for (const hash of hashesOf(letters, slipsOf(index, letters.length))) this.#put(hash, index);
  }

  #add(table: Int32Array, word: string): void {
    const hash = hashWithout(unitsOfWord(word), { from: 0, to: word.length }, -1);
    const mask = table.length - 1;
    let slot = spread(hash) & mask;
    while (table[slot] !== 0 && table[slot] !== hash) slot = (slot + 1) & mask;
    table[slot] = hash;
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

  isKnown(letters: Uint16Array, range: Range): boolean {
    return has(this.#known, hashWithout(letters, range, -1));
  }

  /** The number of a word that is spelled so; -1 if there is none. */
  find(letters: Uint16Array, range: Range): number {
    const hash = hashWithout(letters, range, -1);
    const best = { hash, word: WORDS.length, far: 0 };
    this.#consider(letters, range, best);
    return best.word === WORDS.length ? -1 : best.word;
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
    const length = range.to - range.from;
    const best = { hash: whole, word: WORDS.length, far: 3 };
    this.#consider(letters, range, best);
    for (let one = range.from; one < range.to && best.far > 0; one += 1) {
      best.hash = hashWithout(letters, range, one);
      this.#consider(letters, range, best);
    }
    // Two slips only where one does not explain it.
    if (length < TWO_SLIPS_FROM - 1 || best.far < 3) return best.word === WORDS.length ? -1 : best.word;
    let prefix = hashOn(BASIS, letters[range.from] ?? 0);
    for (let one = range.from + 1; one < range.to; one += 1) {
      let middle = prefix;
      for (let other = one + 1; other < range.to; other += 1) {
        let hash = middle;
        for (let at = other + 1; at < range.to; at += 1) hash = hashOn(hash, letters[at] ?? 0);
        best.hash = hash | 1;
        this.#consider(letters, range, best);
        middle = hashOn(middle, letters[other] ?? 0);
      }
      prefix = hashOn(prefix, letters[one] ?? 0);
    }
    return best.word === WORDS.length ? -1 : best.word;
  }

  #consider(letters: Uint16Array, range: Range, best: Best): void {
    const { hash } = best;
    for (let slot = spread(hash) & (SLOTS - 1); this.#less[slot] !== 0; slot = (slot + 1) & (SLOTS - 1)) {
      if (this.#less[slot] !== hash) continue;
      const word = this.#word[slot] ?? 0;
      const spelled = this.#spelled[word];
      if (spelled === undefined) continue;
      const slips = slipsBetween(letters, range, spelled);
      // Two slips and another first letter: most likely another word.
      if (range.to - range.from <= LETTERS_MIN && !SHORT.has(WORDS[word] ?? '')) continue;
      const isLike = slips <= slipsOf(word, spelled.length) && (slips < 2 || letters[range.from] === spelled[0]);
      // Of words as near, the one of the same letters ("yoru" is "your" and not "you"), then the wanted or more common one.
      const far = slips === 1 && !isAnagram(letters, range, spelled) ? 1.5 : slips;
      if (!isLike || far > best.far || (far === best.far && word >= best.word)) continue;
      best.word = word;
      best.far = far;
    }
  }
}

function isAnagram(letters: Uint16Array, { from, to }: Range, spelled: Uint16Array): boolean {
  if (to - from !== spelled.length) return false;
  let sum = 0;
  for (let at = 0; at < spelled.length; at += 1) sum += (letters[from + at] ?? 0) - (spelled[at] ?? 0);
  return sum === 0;
}

function has(table: Int32Array, hash: number): boolean {
  const mask = table.length - 1;
  for (let slot = spread(hash) & mask; table[slot] !== 0; slot = (slot + 1) & mask) if (table[slot] === hash) return true;
  return false;
}

const ROW = LETTERS_MAX + 2;
const rows = new Uint8Array((LETTERS_MAX + 2) * ROW);

/** Slips between two words: a letter too many, too few, another one, or two exchanged (Damerau 1964, optimal string alignment). */
function slipsBetween(one: Uint16Array, { from, to }: Range, other: Uint16Array): number {
  const length = to - from;
  if (Math.abs(length - other.length) > 2 || other.length > LETTERS_MAX) return 3;
  for (let column = 0; column <= other.length; column += 1) rows[column] = column;
  for (let row = 1; row <= length; row += 1) {
    rows[row * ROW] = row;
    for (let column = 1; column <= other.length; column += 1) {
      const isSame = one[from + row - 1] === other[column - 1];
      const at = row * ROW + column;
      let least = Math.min((rows[at - ROW] ?? 0) + 1, (rows[at - 1] ?? 0) + 1, (rows[at - ROW - 1] ?? 0) + (isSame ? 0 : 1));
      const isExchanged = row > 1 && column > 1 && one[from + row - 1] === other[column - 2] && one[from + row - 2] === other[column - 1];
      if (isExchanged) least = Math.min(least, (rows[at - 2 * ROW - 2] ?? 0) + 1);
      rows[at] = least;
    }
  }
  return rows[length * ROW + other.length] ?? 3;
}

let index: WordIndex | undefined;

/** Built on first use. */
export function wordIndex(): WordIndex {
  index ??= new WordIndex();
  return index;
}

export const isWanted = (word: number): boolean => word >= 0 && word < WANTED_COUNT;
export const wordAt = (word: number): string => WORDS[word] ?? '';

/** Share of the words, written in ASCII letters, that are common in other languages than English and in no English text. */
export function foreignShare(text: string): number {
  const words = text.toLowerCase().match(/[a-z]+/g) ?? [];
  return words.filter((word) => FOREIGN.has(word)).length / Math.max(1, words.length);
}
