// Keeps words to a reading level: too many that are on no list of it are a finding, sentence by sentence.
import type { Direction, Finding } from '../../core/types.ts';
import { SentenceWindow, type Sentence } from '../sentence-window.ts';
import type { TextWatch } from '../text-watch.ts';
import words from './reading-words.json' with { type: 'json' };

export const READING_LEVELS = ['early', 'middle'] as const;
export type ReadingLevel = (typeof READING_LEVELS)[number];

const WINDOW_UNITS = 300;
/** Fewer words prove nothing. */
const WORDS_MIN = 6;
const WORD = /[\p{L}\p{M}]+(?:['’][\p{L}]+)*/gu;

/** The words of a level and of those below it, and whatever an operator adds. */
export function vocabularyOf(level: ReadingLevel, allow: readonly string[]): ReadonlySet<string> {
  const lists = READING_LEVELS.slice(0, READING_LEVELS.indexOf(level) + 1).map((name) => words[name].split(' '));
  return new Set([...lists.flat(), ...allow.flatMap((text) => text.toLowerCase().split(/\s+/))]);
}

export interface VocabularyAsked {
  readonly known: ReadonlySet<string>;
  /** Share of unknown words that is let pass, 0 to 1. */
  readonly atMost: number;
}

export class VocabularyWatch implements TextWatch {
  readonly #asked: VocabularyAsked;
  readonly #sentences: SentenceWindow;

  constructor(asked: VocabularyAsked, direction: Direction) {
    this.#asked = asked;
    this.#sentences = new SentenceWindow(direction, WINDOW_UNITS);
  }

  get clearTo(): number {
    return this.#sentences.clearTo;
  }

  read(part: string, isFinal: boolean): readonly Finding[] {
    return this.#sentences.read(part, isFinal).flatMap((sentence) => this.#look(sentence) ?? []);
  }

  #look({ window, text, start, end }: Sentence): Finding | undefined {
    const { known, atMost } = this.#asked;
    const around = hardShare(window, known);
    if (around.words < WORDS_MIN || around.share <= atMost || hardShare(text, known).share <= atMost) return undefined;
    const score = Math.min(1, 0.5 + around.share);
    const reason = 'has more words beyond the reading level than the policy lets pass';
    return {
      rule: 'policy.vocabulary',
      class: 'policy',
      type: 'hard_words',
      severity: 'medium',
      score,
      start,
      end,
      reason,
      taxonomy: 'scope-drift',
    };
  }
}

function hardShare(text: string, known: ReadonlySet<string>): { readonly words: number; readonly share: number } {
  let count = 0;
  let hard = 0;
  for (const { 0: word, index } of text.matchAll(WORD)) {
    if (isName(text, word, index)) continue;
    count += 1;
    if (!isRemembered(word.toLowerCase().replaceAll('’', "'"), known)) hard += 1;
  }
  return { words: count, share: count === 0 ? 0 : hard / count };
}

/** A capital in the middle of a sentence: names are no vocabulary. The first of a window may be one by chance, and counts as a word. */
function isName(text: string, word: string, at: number): boolean {
  if (!/^\p{Lu}\p{Ll}/u.test(word)) return false;
  return /[\p{L}\p{N},;][ ]$/u.test(text.slice(Math.max(0, at - 2), at));
}

/** Endings that make another form of a known word, longest first; what stands in their place. */
const ENDINGS: readonly (readonly [RegExp, readonly string[]])[] = [
  [/n't$/, ['']], [/'(?:s|d|m|ll|re|ve)$/, ['']], [/ies$/, ['y', 'ie']], [/ied$/, ['y', 'ie']], [/iest$/, ['y']], [/ier$/, ['y']], [/ily$/, ['y']],
  [/ing$/, ['', 'e']], [/est$/, ['', 'e']], [/ness$/, ['']], [/ful$/, ['']], [/less$/, ['']], [/ed$/, ['', 'e']], [/er$/, ['', 'e']], [/es$/, ['', 'e']], [/ves$/, ['f', 'fe']],
  [/ly$/, ['', 'le']], [/y$/, ['', 'e']], [/s$/, ['']],
]; // prettier-ignore

/** What was found of words before, by vocabulary: taking endings off costs more than all the rest. */
const REMEMBERED = new WeakMap<ReadonlySet<string>, Map<string, boolean>>();
const REMEMBERED_MAX = 20_000;
const REMEMBERED_UNITS_MAX = 24;

function isRemembered(word: string, known: ReadonlySet<string>): boolean {
  let memory = REMEMBERED.get(known);
  if (memory === undefined) REMEMBERED.set(known, (memory = new Map()));
  const before = memory.get(word);
  if (before !== undefined) return before;
  const is = isKnown(word, known);
  if (word.length <= REMEMBERED_UNITS_MAX && memory.size < REMEMBERED_MAX) memory.set(word, is);
  return is;
}

function isKnown(word: string, known: ReadonlySet<string>, depth = 0): boolean {
  if (known.has(word)) return true;
  if (depth > 1) return false;
  return ENDINGS.some(([ending, makes]) => {
    if (!ending.test(word)) return false;
    const stem = word.replace(ending, '');
    // `running`, `stopped`: the last letter stands twice.
    const single = stem.length > 2 && stem.at(-1) === stem.at(-2) ? stem.slice(0, -1) : undefined;
    if (single !== undefined && known.has(single)) return true;
    return stem.length > 1 && makes.some((make) => isKnown(stem + make, known, depth + 1));
  });
}
