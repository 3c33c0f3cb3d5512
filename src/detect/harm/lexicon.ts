// Words by what they speak of: violence, weapons, drugs, insults, groups of people … A word alone proves nothing; which classes meet does.
import lexicon from './lexicon.json' with { type: 'json' };

const NAMES = Object.keys(lexicon);

const whole = new Map<string, number>();
const stems = new Map<string, number>();
/** The first word of a phrase, to the rest of it. */
const phrases = new Map<string, { readonly rest: readonly string[]; readonly bit: number }[]>();

for (const [at, words] of Object.values(lexicon).entries()) {
  for (const word of words.split(' ')) {
    const bit = 1 << at;
    const parts = word.split('-');
    const [first = ''] = parts;
    if (parts.length > 1) phrases.set(first, [...(phrases.get(first) ?? []), { rest: parts.slice(1), bit }]);
    else if (word.endsWith('*')) stems.set(word.slice(0, -1), (stems.get(word.slice(0, -1)) ?? 0) | bit);
    else whole.set(word, (whole.get(word) ?? 0) | bit);
  }
}

const STEM_UNITS_MIN = Math.min(...[...stems.keys()].map((stem) => stem.length));
const STEM_UNITS_MAX = Math.max(...[...stems.keys()].map((stem) => stem.length));

/** Classes of one word, as bits. */
function bitsOf(words: readonly string[], at: number): number {
  const word = words[at] ?? '';
  let bits = whole.get(word) ?? 0;
  for (let size = STEM_UNITS_MIN; size <= Math.min(STEM_UNITS_MAX, word.length); size += 1) bits |= stems.get(word.slice(0, size)) ?? 0;
  for (const { rest, bit } of phrases.get(word) ?? []) if (rest.every((part, index) => words[at + 1 + index] === part)) bits |= bit;
  return bits;
}

/** How many words of each class there are, in the order of the lexicon. */
export function classesOf(words: readonly string[]): readonly number[] {
  const counts = NAMES.map(() => 0);
  for (let at = 0; at < words.length; at += 1) {
    const bits = bitsOf(words, at);
    for (let name = 0; bits >>> name !== 0; name += 1) if (((bits >>> name) & 1) === 1) counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}
