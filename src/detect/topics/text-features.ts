// What a text speaks of, as hashed features: its words, their stems and the letters inside them. Words that glue sentences together say nothing.
import glue from './glue-words.json' with { type: 'json' };
import words from './small-words.json' with { type: 'json' };
import { plain, wordsOf, type Word } from './words.ts';

const setOf = (list: string): ReadonlySet<string> => new Set(list.split(' ').flatMap((word) => [word, plain(word)]));
const ENGLISH = setOf(`${words.glue} ${words.chat}`);
const OTHERS: readonly ReadonlySet<string>[] = Object.values(glue).map(setOf);
/** A language in which an operator writes shows so many of its glue words in the examples. */
const GLUE_MIN = 3;

/** Words that say nothing in the languages of these texts, and in English. A word that is glue in one language is a topic in another. */
export function silentIn(texts: readonly string[]): ReadonlySet<string> {
  const seen = new Set(texts.flatMap((text) => [...wordsOf(text)].map(({ word }) => plain(word))));
  const spoken = OTHERS.filter((set) => [...seen].filter((word) => set.has(word) && !ENGLISH.has(word)).length >= GLUE_MIN);
  return new Set([...ENGLISH, ...spoken.flatMap((set) => [...set])]);
}

const NUMBER = /\p{N}+/gu;
/** Most words of one text that are read. */
const WORDS_MAX = 400;
const UNITS_MAX = 16_384;
const STEM_UNITS = 5;

/** Numbers and signs of calculation are words too: they are what mathematics is written in. */
const SIGNS = /[+=×÷√%]|\d\s*[*/−-]\s*\d/;

export interface Features {
  /** By feature, how much it weighs. */
  readonly weights: ReadonlyMap<string, number>;
  /** Words that say something. */
  readonly words: number;
}

export function featuresOf(given: string, silent: ReadonlySet<string>): Features {
  const text = given.slice(0, UNITS_MAX).normalize('NFKC');
  const weights = new Map<string, number>();
  const add = (feature: string, weight: number): void => void weights.set(feature, Math.max(weight, weights.get(feature) ?? 0));
  let count = 0;
  for (const word of wordsOf(text)) {
    const bare = plain(word.word);
    if (silent.has(bare) || (bare !== word.word && silent.has(word.word)) || isParticle(word)) continue;
    count += 1;
    if (count > WORDS_MAX) break;
    if (word.isCut) addCut(word.word, add);
    else addWord(bare.replace(/'s$/, ''), add);
  }
  const numbers = text.match(NUMBER)?.length ?? 0;
  if (numbers > 0) add('#', 0.5);
  if (SIGNS.test(text)) add('±', 1);
  return { weights, words: Math.min(WORDS_MAX, count + numbers) };
}

/** Endings and joining words of Japanese. */
const isParticle = ({ word, isCut }: Word): boolean => isCut && /^[\u3040-\u309f]{1,2}$/.test(word);

type Add = (feature: string, weight: number) => void;

function addWord(word: string, add: Add): void {
  add(`w ${word}`, 1);
  add(`s ${stemOf(word)}`, 1);
  if (word.length > STEM_UNITS) for (let at = 0; at + 4 <= word.length; at += 1) add(`g ${word.slice(at, at + 4)}`, 0.2);
}

/** Of a script without blanks, each letter may be half of the sense. */
function addCut(word: string, add: Add): void {
  add(`w ${word}`, 2);
  if (word.length > 1) for (const letter of word) add(`g ${letter}`, 0.2);
}

/** Crude, and the same for all languages with endings: plural and verb endings off, then the first letters. */
function stemOf(word: string): string {
  const bare = word.replace(/(?:ies|ing|ed|es|s|y|e)$/, '');
  return (bare.length >= 3 ? bare : word).slice(0, STEM_UNITS + 1);
}
