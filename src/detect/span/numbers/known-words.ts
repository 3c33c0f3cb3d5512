// Finds the words and phrases of all lists in stretches of a text. Stretches before two numbers mostly overlap, and so what was read is
// remembered: each unit is read once, whoever asks.
import assert from 'node:assert/strict';
import { codeAt } from '../chars.ts';

/** Units from here on are no Latin letters, but for a few odd capitals. */
export const LETTERS_END = 0x250;

/** Latin letters by their units, as small letters; 0 for all that ends a word. */
const LETTERS = Uint16Array.from({ length: LETTERS_END }, (_, code) => {
  const small = String.fromCharCode(code).toLowerCase();
  return /^[a-z\u00c0-\u024f]$/.test(small) ? small.charCodeAt(0) : 0;
});
const SIGN = /[^a-z\u00c0-\u024f]/;
/** Their small letters are two units, or stand in the table although they do not: dotted I, capital sharp s, the signs of kelvin and ångström, rare ones. */
const ODD_CAPITALS = /[\u0130\u1e9e\u212a\u212b\u2c7e\u2c7f\ua7dc]/;
const DOTTED_I = 0x130;

/** A phrase is tried where its first sign stands behind a unit of its own, or behind two if there are as many. */
interface Phrase {
  readonly id: number;
  readonly phrase: string;
  readonly signAt: number;
}

/** All words and phrases; what was found is told by its place here. */
const KNOWN: string[] = [];
/** By a hash of the word, and by one of the sign and the one or two units before it. */
const WORDS = new Map<number, readonly number[]>();
const PHRASES = new Map<number, readonly Phrase[]>();
/** Whether a hash may be in the map; asked first, because most words are unknown. */
const FILTER_BITS = 13;
const MAY_BE_WORD = new Uint8Array(1 << FILTER_BITS);
const MAY_BE_PHRASE = new Uint8Array(1 << FILTER_BITS);

const hashOn = (hash: number, unit: number): number => (Math.imul(hash, 31) + unit) | 0;
const signHash = (before: number, last: number, sign: number): number => (before << 18) ^ (last << 9) ^ sign;
const filterAt = (hash: number): number => Math.imul(hash, 0x9e3779b1) >>> (32 - FILTER_BITS);

/** The numbers of words in small letters; those that are new are found from now on. */
export const learn = (words: readonly string[]): readonly number[] => words.map(learnWord);

function learnWord(word: string): number {
  const known = KNOWN.indexOf(word);
  if (known >= 0) return known;
  const id = KNOWN.push(word) - 1;
  if (SIGN.test(word)) {
    const phrase = phraseOf(word, id);
    const before = phrase.signAt > 1 ? word.charCodeAt(phrase.signAt - 2) : 0;
    const hash = signHash(before, word.charCodeAt(phrase.signAt - 1), word.charCodeAt(phrase.signAt));
    PHRASES.set(hash, [...(PHRASES.get(hash) ?? []), phrase]);
    MAY_BE_PHRASE[filterAt(hash)] = 1;
  } else {
    const hash = hashOf(word, 0, word.length);
    WORDS.set(hash, [...(WORDS.get(hash) ?? []), id]);
    MAY_BE_WORD[filterAt(hash)] = 1;
  }
  return id;
}

function phraseOf(phrase: string, id: number): Phrase {
  const later = phrase.slice(2).search(SIGN);
  const signAt = later < 0 ? phrase.slice(1).search(SIGN) + 1 : later + 2;
  assert(signAt > 0, `no sign behind the first unit of ${phrase}`);
  return { id, phrase, signAt };
}

const letterAt = (text: string, at: number): number => {
  const code = codeAt(text, at);
  return code < LETTERS_END ? (LETTERS[code] ?? 0) : 0;
};

function hashOf(text: string, from: number, to: number): number {
  let hash = 0;
  for (let at = from; at < to; at += 1) hash = hashOn(hash, letterAt(text, at));
  return hash;
}

export interface WordsRead {
  /** Words and phrases of any list, by their numbers. */
  readonly words: readonly number[];
  /** Whether units beyond the Latin letters may stand there. */
  readonly isForeign: boolean;
}

const NOTHING: WordsRead = { words: [], isForeign: false };
const FOREIGN: WordsRead = { words: [], isForeign: true };

/** What stands from `from` to `to`, in any case; a word that begins or ends beyond counts as far as it stands there. */
export function readWords(text: string, from: number, to: number): WordsRead {
  readOn(text, from, to);
  const isForeign = foreignEnd > from;
  if (isForeign) {
    const part = text.slice(from, to);
    const small = ODD_CAPITALS.test(part) ? part.toLowerCase() : part;
    if (small !== part) return { words: readWords(small, 0, small.length).words, isForeign };
  }
  const words = wordsBetween(text, from, to);
  return words === undefined ? (isForeign ? FOREIGN : NOTHING) : { words, isForeign };
}

// What was read last, from `readFrom` to `readTo`. Written and read within one step of one stream, and so shared by all.
let readText = '';
let readFrom = 0;
let readTo = 0;
/** Where the word began that goes on at `readTo`, its hash, and the last two units. */
let wordBegin = 0;
let wordHash = 0;
let unitBefore = 0;
let unitLast = 0;
/** Behind the last unit that is beyond the Latin letters. */
let foreignEnd = 0;

interface Hit {
  readonly word: number;
  readonly begin: number;
  readonly end: number;
  /** Where it was noticed; ascending. */
  readonly at: number;
}

let hits: Hit[] = [];

/** Lets go of the text: nothing of it is kept beyond the step. */
export const forgetWords = (): void => {
  if (readText !== '') startAt('', 0);
};

function startAt(text: string, from: number): void {
  readText = text;
  readFrom = from;
  readTo = from;
  wordBegin = from;
  wordHash = 0;
  unitBefore = 0;
  unitLast = 0;
  foreignEnd = 0;
  if (hits.length > 0) hits = [];
}

function readOn(text: string, from: number, to: number): void {
  if (from < readFrom || from > readTo || text !== readText) startAt(text, from);
  for (let at = readTo; at < to; at += 1) {
    const code = text.charCodeAt(at);
    const letter = code < LETTERS_END ? (LETTERS[code] ?? 0) : 0;
    if (letter === 0) readSign(text, at, code);
    else {
      wordHash = hashOn(wordHash, letter);
      unitBefore = unitLast;
      unitLast = letter;
    }
  }
  if (to > readTo) readTo = to;
}

function readSign(text: string, at: number, code: number): void {
  if (code >= LETTERS_END || code === DOTTED_I) foreignEnd = at + 1;
  if (at > wordBegin && MAY_BE_WORD[filterAt(wordHash)] === 1) {
    const word = wordAt(text, wordBegin, at);
    if (word !== undefined) hits.push({ word, begin: wordBegin, end: at, at });
  }
  const sign = signHash(unitBefore, unitLast, code);
  if (MAY_BE_PHRASE[filterAt(sign)] === 1) addPhrases(text, sign, at);
  const shortSign = signHash(0, unitLast, code);
  if (MAY_BE_PHRASE[filterAt(shortSign)] === 1) addPhrases(text, shortSign, at);
  unitBefore = unitLast;
  unitLast = code;
  wordHash = 0;
  wordBegin = at + 1;
}

/** The known word that is written there, in any case. */
function wordAt(text: string, from: number, to: number): number | undefined {
  return WORDS.get(hashOf(text, from, to))?.find((id) => {
    const word = KNOWN[id] ?? '';
    return word.length === to - from && standsAt(text, from, word);
  });
}

function addPhrases(text: string, hash: number, at: number): void {
  for (const { id, phrase, signAt } of PHRASES.get(hash) ?? []) {
    const begin = at - signAt;
    if (standsAt(text, begin, phrase)) hits.push({ word: id, begin, end: begin + phrase.length, at });
  }
}

/** Whether `word`, which is in small letters, stands at `at` in any. */
function standsAt(text: string, at: number, word: string): boolean {
  for (let index = 0; index < word.length; index += 1) {
    const unit = letterAt(text, at + index) || codeAt(text, at + index);
    if (unit !== word.charCodeAt(index)) return false;
  }
  return true;
}

function wordsBetween(text: string, from: number, to: number): number[] | undefined {
  let words: number[] | undefined;
  for (let index = hits.length - 1; index >= 0; index -= 1) {
    const hit = hits[index];
    if (hit === undefined || hit.at <= from) break;
    if (hit.begin >= from && hit.end <= to) (words ??= []).push(hit.word);
  }
  const cut = cutWord(text, from, to);
  if (cut !== undefined) (words ??= []).push(cut);
  const last = lastWord(text, from, to);
  if (last !== undefined) (words ??= []).push(last);
  return words;
}

/** What stands of a word that began before. */
function cutWord(text: string, from: number, to: number): number | undefined {
  if (from === 0 || from >= to || letterAt(text, from - 1) === 0) return undefined;
  let end = from;
  while (end < to && letterAt(text, end) !== 0) end += 1;
  return end === from ? undefined : wordAt(text, from, end);
}

/** The word at the end: its end was not read, or it goes on. */
function lastWord(text: string, from: number, to: number): number | undefined {
  let begin = to;
  while (begin > from && letterAt(text, begin - 1) !== 0) begin -= 1;
  return begin === to ? undefined : wordAt(text, begin, to);
}
