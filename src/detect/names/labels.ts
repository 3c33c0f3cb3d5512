// The types of names that the tagger tells apart, and its labels: outside, or the beginning or the inside of one type.
import type { Tokens } from './tokens.ts';

export const TYPES = ['PERSON', 'LOCATION', 'ORGANIZATION', 'DATE_TIME', 'ADDRESS', 'AGE', 'NRP', 'TITLE'] as const;

export type Label = (typeof TYPES)[number];

/** Number 0 is outside; type k begins with 2k + 1 and goes on with 2k + 2. */
export const LABELS: readonly string[] = ['O', ...TYPES.flatMap((type) => [`B-${type}`, `I-${type}`])];

export interface LabelledSpan {
  readonly start: number;
  readonly end: number;
  readonly type: Label;
}

/** The label of each token, by number: what a tagger learns from. */
export function labelNumbers(tokens: Tokens, spans: readonly LabelledSpan[]): Uint8Array {
  const labels = new Uint8Array(tokens.size);
  for (const span of spans) {
    let isBegun = false;
    for (let i = 0; i < tokens.size; i += 1) {
      if ((tokens.starts[i] ?? 0) < span.start || (tokens.ends[i] ?? 0) > span.end) continue;
      labels[i] = 2 * TYPES.indexOf(span.type) + (isBegun ? 2 : 1);
      isBegun = true;
    }
  }
  return labels;
}
