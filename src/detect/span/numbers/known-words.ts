// Finds the words and phrases of all lists in stretches of a text. Stretches before two numbers mostly overlap, and so what was read is
// remembered: each unit is read once, whoever asks.
import assert from 'node:assert/strict';
import { codeAt } from '../chars.ts';

/** Units from here on are no Latin letters, but for a few odd capitals. */
export const LETTERS_END = 0x250;

const DOTTED_I = 0x130;

/** What ends a word. */
const IS_OTHER = 0;
const IS_FOREIGN = 1;
/** A phrase may be known by it. */
const IS_SIGN = 2;
/** Latin letters by their units, as small letters, which are greater than the kinds of all else. */
const KINDS = Uint16Array.from({ length: LETTERS_END }, (_, code) => {
  const small = String.fromCharCode(code).toLowerCase();
  if (code === DOTTED_I) return IS_FOREIGN;
  return /^[a-z\u00c0-\u024f]$/.test(small) ? small.charCodeAt(0) : IS_OTHER;
});
const SIGN = /[^a-z\u00c0-\u024f]/;
/** Their small letters are two units, or stand in the table although they do not: dotted I, capital sharp s, the signs of kelvin and ångström, rare ones. */
const ODD_CAPITALS = /[\u0130\u1e9e\u212a\u212b\u2c7e\u2c7f\ua7dc]/;

/**
 * All words and phrases; what was found is told by its place here. A phrase is tried where a sign of it stands behind a letter: its
 * first with two units of its own before it, if there is one.
 */
const KNOWN: string[] = [];
const SIGN_AT: number[] = [];
/** By a hash of the word, or of the sign and the one or two units before it: the first with it and one more, or 0; and by each, the next. */
const HASH_BITS = 13;
const WORDS = new Uint16Array(1 << HASH_BITS);
const PHRASES = new Uint16Array(1 << HASH_BITS);
const NEXT: number[] = [];
/** What the lists in which it stands are about, as bits. */
const TOPICS: number[] = [];

const hashOn = (hash: number, unit: number): number => (Math.imul(hash, 31) + unit) | 0;
const signHash = (before: number, last: number, sign: number): number => (before << 18) ^ (last << 9) ^ sign;
const slotOf = (hash: number): number => Math.imul(hash, 0x9e3779b1) >>> (32 - HASH_BITS);

/** The numbers of words in small letters; those that are new are found from now on. `topic` is one bit. */
export const learn = (words: readonly string[], topic: number): readonly number[] =>
  words.map((word) => {
    const id = learnWord(word);
    TOPICS[id] = (TOPICS[id] ?? 0) | topic;
    return id;
  });

function learnWord(word: string): number {
  const known = KNOWN.indexOf(word);
  if (known >= 0) return known;
  const id = KNOWN.push(word) - 1;
  const signAt = SIGN.test(word) ? signOf(word) : 0;
  const heads = signAt > 0 ? PHRASES : WORDS;
  const slot = slotOf(signAt > 0 ? phraseHash(word, signAt) : hashOf(word, 0, word.length));
  SIGN_AT[id] = signAt;
  NEXT[id] = heads[slot] ?? 0;
  heads[slot] = id + 1;
  if (signAt > 0) KINDS[word.charCodeAt(signAt)] = IS_SIGN;
  return id;
}

function signOf(phrase: string): number {
  const signs = [...phrase].flatMap((unit, at) => (at > 0 && SIGN.test(unit) && !SIGN.test(phrase[at - 1] ?? '') ? [at] : []));
  const signAt = signs.find((at) => at > 1) ?? signs[0];
  assert(signAt !== undefined, `no sign behind a letter of ${phrase}`);
  return signAt;
}

const phraseHash = (phrase: string, signAt: number): number =>
  signHash(signAt > 1 ? phrase.charCodeAt(signAt - 2) : 0, phrase.charCodeAt(signAt - 1), phrase.charCodeAt(signAt));

const kindOf = (code: number): number => (code < LETTERS_END ? (KINDS[code] ?? IS_OTHER) : IS_FOREIGN);

/** The unit as a small letter; 0 if it is none. */
const letterAt = (text: string, at: number): number => {
  const kind = kindOf(codeAt(text, at));
  return kind > IS_SIGN ? kind : 0;
};

function hashOf(text: string, from: number, to: number): number {
  let hash = 0;
  for (let at = from; at < to; at += 1) hash = hashOn(hash, letterAt(text, at));
  return hash;
}

/** What was found; reused from one reading to the next, and so valid until the next. */
export interface WordsRead {
  /** Which reading it was. */
  turn: number;
  /** Words and phrases of any list, by their numbers: the first `count`. */
  readonly ids: Int32Array;
  count: number;
  /** What the lists are about in which any of them stands, as bits; all where units may stand there that no list was looked through for. */
  topics: number;
  /** Whether units beyond the Latin letters may stand there. */
  isForeign: boolean;
}

/** More than stand before any number; what is too much for one reading is a bug. */
const IDS_MAX = 1_024;
/** The last reading. */
export const wordsRead: WordsRead = { turn: 1, ids: new Int32Array(IDS_MAX), count: 0, topics: 0, isForeign: false };

/** What stands from `from` to `to`, in any case; a word that begins or ends beyond counts as far as it stands there. */
export function readWords(text: string, from: number, to: number): WordsRead {
  readOn(text, from, to);
  const isForeign = foreignEnd > from;
  if (isForeign) {
    const part = text.slice(from, to);
    const small = ODD_CAPITALS.test(part) ? part.toLowerCase() : part;
    if (small !== part) return readWords(small, 0, small.length);
  }
  wordsRead.turn += 1;
  wordsRead.isForeign = isForeign;
  wordsRead.count = 0;
  wordsRead.topics = isForeign ? -1 : 0;
  findBetween(text, from, to);
  return wordsRead;
}

function tell(id: number): void {
  assert(wordsRead.count < IDS_MAX, 'more words than a reading may find');
  wordsRead.ids[wordsRead.count] = id;
  wordsRead.topics |= TOPICS[id] ?? 0;
  wordsRead.count += 1;
}

// What was read last, from `readFrom` to `readTo`. Written and read within one step of one stream, and so shared by all.
let readText = '';
let readFrom = 0;
/** Never inside a word. */
let readTo = 0;
/** Behind the last unit that is beyond the Latin letters. */
let foreignEnd = 0;

/** Four numbers each: the word, where it begins and ends, and where it was noticed, which is ascending. */
const HIT_NUMBERS = 4;
const HITS_KEPT = 1_024;
let hits = new Int32Array(HITS_KEPT);
let hitsEnd = 0;

/** Lets go of the text: nothing of it is kept beyond the step. */
export function forgetWords(): void {
  startAt('', 0);
  if (hits.length > HITS_KEPT) hits = new Int32Array(HITS_KEPT);
}

function startAt(text: string, from: number): void {
  readText = text;
  readFrom = from;
  readTo = from;
  foreignEnd = 0;
  hitsEnd = 0;
}

function addHit(word: number, begin: number, at: number): void {
  if (hitsEnd === hits.length) {
    const more = new Int32Array(hits.length * 2);
    more.set(hits);
    hits = more;
  }
  hits[hitsEnd] = word;
  hits[hitsEnd + 1] = begin;
  hits[hitsEnd + 2] = begin + (KNOWN[word] ?? '').length;
  hits[hitsEnd + 3] = at;
  hitsEnd += HIT_NUMBERS;
}

/** Reads the words that end before `to`. */
function readOn(text: string, from: number, to: number): void {
  if (from < readFrom || from > readTo || text !== readText) startAt(text, from);
  let at = readTo;
  while (at < to) {
    const first = kindOf(text.charCodeAt(at));
    if (first <= IS_SIGN) {
      if (first === IS_FOREIGN) foreignEnd = at + 1;
      at += 1;
      continue;
    }
    const begin = at;
    let hash = 0;
    let kind = first;
    do {
      hash = hashOn(hash, kind);
      at += 1;
      kind = at < to ? kindOf(text.charCodeAt(at)) : IS_OTHER;
    } while (kind > IS_SIGN);
    if (at >= to) {
      at = begin;
      break;
    }
    const word = wordAt(text, begin, { hash, end: at });
    if (word >= 0) addHit(word, begin, at);
    if (kind === IS_SIGN) addPhrases(text, at);
  }
  if (at > readTo) readTo = at;
}

/** The known word that is written from `begin` to `end`, in any case; -1 if it is none. */
function wordAt(text: string, begin: number, { hash, end }: { readonly hash: number; readonly end: number }): number {
  for (let next = WORDS[slotOf(hash)] ?? 0; next > 0; next = NEXT[next - 1] ?? 0) {
    const word = KNOWN[next - 1] ?? '';
    if (word.length === end - begin && standsAt(text, begin, word)) return next - 1;
  }
  return -1;
}

/** Phrases of which the sign that tells them stands at `at`, behind a letter. */
function addPhrases(text: string, at: number): void {
  const sign = text.charCodeAt(at);
  const last = letterAt(text, at - 1);
  addPhrasesOf(text, signHash(smallAt(text, at - 2), last, sign), at);
  addPhrasesOf(text, signHash(0, last, sign), at);
}

function addPhrasesOf(text: string, hash: number, at: number): void {
  for (let next = PHRASES[slotOf(hash)] ?? 0; next > 0; next = NEXT[next - 1] ?? 0) {
    const begin = at - (SIGN_AT[next - 1] ?? 0);
    if (standsAt(text, begin, KNOWN[next - 1] ?? '')) addHit(next - 1, begin, at);
  }
}

const smallAt = (text: string, at: number): number => letterAt(text, at) || codeAt(text, at);

/** Whether `word`, which is in small letters, stands at `at` in any. */
function standsAt(text: string, at: number, word: string): boolean {
  for (let index = 0; index < word.length; index += 1) {
    if (smallAt(text, at + index) !== word.charCodeAt(index)) return false;
  }
  return true;
}

function findBetween(text: string, from: number, to: number): void {
  for (let index = hitsEnd - HIT_NUMBERS; index >= 0 && (hits[index + 3] ?? 0) > from; index -= HIT_NUMBERS) {
    if ((hits[index + 1] ?? 0) >= from && (hits[index + 2] ?? 0) <= to) tell(hits[index] ?? 0);
  }
  const cut = cutWord(text, from, to);
  if (cut >= 0) tell(cut);
  const last = lastWord(text, from, to);
  if (last >= 0) tell(last);
}

/** What stands of a word that began before. */
function cutWord(text: string, from: number, to: number): number {
  if (from === 0 || from >= to || letterAt(text, from - 1) === 0) return -1;
  let end = from;
  while (end < to && letterAt(text, end) !== 0) end += 1;
  return end === from ? -1 : wordAt(text, from, { hash: hashOf(text, from, end), end });
}

/** The word at the end: its end was not read, or it goes on. */
function lastWord(text: string, from: number, to: number): number {
  let begin = to;
  while (begin > from && letterAt(text, begin - 1) !== 0) begin -= 1;
  return begin === to ? -1 : wordAt(text, begin, { hash: hashOf(text, begin, to), end: to });
}
