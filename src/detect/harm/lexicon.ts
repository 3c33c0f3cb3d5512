// Words by what they speak of: violence, weapons, drugs, insults, groups of people … A word alone proves nothing; which classes meet does.
import lexicon from './lexicon.json' with { type: 'json' };
import languages from './lexicon-languages.json' with { type: 'json' };
import { wordsOf } from './plain-word.ts';

/** How many classes there are. */
export const CLASSES = Object.keys(lexicon).length;

const NONE: readonly number[] = [];
const whole = new Map<string, readonly number[]>();
const stems = new Map<string, readonly number[]>();
/** The first word of a phrase, to the rest of it; the last of them may be a stem. */
const phrases = new Map<string, { readonly rest: readonly string[]; readonly isStem: boolean; readonly name: number }[]>();
const PHRASE_WORDS_MAX = 16;

const addTo = (map: Map<string, readonly number[]>, word: string, name: number): void =>
  void map.set(word, [...new Set([...(map.get(word) ?? NONE), name])]);

/** `word`: parts of a phrase are joined by `-`; `*` at the end of a stem. */
function put(word: string, name: number): void {
  const isStem = word.endsWith('*');
  const [first = '', ...rest] = wordsOf((isStem ? word.slice(0, -1) : word).replaceAll('-', ' '), PHRASE_WORDS_MAX);
  if (rest.length > 0) phrases.set(first, [...(phrases.get(first) ?? []), { rest, isStem, name }]);
  else addTo(isStem ? stems : whole, first, name);
}

/** The same classes in other languages, so that what is learned of them in one is known in all. */
const inLanguages: Readonly<Record<string, Readonly<Record<string, string>>>> = languages;

for (const [number, [name, words]] of Object.entries(lexicon).entries())
  for (const line of [words, ...Object.values(inLanguages[name] ?? {})]) line.split(' ').forEach((word) => put(word, number));

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
  for (const { rest, isStem, name } of phrases.get(word) ?? []) {
    const isThere = rest.every((part, index) => {
      const next = words[at + 1 + index] ?? '';
      return isStem && index === rest.length - 1 ? next.startsWith(part) : next === part;
    });
    if (isThere) found = [...found, name];
  }
  return found;
}
