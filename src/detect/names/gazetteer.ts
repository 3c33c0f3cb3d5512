// Lists of names that everybody knows: given names, family names, places, countries, organisations. A hint, never a verdict.
import lists from './gazetteer.json' with { type: 'json' };
import { TOKEN_WORD, type Tokens } from './tokens.ts';

export const LIST_GIVEN = 1;
export const LIST_FAMILY = 2;
export const LIST_PLACE = 4;
export const LIST_COUNTRY = 8;
export const LIST_ORGANISATION = 16;
export const LIST_PART = 32;
/** Words that are no names, however they are written. */
export const LIST_COMMON = 64;

/** Most tokens of one entry. */
const ENTRY_TOKENS_MAX = 4;

export interface Gazetteer {
  /** Calls `set` with the lists that each token is in. */
  mark(text: string, tokens: Tokens, set: (token: number, bits: number) => void): void;
}

/** Whole entries, as written, to their lists; and the first word of entries of several words. */
function buildIndex(): {
  readonly bits: ReadonlyMap<string, number>;
  readonly starts: ReadonlySet<string>;
  readonly common: ReadonlySet<string>;
} {
  const bits = new Map<string, number>();
  const starts = new Set<string>();
  const add = (entry: string, bit: number): void => {
    bits.set(entry, (bits.get(entry) ?? 0) | bit);
    const words = entry.split(/[ -]/);
    if (words.length > 1) starts.add(words[0] ?? '');
  };
  for (const name of lists.given.split(' ')) add(name, LIST_GIVEN);
  for (const name of lists.surname.split(' ')) add(name, LIST_FAMILY);
  for (const name of lists.place.split('|')) add(name, LIST_PLACE);
  for (const name of [lists.country, ...Object.values(lists.countries)].join('|').split('|')) add(name, LIST_COUNTRY);
  for (const name of lists.organisation.split('|')) add(name, LIST_ORGANISATION);
  return { bits, starts, common: new Set(lists.common.split(' ')) };
}

/** Capitals alone, as in `BERLIN`, are read as `Berlin`. */
const titled = (word: string): string =>
  word.length > 3 && word === word.toUpperCase() ? word.slice(0, 1) + word.slice(1).toLowerCase() : word;

export function createGazetteer(): Gazetteer {
  const { bits, starts, common } = buildIndex();
  return {
    mark(text, tokens, set) {
      for (let i = 0; i < tokens.size; i += 1) {
        if (tokens.kinds[i] !== TOKEN_WORD) continue;
        const raw = text.slice(tokens.starts[i], tokens.ends[i]);
        const word = titled(raw);
        const own = (bits.get(word) ?? 0) | (common.has(raw.toLowerCase()) ? LIST_COMMON : 0);
        if (own !== 0) set(i, own);
        if (starts.has(word)) markLong(text, tokens, i);
      }
      function markLong(whole: string, all: Tokens, from: number): void {
        for (let to = Math.min(from + 2 * ENTRY_TOKENS_MAX - 1, all.size) - 1; to > from; to -= 1) {
          const entry = whole.slice(all.starts[from], all.ends[to]);
          const found = bits.get(entry) ?? bits.get(entry.replace(/\p{L}+/gu, titled)) ?? 0;
          if (found === 0) continue;
          for (let k = from; k <= to; k += 1) set(k, found | LIST_PART);
          return;
        }
      }
    },
  };
}
