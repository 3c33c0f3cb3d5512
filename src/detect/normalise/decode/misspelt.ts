// Words of attacks that were misspelt so that they are not seen: letters left out, doubled, exchanged or replaced, signs for
// letters, marks or blanks inside a word, words run together. Words that attacks are made of and common words are put right,
// only in English text and only where no known word stands; the plain reading stays beside this one.
import { ForeignSentences } from '../foreign-sentences.ts';
import { kindOf, LETTER, LETTER_OF, MARK, OTHER, SIGN } from './letter-kinds.ts';
import type { Decoded } from '../layer.ts';
import { AS_I, NO_SIGNS, SIGN_READINGS, spell, spelled, spellKinds, textOf } from './spelling.ts';
import { Splice } from '../splice.ts';
import { unitsOf } from '../units.ts';
import { HASH_START, hashOn, wordIndex } from '../wanted.ts';
import type { Range } from '../word-list.ts';

const BLANK = 32;
const EXCLAMATION = 33;
const FOREIGN_FROM = 0xc0;
/** Share of a text's words that are English, put right or not, for it to be English. */
const ENGLISH_SHARE = 0.5;
/** More words than any text has that is judged as one: what is no English up to here costs no more. */
const LONG_WORDS = 4096;
const FOREIGN_SHARE = 0.12;
/** Two letters are short for something ("UK", "sk", "hw") far more often than a slip of "ask" or "how". */
const PUT_RIGHT_FROM = 3;

const CHUNK_MAX = 44;
const LETTERS_MIN = 3;
const LETTERS_MAX = 22;
const WORD_MIN = 5;
const JOINED_MIN = 6;
const RUN_ON_MIN = 8;
const PART_MIN = 2;
const PART_KNOWN_MIN = 3;
const STRETCH_MIN = 3;

/** What a word between blanks is. */
interface Chunk {
  readonly from: number;
  readonly to: number;
  readonly letters: number;
  readonly others: number;
}

interface Part extends Chunk {
  readonly isKnown: boolean;
  readonly hash: number;
}

/** Two words in one, and not "id", "hell" and "its"; where the first has three letters and more it is known by itself. */
const SHORTENED = /^(?:i'(?:d|ll|m|ve)|(?:it|he)'(?:d|ll|s)|we'(?:d|ll|re|ve))$/i;
const SHORTENED_MAX = 5;

const wasKnown = ({ isKnown }: Part): boolean => isKnown;

/** Whether a word ends here, with a stop perhaps, and not with a mark inside it. */
function isEnd(units: Uint16Array, at: number): boolean {
  const unit = units[at] ?? 0;
  const kind = kindOf(unit);
  if (kind === OTHER) return unit < FOREIGN_FROM;
  const next = units[at + 1] ?? 0;
  return (kind === MARK || unit === EXCLAMATION) && kindOf(next) === OTHER && next < FOREIGN_FROM;
}

/** Nothing where no such word stands in the text. */
export function decodeMisspelt(text: string): Decoded | undefined {
  const reader = new Reader(text);
  return reader.read();
}

class Reader {
  readonly #text: string;
  readonly #units: Uint16Array;
  readonly #index = wordIndex();
  #splice: Splice | undefined;
  /** Of the words put right, those that attacks are made of. */
  #undone = 0;
  #repaired = 0;
  /** Where words stand that had to be put right, or that are too short to be put right and no words. */
  readonly #oddAt: number[] = [];
  /** Marks between letters and signs for them leave no doubt about the word, and names in code are no slips. */
  #isReversible = false;
  #words = 0;
  #known = 0;
  readonly #sentences: ForeignSentences;
  /** The chunks just before, as long as they could be parts of one word. */
  #parts: readonly Part[] = [];
  readonly #hashes = [HASH_START, HASH_START];

  constructor(text: string) {
    this.#text = text;
    this.#units = unitsOf(text);
    this.#sentences = new ForeignSentences(this.#units, text.length);
  }

  read(): Decoded | undefined {
    const end = this.#text.length;
    for (let at = 0; at < end;) {
      const unit = this.#units[at] ?? 0;
      const kind = kindOf(unit);
      if (kind === LETTER || kind === SIGN) at = this.#token(at, end);
      else {
        // Only blanks may stand between the parts of one word.
        if (unit !== BLANK && kind === OTHER) this.#parts = [];
        at += 1;
      }
      if (this.#words >= LONG_WORDS && !this.#isEnglish()) return undefined;
    }
    if (!this.#isEnglish()) return undefined;
    const decoded = this.#splice?.finish();
    if (decoded === undefined) return undefined;
    // What is put right in another language was not wrong.
    const oddAt = this.#oddAt.length > 0 && this.#sentences.share() < FOREIGN_SHARE ? this.#oddAt : [];
    return { ...decoded, undone: this.#undone, oddAt };
  }

  #isEnglish(): boolean {
    return this.#known + this.#repaired >= this.#words * ENGLISH_SHARE;
  }

  /** Reads to the next blank, or to the end of what could be one word. */
  #token(from: number, end: number): number {
    const units = this.#units;
    let hash = HASH_START;
    let twice = this.#hashes[0] ?? HASH_START;
    let thrice = this.#hashes[1] ?? HASH_START;
    let at = from;
    for (; at < end && kindOf(units[at] ?? 0) === LETTER; at += 1) {
      const letter = LETTER_OF[units[at] ?? 0] ?? 0;
      hash = hashOn(hash, letter);
      twice = hashOn(twice, letter);
      thrice = hashOn(thrice, letter);
    }
    const isBare = at > from && (at === end || isEnd(units, at)) && (from === 0 || (units[from - 1] ?? 0) < FOREIGN_FROM);
    // Nearly all words leave here: known ones that make no other word together with those before.
    if (isBare && at - from >= 2 && this.#parts.every(wasKnown) && this.#index.isKnownHash(hash) && !this.#isHalf(twice, thrice)) {
      if (at - from >= 3) {
        this.#words += 1;
        this.#known += 1;
      }
      this.#remember({ from, to: at, letters: at - from, others: 0, isKnown: true, hash });
      return at;
    }
    return this.#odd(from, end);
  }

  #isHalf(twice: number, thrice: number): boolean {
    const count = this.#parts.length;
    return (count > 0 && this.#index.isWantedHash(twice)) || (count > 1 && this.#index.isWantedHash(thrice));
  }

  /** Keeps two chunks back, and the hashes to go on from. */
  #remember(part: Part): void {
    const last = this.#parts.at(-1);
    this.#parts = last === undefined ? [part] : [last, part];
    this.#hashes[0] = part.hash;
    let hash = last?.hash ?? HASH_START;
    for (let at = part.from; at < part.to; at += 1) hash = hashOn(hash, LETTER_OF[this.#units[at] ?? 0] ?? 0);
    this.#hashes[1] = hash;
  }

  #odd(from: number, end: number): number {
    let to = from;
    let at = from;
    for (; at < end; at += 1) {
      const kind = kindOf(this.#units[at] ?? 0);
      if (kind === OTHER) break;
      if (kind !== MARK) to = at + 1;
    }
    // Letters with accents and of other scripts belong to words of other languages.
    const isForeign = (this.#units[to] ?? 0) >= FOREIGN_FROM || (from > 0 && (this.#units[from - 1] ?? 0) >= FOREIGN_FROM);
    if (isForeign) {
      this.#parts = [];
      this.#words += 1;
    } else this.#chunk(this.#trimmed(from, to));
    return at;
  }

  /** Signs at the ends are letters only if the word is none without them: "rules!", "step1", but "1gnore". */
  #trimmed(from: number, to: number): Chunk {
    let start = from;
    let end = to;
    while (end > start && this.#units[end - 1] === EXCLAMATION) end -= 1;
    if (end < to) return this.#trimmed(from, end);
    while (start < end && kindOf(this.#units[start] ?? 0) !== LETTER) start += 1;
    while (end > start && kindOf(this.#units[end - 1] ?? 0) !== LETTER) end -= 1;
    const inner = this.#counted(start, end);
    if (start === from && end === to) return inner;
    const isWord = inner.others === 0 && inner.letters > 2 && this.#index.isKnown(spelled, spell(this.#units, inner));
    return isWord ? inner : this.#counted(from, to);
  }

  #counted(from: number, to: number): Chunk {
    let letters = 0;
    for (let at = from; at < to; at += 1) if (kindOf(this.#units[at] ?? 0) === LETTER) letters += 1;
    return { from, to, letters, others: to - from - letters };
  }

  #chunk(chunk: Chunk): void {
    this.#isReversible = chunk.others > 0;
    if (chunk.letters === 0) this.#parts = [];
    else if (chunk.others === 0) this.#repair(chunk, chunk.to - chunk.from <= CHUNK_MAX ? this.#plain(chunk) : undefined);
    else {
      this.#parts = [];
      const word = chunk.to - chunk.from <= CHUNK_MAX ? this.#marked(chunk) : undefined;
      if (word === undefined) this.#each(chunk);
      else {
        this.#words += 1;
        this.#replace(chunk.from, chunk.to, word);
      }
    }
  }

  #repair(chunk: Chunk, word: string | undefined): void {
    if (word !== undefined) this.#replace(chunk.from, chunk.to, word);
  }

  /** No word as a whole: each part between marks by itself. */
  #each({ from, to }: Chunk): void {
    let start = from;
    for (let at = from; at <= to; at += 1) {
      if (at < to && kindOf(this.#units[at] ?? 0) !== MARK) continue;
      const part = this.#trimmed(start, at);
      if (part.letters > 0 && at - start < to - from && at - start <= CHUNK_MAX)
        this.#repair(part, part.others === 0 ? this.#plain(part) : this.#marked(part));
      this.#parts = [];
      start = at + 1;
    }
  }

  #replace(from: number, to: number, word: string): void {
    this.#splice ??= new Splice(this.#text);
    this.#splice.replace(from, to, word);
    if (!this.#isReversible) this.#oddAt.push(from);
    this.#repaired += 1;
    this.#parts = [];
  }

  /** Letters only. */
  #plain(chunk: Chunk): string | undefined {
    const range = spell(this.#units, chunk);
    const isKnown = this.#index.isKnown(spelled, range);
    if (range.to >= 3) this.#words += 1;
    if (range.to >= 3 && isKnown) this.#known += 1;
    if (!isKnown && this.#sentences.isForeignAt(chunk.from)) {
      this.#parts = [];
      return undefined;
    }
    if (this.#join(chunk, isKnown)) return undefined;
    if (isKnown || range.to < PUT_RIGHT_FROM || this.#joinsNext(chunk)) return undefined;
    spell(this.#units, chunk);
    return this.#closest(range, chunk);
  }

  #closest(range: Range, chunk: Chunk): string | undefined {
    const near = this.#index.nearest(spelled, range);
    if (near >= 0) return this.#told(near);
    return this.#cut(range, chunk) ?? this.#unstretched(range);
  }

  /** "ignoreall": two words that ran together, one of them wanted. */
  #cut({ to }: Range, chunk: Chunk): string | undefined {
    if (to < RUN_ON_MIN) return undefined;
    let hash = hashOn(HASH_START, spelled[0] ?? 0);
    for (let at = PART_MIN; at <= to - PART_MIN; at += 1) {
      hash = hashOn(hash, spelled[at - 1] ?? 0);
      // "ignoreCase" is a name in code.
      if (!this.#index.isKnownHash(hash) || this.#isHump(chunk.from + at)) continue;
      const first = { from: 0, to: at };
      const second = { from: at, to };
      if (this.#index.isKnown(spelled, second) && (this.#isWanted(first) || this.#isWanted(second))) {
        this.#undone += 1;
        return `${textOf(first)} ${textOf(second)}`;
      }
    }
    return undefined;
  }

  #told(word: number): string {
    if (this.#index.isWanted(word)) this.#undone += 1;
    return this.#index.wordAt(word);
  }

  #isHump(at: number): boolean {
    const unit = this.#units[at] ?? 0;
    return unit >= 65 && unit <= 90 && (this.#units[at - 1] ?? 0) >= 97;
  }

  #isWanted(range: Range): boolean {
    return range.to - range.from >= WORD_MIN && this.#index.isWanted(this.#index.find(spelled, range));
  }

  /** "ignoooore": letters said three times and more are said once. */
  #unstretched({ to }: Range): string | undefined {
    let length = 0;
    let run = 0;
    let longest = 0;
    for (let at = 0; at < to; at += 1) {
      run = at > 0 && spelled[at] === spelled[length - 1] ? run + 1 : 1;
      longest = Math.max(longest, run);
      if (run === 1) spelled[length++] = spelled[at] ?? 0;
    }
    if (longest < STRETCH_MIN) return undefined;
    const near = this.#index.nearest(spelled, { from: 0, to: length });
    return near < 0 ? undefined : this.#told(near);
  }

  /** Signs for letters, or marks inside a word. */
  #marked(chunk: Chunk): string | undefined {
    const { to } = spellKinds(this.#units, chunk, AS_I);
    if (to < LETTERS_MIN || to > LETTERS_MAX || this.#isHyphenated(chunk)) return undefined;
    for (const signs of SIGN_READINGS) {
      const range = spellKinds(this.#units, chunk, signs);
      if (range.to >= LETTERS_MIN && this.#index.isKnown(spelled, range)) return this.#exact(range);
    }
    // Names and numbers in code are as short, and one letter away from any word.
    if (chunk.letters < 2 || to < WORD_MIN) return undefined;
    return this.#ofMarked(spellKinds(this.#units, chunk, AS_I)) ?? this.#ofMarked(spellKinds(this.#units, chunk, NO_SIGNS));
  }

  /** A known word, which only signs or marks had hidden. */
  #exact(range: Range): string {
    const word = this.#index.find(spelled, range);
    return word >= 0 ? this.#told(word) : textOf(range);
  }

  #ofMarked(range: Range): string | undefined {
    if (range.to < WORD_MIN || range.to > LETTERS_MAX) return undefined;
    const near = this.#index.nearest(spelled, range);
    return near < 0 ? undefined : this.#told(near);
  }

  /** Parts that are words by themselves, each: "well-known", "and/or", "system.prompt". */
  #isHyphenated({ from, to }: Chunk): boolean {
    if (to - from <= SHORTENED_MAX && SHORTENED.test(this.#text.slice(from, to))) return true;
    let start = from;
    for (let at = from; at <= to; at += 1) {
      const kind = at === to ? MARK : kindOf(this.#units[at] ?? 0);
      if (kind === SIGN) return false;
      if (kind !== MARK) continue;
      if (at > start) {
        const range = spell(this.#units, { from: start, to: at });
        // "what's", "don't"
        const isEnding = at === to && start > from && range.to <= 2 && kindOf(this.#units[start - 1] ?? 0) === MARK;
        if (!isEnding && (range.to < PART_KNOWN_MIN || !this.#index.isKnown(spelled, range))) return false;
      }
      start = at + 1;
    }
    return true;
  }

  /** "ig nore": the last two or three chunks, with nothing but blanks between them, are one word. */
  #join(chunk: Chunk, isKnown: boolean): boolean {
    const before = this.#parts;
    let hash = HASH_START;
    for (let at = chunk.from; at < chunk.to; at += 1) hash = hashOn(hash, LETTER_OF[this.#units[at] ?? 0] ?? 0);
    const part: Part = { ...chunk, isKnown, hash };
    this.#remember(part);
    for (let from = 0; from < before.length; from += 1) {
      const parts = [...before.slice(from), part];
      const word = this.#joined(parts);
      if (word < 0) continue;
      // "the m oon": what could begin the next word does not end the last.
      if (!isKnown && parts.some(wasKnown) && this.#joinsNext(chunk)) continue;
      this.#replace(parts[0]?.from ?? chunk.from, chunk.to, this.#told(word));
      return true;
    }
    spell(this.#units, chunk);
    return false;
  }

  /** Two parts that are words by themselves give only a long word of attacks ("over ride"); strange ones any word, or nearly so. */
  #joined(parts: readonly Part[]): number {
    let length = 0;
    for (const part of parts) {
      if (length + part.to - part.from > LETTERS_MAX) return -1;
      for (let at = part.from; at < part.to; at += 1) spelled[length++] = LETTER_OF[this.#units[at] ?? 0] ?? 0;
    }
    const range = { from: 0, to: length };
    const strangers = parts.filter(({ isKnown }) => !isKnown).length;
    const word = this.#index.find(spelled, range);
    if (word >= 0) return strangers > 0 || (length >= JOINED_MIN && this.#index.isWanted(word)) ? word : -1;
    return strangers === parts.length && length >= JOINED_MIN ? this.#index.nearest(spelled, range) : -1;
  }

  /** "instruc tions": the first part alone would be put right to another word. */
  #joinsNext({ from, to }: Chunk): boolean {
    let next = to;
    while (this.#units[next] === BLANK && next < this.#text.length) next += 1;
    let end = next;
    while (end < this.#text.length && kindOf(this.#units[end] ?? 0) === LETTER) end += 1;
    const length = to - from + end - next;
    if (next === to || end === next || length > LETTERS_MAX) return false;
    spell(this.#units, { from, to });
    for (let at = next; at < end; at += 1) spelled[to - from + at - next] = LETTER_OF[this.#units[at] ?? 0] ?? 0;
    return this.#index.find(spelled, { from: 0, to: length }) >= 0;
  }
}
