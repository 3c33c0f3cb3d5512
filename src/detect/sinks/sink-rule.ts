// How a rule for one sink is written down: where it looks, what is unsafe there, and what stands in its place.
import type { Severity } from '../../core/types.ts';
import type { Sink, SpanAnchor, SpanAnswer, SpanDetector, SpanMatch, SpanView } from '../detector.ts';
import { live, match, NONE } from '../span/answers.ts';

export interface SinkRule {
  /** What follows `sinks.`. */
  readonly name: string;
  readonly sink: Sink;
  readonly about: string;
  readonly anchors: readonly SpanAnchor[];
  /** Most units that an answer may be waited for. */
  readonly hold: number;
  readonly look: (view: SpanView, at: number, mark: number) => SpanAnswer;
  /** What stands in the place of an unsafe text; it holds nothing that the rule would find again. */
  readonly neutral: (text: string) => string;
}

export const sinkRule = ({ name, sink, about, anchors, hold, look, neutral }: SinkRule): SpanDetector => ({
  kind: 'span',
  id: `sinks.${name}`,
  task: 'sink',
  class: 'unsafe-output',
  directions: ['output'],
  severity: 'high',
  taxonomy: 'unsafe-sink',
  about,
  hold: { max: hold },
  anchors,
  sink,
  neutral,
  look,
});

interface Unsafe {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly reason: string;
  readonly severity?: Severity;
}

export const unsafe = ({ type, start, end, reason, severity = 'high' }: Unsafe): SpanAnswer =>
  match({ type, start, end, severity, score: 0.9, reason } satisfies SpanMatch);

/** Every spelling of a word's beginning in upper and lower case: anchors are exact. */
export function anyCase(literal: string): readonly SpanAnchor[] {
  const spellings = [...literal].reduce<string[]>(
    (begun, letter) => begun.flatMap((start) => [start + letter.toLowerCase(), start + letter.toUpperCase()]),
    [''],
  );
  return [...new Set(spellings)].map((spelling) => ({ literal: spelling, startsSpan: true }));
}

export const literals = (...texts: readonly string[]): readonly SpanAnchor[] =>
  texts.map((literal) => ({ literal, ...(literal.length > 1 ? { startsSpan: true as const } : {}) }));

export interface PatternLook {
  readonly type: string;
  readonly reason: string;
  /** Sticky. Read in a window of `units` from the anchor on, so that its answer is a function of that window. */
  readonly pattern: RegExp;
  readonly units: number;
  /** What must not stand before the anchor. */
  readonly behind?: RegExp | undefined;
  /** A full window of this kind hides what comes behind it, and is unsafe for that. */
  readonly gap?: RegExp;
  /** Whether what stands further on decides: then the whole window is waited for. */
  readonly waits?: boolean;
  /** False where no continuation of the text could match. */
  readonly may?: (window: string) => boolean;
}

/** Looks with a pattern; waits while the window is not full and could still come to match. */
export function lookWith(view: SpanView, at: number, card: PatternLook): SpanAnswer {
  const { pattern, units, behind, waits = false, may, gap, type, reason } = card;
  if (behind !== undefined && at > 0 && behind.test(view.text.charAt(at - 1))) return NONE;
  const window = view.text.slice(at, at + units);
  const isFull = window.length === units;
  // Nothing but blanks so far: there is nothing to match yet, and a window that is full of them hides what comes behind it.
  if ((isFull || !view.isFinal) && gap?.test(window) === true)
    return isFull ? unsafe({ type, start: at, end: at + window.length, reason }) : live(at);
  pattern.lastIndex = 0;
  const found = pattern.exec(window);
  const isWhole = view.isFinal || isFull;
  // A match that touches the end of what is known may still turn out longer, or none.
  if (found !== null && (isWhole || (!waits && found[0].length < window.length)))
    return unsafe({ type, start: at, end: at + found[0].length, reason });
  if (isWhole) return NONE;
  return found !== null || (may?.(window) ?? true) ? live(at) : NONE;
}
