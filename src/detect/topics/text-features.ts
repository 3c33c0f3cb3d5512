// What a text speaks of, as hashed features: its words, their stems and the letters inside them. Words that glue sentences together say nothing.
import words from './small-words.json' with { type: 'json' };

const SILENT: ReadonlySet<string> = new Set(`${words.glue} ${words.chat}`.split(' '));
const WORD = /[\p{L}\p{M}]+(?:['’][\p{L}]+)?|\p{N}+/gu;
/** Most words of one text that are read. */
const WORDS_MAX = 400;
const STEM_UNITS = 5;

/** Numbers and signs of calculation are words too: they are what mathematics is written in. */
const SIGNS = /[+=×÷√%]|\d\s*[*/−-]\s*\d/g;

export interface Features {
  /** By feature, how much it weighs. */
  readonly weights: ReadonlyMap<string, number>;
  /** Words that say something. */
  readonly words: number;
}

export function featuresOf(text: string): Features {
  const weights = new Map<string, number>();
  const add = (feature: string, weight: number): void => void weights.set(feature, Math.max(weight, weights.get(feature) ?? 0));
  let count = 0;
  for (const [written] of text.slice(0, 16_384).normalize('NFKC').toLowerCase().replaceAll('’', "'").matchAll(WORD)) {
    if (SILENT.has(written)) continue;
    count += 1;
    if (count > WORDS_MAX) break;
    if (/^\p{N}/u.test(written)) {
      add('#', 0.5);
      continue;
    }
    const word = written.replace(/'s$/, '');
    add(`w ${word}`, 1);
    const stem = stemOf(word);
    add(`s ${stem}`, 1);
    if (word.length > STEM_UNITS) for (let at = 0; at + 4 <= word.length; at += 1) add(`g ${word.slice(at, at + 4)}`, 0.2);
  }
  if (SIGNS.test(text)) add('±', 1);
  SIGNS.lastIndex = 0;
  return { weights, words: count };
}

/** Crude, and the same for all languages with endings: plural and verb endings off, then the first letters. */
function stemOf(word: string): string {
  const bare = word.replace(/(?:ies|ing|ed|es|s|y|e)$/, '');
  return (bare.length >= 3 ? bare : word).slice(0, STEM_UNITS + 1);
}
