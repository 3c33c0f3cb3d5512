// Words near a number that say what it is. Digits alone are ambiguous; a bounded look to the left often settles it.
import type { SpanView } from '../../detector.ts';

export const CONTEXT_UNITS = 48;

/** What stands before `at`, in lower case: at most `CONTEXT_UNITS` units. */
export const contextBefore = (view: SpanView, at: number): string =>
  view.text.slice(Math.max(view.floor, at - CONTEXT_UNITS), at).toLowerCase();

/** Words and phrases of which one is enough. */
export interface Words {
  readonly single: ReadonlySet<string>;
  /** What is more than one word of letters, or of a script without spaces between words. */
  readonly phrases: readonly string[];
}

export const anyWord = (words: readonly string[]): Words => ({
  single: new Set(words.filter((word) => /^[a-z\u00c0-\u024f]+$/.test(word))),
  phrases: words.filter((word) => !/^[a-z\u00c0-\u024f]+$/.test(word)),
});

/** The text before a number; cut into words at the first question. */
export class Nearby {
  readonly #view: SpanView;
  readonly #at: number;
  #text: string | undefined;
  #words: readonly string[] | undefined;
  /** What was asked, and at the same place what was found. */
  #asked: Words[] | undefined;
  #found: boolean[] | undefined;
  #hasLetters: boolean | undefined;

  constructor(view: SpanView, at: number) {
    this.#view = view;
    this.#at = at;
  }

  get text(): string {
    this.#text ??= contextBefore(this.#view, this.#at);
    return this.#text;
  }

  get hasLetters(): boolean {
    this.#hasLetters ??= hasLetters(this.#view, this.#at);
    return this.#hasLetters;
  }

  names(words: Words): boolean {
    if (!this.hasLetters) return false;
    const known = this.#found?.[this.#asked?.indexOf(words) ?? -1];
    if (known !== undefined) return known;
    const { text } = this;
    this.#words ??= text.match(/[a-z\u00c0-\u024f]+/g) ?? [];
    const found = this.#words.some((word) => words.single.has(word)) || words.phrases.some((phrase) => text.includes(phrase));
    (this.#asked ??= []).push(words);
    (this.#found ??= []).push(found);
    return found;
  }
}

/** Among digits alone, as in a table, nothing is named. */
function hasLetters(view: SpanView, at: number): boolean {
  const floor = Math.max(view.floor, at - CONTEXT_UNITS);
  for (let place = at - 1; place >= floor; place -= 1) {
    if (view.text.charCodeAt(place) > 0x40) return true;
  }
  return false;
}
