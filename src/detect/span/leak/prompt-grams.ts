// A prompt as an index of its words, so that an answer that repeats it is noticed while it is being written.

/** Words of one gram: a run of so many equal words is where a comparison begins. */
export const GRAM_WORDS = 4;
/** Longer words are told apart by their first units alone. */
export const WORD_UNITS_MAX = 40;
/** Places of one gram that are followed at the same time. */
const PLACES_MAX = 8;
const CACHE_MAX = 256;
const OFFSET_BASIS = 0x811c9dc5;

const ASCII_FOLDED = Uint8Array.from({ length: 0x80 }, (_, code) => {
  const unit = String.fromCharCode(code).toLowerCase();
  return /[a-z0-9]/.test(unit) ? unit.charCodeAt(0) : 0;
});

/**
 * What a unit counts as when case, spaces and punctuation do not matter: 0 between words, its lower-case code otherwise.
 * Beyond ASCII everything is part of a word but the punctuation blocks.
 */
export function foldUnit(code: number): number {
  if (code < 0x80) return ASCII_FOLDED[code] ?? 0;
  if (code < 0xc0 || (code >= 0x2000 && code <= 0x206f) || (code >= 0x3000 && code <= 0x303f) || (code >= 0xff00 && code <= 0xff0f))
    return 0;
  return String.fromCharCode(code).toLowerCase().charCodeAt(0);
}

/** Scripts written without spaces: each character is a word. */
export const isWordAlone = (code: number): boolean => (code >= 0x3040 && code <= 0x9fff) || (code >= 0xac00 && code <= 0xd7af);

/** FNV-1a over folded units. */
export const addUnit = (hash: number, unit: number): number => Math.imul(hash ^ unit, 0x01000193);
export const EMPTY_WORD = OFFSET_BASIS;

/** The last words read, as a ring, and their hash together. */
export class Gram {
  readonly #hashes = new Int32Array(GRAM_WORDS);
  #count = 0;

  add(hash: number): void {
    this.#hashes[this.#count % GRAM_WORDS] = hash;
    this.#count += 1;
  }

  /** Undefined until enough words were read. */
  get key(): number | undefined {
    if (this.#count < GRAM_WORDS) return undefined;
    let key = OFFSET_BASIS;
    for (let back = GRAM_WORDS; back > 0; back -= 1) key = addUnit(key, this.#hashes[(this.#count - back) % GRAM_WORDS] ?? 0);
    return key;
  }
}

export interface PromptIndex {
  readonly words: Int32Array;
  /** Units of all words. */
  readonly units: number;
  /** By the hash of a gram: indexes of the words that follow it. */
  readonly grams: ReadonlyMap<number, readonly number[]>;
}

/** Calls back for each word of a text: its hash and where it stands. */
export function eachWord(text: string, word: (hash: number, start: number, end: number) => void): void {
  let hash = EMPTY_WORD;
  let start = -1;
  for (let at = 0; at <= text.length; at += 1) {
    const code = at < text.length ? text.charCodeAt(at) : 0;
    const unit = foldUnit(code);
    const isAlone = isWordAlone(code);
    if (start >= 0 && (unit === 0 || isAlone)) {
      word(hash, start, at);
      start = -1;
    }
    if (unit === 0) continue;
    if (start < 0) {
      start = at;
      hash = EMPTY_WORD;
    }
    if (at - start < WORD_UNITS_MAX) hash = addUnit(hash, unit);
    if (isAlone) {
      word(hash, start, at + 1);
      start = -1;
    }
  }
}

function buildIndex(prompt: string): PromptIndex {
  const hashes: number[] = [];
  let units = 0;
  eachWord(prompt, (hash, start, end) => {
    hashes.push(hash);
    units += end - start;
  });
  const grams = new Map<number, number[]>();
  const gram = new Gram();
  hashes.forEach((hash, index) => {
    gram.add(hash);
    const key = gram.key;
    if (key === undefined || index + 1 >= hashes.length) return;
    const places = grams.get(key) ?? [];
    if (places.length < PLACES_MAX) grams.set(key, [...places, index + 1]);
  });
  return { words: Int32Array.from(hashes), units, grams };
}

const cache = new Map<string, PromptIndex>();
/** The prompt that was asked for last, which stands at the end of the cache: moving it there again and again would cost more than the rest. */
let newest: string | undefined;

/** The index of a prompt; the last prompts used are kept. */
export function indexOf(prompt: string): PromptIndex {
  if (prompt === newest) return cache.get(prompt) ?? buildIndex(prompt);
  newest = prompt;
  const known = cache.get(prompt);
  const index = known ?? buildIndex(prompt);
  // A Map keeps its order of insertion: what was used last goes to the end, what was used least lately is first.
  cache.delete(prompt);
  cache.set(prompt, index);
  if (cache.size > CACHE_MAX) cache.delete(cache.keys().next().value ?? '');
  return index;
}
