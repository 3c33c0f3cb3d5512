// An operator's own type as a span detector: a pattern, words nearby, a check digit. It reads along with the text and holds what could be a match.
import type { Direction, Severity } from '../../core/types.ts';
import type { SpanDetector, SpanExtent, SpanFollower, SpanMatch, SpanView } from '../detector.ts';
import { NONE } from '../span/answers.ts';
import { assertCanBeFound } from './can-be-found.ts';
import { isChecked, type CheckName, type WeightedCheck } from './number-checks.ts';
import { parsePattern } from './pattern.ts';
import { compilePattern, type PatternAutomaton } from './pattern-automaton.ts';
import { workOn, type SharedWork } from './shared-work.ts';

export interface CustomType {
  /** Unique name; its findings have the rule `custom.<id>`. */
  readonly id: string;
  /** What masks and policies call it. */
  readonly type: string;
  readonly pattern: string;
  readonly ignoreCase: boolean;
  /** Whether no letter or digit may stand right before and after a match. */
  readonly wholeWords: boolean;
  /** Words of which one has to stand nearby. */
  readonly context?: { readonly words: readonly string[]; readonly within: number } | undefined;
  readonly check?: CheckName | WeightedCheck | undefined;
  readonly class: 'personal-data' | 'secret' | 'policy';
  readonly severity: Severity;
  readonly score: number;
  readonly on: readonly Direction[];
}

/** Farthest that a word of the context may stand from the match: less than what a stream remembers. */
export const CONTEXT_UNITS_MAX = 100;
/** Letters, digits, underscore; not of scripts that write words without blanks between them. */
const WORD_UNIT = /(?![\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}])[\p{L}\p{N}_]/u;

/** Throws `PatternError` where the pattern is not one that can be followed in a stream, or where nothing could ever be found. */
export function customDetector(type: CustomType): SpanDetector {
  const node = parsePattern(type.pattern);
  const automaton = compilePattern(node, type.ignoreCase);
  assertCanBeFound(type, node);
  const words = type.context?.words.map((word) => word.toLowerCase()) ?? [];
  return {
    kind: 'span',
    id: `custom.${type.id}`,
    task: type.class === 'secret' ? 'secrets' : 'pii',
    class: type.class,
    directions: type.on,
    severity: type.severity,
    taxonomy: type.class === 'policy' ? 'scope-drift' : 'sensitive-output',
    about: 'Described in the configuration.',
    hold: { max: automaton.unitsMax + 1 + (type.context?.within ?? 0) },
    anchors: [],
    look: () => NONE,
    follow: () => new CustomFollower(type, automaton, words),
  };
}

/** What stands at one place: a match, nothing, or what only more text will tell. */
type Sight = { readonly end: number } | 'nothing' | 'unknown';

class CustomFollower implements SpanFollower {
  readonly #type: CustomType;
  readonly #automaton: PatternAutomaton;
  readonly #words: readonly string[];
  #work: SharedWork | undefined;
  /** First offset of the whole at which no match has been ruled out. */
  #at = 0;

  constructor(type: CustomType, automaton: PatternAutomaton, words: readonly string[]) {
    this.#type = type;
    this.#automaton = automaton;
    this.#words = words;
  }

  get holdFrom(): number {
    return this.#at;
  }

  read(view: SpanView, base: number, found: (match: SpanMatch, isOpen: boolean) => void): void {
    const { text } = view;
    const { type, severity, score } = this.#type;
    this.#work ??= workOn(view);
    this.#work.knows(base + text.length);
    let at = this.#at - base;
    while (at < text.length) {
      const sight = this.#automaton.canBegin(text.charCodeAt(at)) ? this.#look(view, at) : 'nothing';
      if (sight === 'unknown') break;
      if (sight !== 'nothing')
        found({ type, severity, score, start: base + at, end: base + sight.end, reason: 'fits a type of the configuration' }, false);
      at = sight === 'nothing' ? at + 1 : sight.end;
    }
    this.#at = base + at;
  }

  extent({ end }: SpanMatch): SpanExtent {
    return { end, isClosed: true };
  }

  /** The longest match that is whole, has its check digit and its context. */
  #look({ text, isFinal }: SpanView, at: number): Sight {
    if (isInWord(text, at, this.#type.wholeWords)) return 'nothing';
    const { ends, isOpen, steps } = this.#automaton.read(text, at);
    this.#work?.spend(steps);
    if (isOpen && !isFinal) return 'unknown';
    for (const end of ends.toReversed()) {
      // What follows decides whether it is a whole word.
      if (end === text.length && !isFinal) return 'unknown';
      if (isInWord(text, end, this.#type.wholeWords)) continue;
      if (this.#type.check !== undefined && !isChecked(text.slice(at, end), this.#type.check)) continue;
      const nearby = this.#context({ text, isFinal }, at, end);
      if (nearby === 'unknown') return 'unknown';
      if (nearby) return { end };
    }
    return 'nothing';
  }

  #context({ text, isFinal }: Pick<SpanView, 'text' | 'isFinal'>, start: number, end: number): boolean | 'unknown' {
    const { context } = this.#type;
    if (context === undefined) return true;
    if (this.#hasWord(text, Math.max(0, start - context.within), start)) return true;
    const limit = end + context.within;
    // One unit more tells whether the last word ends there.
    if (text.length <= limit && !isFinal) return 'unknown';
    return this.#hasWord(text, end, Math.min(limit, text.length));
  }

  /** The unit on either side of the window decides whether a word at its edge is whole. */
  #hasWord(text: string, from: number, to: number): boolean {
    const low = lowered(text.slice(Math.max(0, from - 1), to + 1));
    const first = from === 0 ? 0 : 1;
    const last = first + to - from;
    this.#work?.spend(this.#words.length);
    return this.#words.some((word) => {
      for (let at = low.indexOf(word, first); at >= 0 && at + word.length <= last; at = low.indexOf(word, at + 1))
        if (!isInWord(low, at, true) && !isInWord(low, at + word.length, true)) return true;
      return false;
    });
  }
}

/** In small letters, unit by unit: a few letters change their length. */
function lowered(text: string): string {
  const low = text.toLowerCase();
  return low.length === text.length
    ? low
    : text.replaceAll(/[\s\S]/g, (unit) => (unit.toLowerCase().length === 1 ? unit.toLowerCase() : unit));
}

/** Whether what stands before and what stands at the offset belong together: the halves of a character, or of a word where that matters. */
function isInWord(text: string, at: number, isWordTold: boolean): boolean {
  const isHalf = (text.charCodeAt(at - 1) & 0xfc00) === 0xd800 && (text.charCodeAt(at) & 0xfc00) === 0xdc00;
  return isHalf || (isWordTold && isWordUnit(text, at - 1) && isWordUnit(text, at));
}

const isWordUnit = (text: string, at: number): boolean => at >= 0 && at < text.length && WORD_UNIT.test(text[at] ?? '');
