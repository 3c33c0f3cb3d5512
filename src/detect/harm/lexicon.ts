// Words by what they speak of: violence, weapons, drugs, insults, groups of people … A word alone proves nothing; which classes meet does.
import lexicon from './lexicon.json' with { type: 'json' };
import { plainWord } from './plain-word.ts';

/** How many classes there are. */
export const CLASSES = Object.keys(lexicon).length;

const NONE: readonly number[] = [];
const whole = new Map<string, readonly number[]>();
const stems = new Map<string, readonly number[]>();
/** The first word of a phrase, to the rest of it. */
const phrases = new Map<string, { readonly rest: readonly string[]; readonly name: number }[]>();

const addTo = (map: Map<string, readonly number[]>, word: string, name: number): void =>
  void map.set(word, [...new Set([...(map.get(word) ?? NONE), name])]);

for (const [name, words] of Object.values(lexicon).entries()) {
  for (const word of words.split(' ')) {
    const [first = '', ...rest] = word.split('-').map(plainWord);
    if (rest.length > 0) phrases.set(first, [...(phrases.get(first) ?? []), { rest, name }]);
    else if (word.endsWith('*')) addTo(stems, first.slice(0, -1), name);
    else addTo(whole, first, name);
  }
}

const STEM_UNITS_MIN = Math.min(...[...stems.keys()].map((stem) => stem.length));
const STEM_UNITS_MAX = Math.max(...[...stems.keys()].map((stem) => stem.length));

/** Classes of the word at this place, and of the phrase that begins there. Some may be named twice. */
export function classesAt(words: readonly string[], at: number): readonly number[] {
  const word = words[at] ?? '';
  let found = whole.get(word) ?? NONE;
  for (let size = STEM_UNITS_MIN; size <= Math.min(STEM_UNITS_MAX, word.length); size += 1) {
    const names = stems.get(word.slice(0, size));
    if (names !== undefined) found = found.length === 0 ? names : [...found, ...names];
  }
  for (const { rest, name } of phrases.get(word) ?? [])
    if (rest.every((part, index) => words[at + 1 + index] === part)) found = [...found, name];
  return found;
}
