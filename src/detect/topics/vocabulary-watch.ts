// Keeps words to a reading level: too many that are on no list of it are a finding, sentence by sentence.
import type { Direction, Finding } from '../../core/types.ts';
import { SentenceWindow, type Sentence } from '../sentence-window.ts';
import type { TextWatch } from '../text-watch.ts';
import { LISTS, type ReadingLevel } from './reading-levels.ts';
import words from './reading-words.json' with { type: 'json' };
import { wordsOf } from './words.ts';

const WINDOW_UNITS = 300;
/** Fewer words prove nothing. */
const WORDS_MIN = 6;

/** The words of a level and of those below it, and whatever an operator adds. */
export function vocabularyOf(level: ReadingLevel, allow: readonly string[]): ReadonlySet<string> {
  const lists = level === 'own' ? [] : LISTS.slice(0, LISTS.indexOf(level) + 1).map((name) => words[name].split(' '));
  return new Set([...lists.flat(), ...allow.flatMap((text) => [...wordsOf(text)].map(({ word }) => word))]);
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
  const plain = { words: 0, hard: 0 };
  const names = { words: 0, hard: 0 };
  for (const { word, written, index } of wordsOf(text)) {
    const count = isName(text, written, index) ? names : plain;
    count.words += 1;
    if (!isKnown(word, known)) count.hard += 1;
  }
  // Where Most Words Are Written So, they are no names.
  const isTitle = names.words > plain.words;
  const all = isTitle ? names.words + plain.words : plain.words;
  return { words: all, share: all === 0 ? 0 : (plain.hard + (isTitle ? names.hard : 0)) / all };
}

/** A capital in the middle of a sentence: names are no vocabulary. The first of a window may be one by chance, and counts as a word. */
function isName(text: string, word: string, at: number): boolean {
  if (!/^\p{Lu}\p{Ll}/u.test(word)) return false;
  return /[\p{L}\p{N},;][ ]$/u.test(text.slice(Math.max(0, at - 2), at));
}

/** Endings that make another form of a known word, longest first; what stands in their place. */
const ENDINGS: readonly (readonly [string, readonly string[]])[] = [
  ["n't", ['']], ["'s", ['']], ["'d", ['']], ["'m", ['']], ["'ll", ['']], ["'re", ['']], ["'ve", ['']], ['ies', ['y', 'ie']], ['ied', ['y', 'ie']],
  ['iest', ['y']], ['ier', ['y']], ['ily', ['y']], ['ing', ['', 'e']], ['est', ['', 'e']], ['ness', ['']], ['ful', ['']], ['less', ['']], ['ed', ['', 'e']],
  ['er', ['', 'e']], ['es', ['', 'e']], ['ves', ['f', 'fe']], ['ly', ['', 'le']], ['y', ['', 'e']], ['s', ['']],
]; // prettier-ignore
/** No word of a list is longer with two endings. */
const WORD_UNITS_MAX = 64;

function isKnown(word: string, known: ReadonlySet<string>, depth = 0): boolean {
  if (known.has(word)) return true;
  if (depth > 1 || word.length > WORD_UNITS_MAX) return false;
  return ENDINGS.some(([ending, makes]) => {
    if (!word.endsWith(ending)) return false;
    const stem = word.slice(0, -ending.length);
    // `running`, `stopped`: the last letter stands twice.
    const single = stem.length > 2 && stem.at(-1) === stem.at(-2) ? stem.slice(0, -1) : undefined;
    if (single !== undefined && known.has(single)) return true;
    return stem.length > 1 && makes.some((make) => isKnown(stem + make, known, depth + 1));
  });
}
