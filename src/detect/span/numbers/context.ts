// Words near a number that say what it is. Digits alone are ambiguous; a bounded look to the left often settles it.
import type { SpanView } from '../../detector.ts';
import { learn, LETTERS_END, readWords, wordsRead } from './known-words.ts';
import type { WordsRead } from './known-words.ts';

export const CONTEXT_UNITS = 48;

/** What stands before `at`, in lower case: at most `CONTEXT_UNITS` units. */
export const contextBefore = (view: SpanView, at: number): string =>
  view.text.slice(Math.max(view.floor, at - CONTEXT_UNITS), at).toLowerCase();

/** What lists of words are about: each a bit, so that one reading answers for all lists of a topic. */
export const ABOUT = { id: 1, code: 2, phone: 4, birth: 8, document: 16, card: 32 } as const;
type Topic = (typeof ABOUT)[keyof typeof ABOUT];

/** Words and phrases of which one is enough. */
export interface Words {
  readonly topic: Topic;
  /** By their numbers: 1 for those of this list. */
  readonly isKnown: Uint8Array;
  /** Those with units beyond the Latin letters, which are looked for one by one. */
  readonly foreign: readonly string[];
}

export function anyWord(words: readonly string[], topic: Topic = ABOUT.code): Words {
  const isForeign = (word: string): boolean => [...word].some((unit) => unit.charCodeAt(0) >= LETTERS_END);
  const ids = learn(
    words.filter((word) => !isForeign(word)),
    topic,
  );
  const isKnown = new Uint8Array(Math.max(0, ...ids) + 1);
  for (const id of ids) isKnown[id] = 1;
  return { topic, isKnown, foreign: words.filter(isForeign) };
}

/** The text before a number; read at the first question. */
export class Nearby {
  readonly #view: SpanView;
  readonly #at: number;
  #text: string | undefined;
  /** Which reading its words were. */
  #turn = 0;

  constructor(view: SpanView, at: number) {
    this.#view = view;
    this.#at = at;
  }

  get text(): string {
    this.#text ??= contextBefore(this.#view, this.#at);
    return this.#text;
  }

  /** What any list is about that may name something there, as bits. */
  get topics(): number {
    return this.#words().topics;
  }

  names(words: Words): boolean {
    const { ids, count, topics, isForeign } = this.#words();
    if ((topics & words.topic) === 0) return false;
    for (let index = 0; index < count; index += 1) if (words.isKnown[ids[index] ?? 0] === 1) return true;
    return isForeign && words.foreign.some((phrase) => this.text.includes(phrase));
  }

  #words(): WordsRead {
    if (this.#turn === wordsRead.turn) return wordsRead;
    const read = readWords(this.#view.text, Math.max(this.#view.floor, this.#at - CONTEXT_UNITS), this.#at);
    this.#turn = read.turn;
    return read;
  }
}
