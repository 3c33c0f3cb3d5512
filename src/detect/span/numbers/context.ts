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
  readonly #known = new Map<Words, boolean>();

  constructor(view: SpanView, at: number) {
    this.#view = view;
    this.#at = at;
  }

  get text(): string {
    this.#text ??= contextBefore(this.#view, this.#at);
    return this.#text;
  }

  names(words: Words): boolean {
    const known = this.#known.get(words);
    if (known !== undefined) return known;
    const { text } = this;
    this.#words ??= text.match(/[a-z\u00c0-\u024f]+/g) ?? [];
    const found = this.#words.some((word) => words.single.has(word)) || words.phrases.some((phrase) => text.includes(phrase));
    this.#known.set(words, found);
    return found;
  }
}
