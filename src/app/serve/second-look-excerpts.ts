// What of a text a second look gets to see: at most two stretches, where the first stages saw the worst.
import type { Finding } from '../../core/types.ts';
import { EXCERPT_UNITS_MAX } from '../../detect/detector.ts';
import type { MeaningReport } from '../../detect/meaning/judge.ts';
import { SCORE_HIGH } from '../../detect/meaning/weigh.ts';

export interface Excerpt {
  /** Its place in the text. */
  readonly start: number;
  readonly end: number;
  /** What was read there, where the text hides it. */
  readonly reading?: string;
}

/** Issue of cost: each excerpt is a run of a large network. */
const EXCERPTS_MAX = 2;

/** One or two; a text that two can cover is seen whole. */
export function excerptsOf(text: string, { worst, findings }: MeaningReport): readonly Excerpt[] {
  const { length } = text;
  const hidden = worst?.reading === undefined ? [] : [{ start: worst.start, end: worst.end, reading: worst.reading }];
  const rest = EXCERPTS_MAX - hidden.length;
  if (length <= EXCERPT_UNITS_MAX * rest) return [...hidden, ...halves(length)];
  const strongest = strongestOf(findings);
  const places = [...(hidden.length === 0 && worst !== undefined ? [worst] : []), ...(strongest === undefined ? [] : [strongest])];
  const around = places.map(({ start, end }) => excerptAround((start + end) >> 1, length));
  const first = around[0] ?? excerptAround(0, length);
  const other = around.find((one) => one.start >= first.end || one.end <= first.start) ?? beside(first, length);
  return [...hidden, ...[first, other].slice(0, rest)];
}

const halves = (length: number): readonly Excerpt[] =>
  length <= EXCERPT_UNITS_MAX
    ? [{ start: 0, end: length }]
    : [
        { start: 0, end: EXCERPT_UNITS_MAX },
        { start: length - EXCERPT_UNITS_MAX, end: length },
      ];

function excerptAround(middle: number, length: number): Excerpt {
  const start = Math.max(0, Math.min(middle - EXCERPT_UNITS_MAX / 2, length - EXCERPT_UNITS_MAX));
  return { start, end: start + EXCERPT_UNITS_MAX };
}

/** What follows, or what comes before at the end of a text. */
const beside = ({ end }: Excerpt, length: number): Excerpt =>
  end + EXCERPT_UNITS_MAX <= length
    ? { start: end, end: end + EXCERPT_UNITS_MAX }
    : { start: Math.max(0, end - 2 * EXCERPT_UNITS_MAX), end: Math.max(0, end - EXCERPT_UNITS_MAX) };

const strongestOf = (findings: readonly Finding[]): Finding | undefined =>
  findings.reduce<Finding | undefined>((top, one) => (top === undefined || one.score > top.score ? one : top), undefined);

/**
 * Whether everything that speaks against the text stands in the excerpts: only then may a second look lower its score. What hides in a code
 * was seen only where the reading itself is an excerpt.
 */
export function coversFindings(excerpts: readonly Excerpt[], findings: readonly Finding[]): boolean {
  return findings
    .filter(({ score }) => score >= SCORE_HIGH)
    .every(({ start, end, taxonomy }) =>
      excerpts.some((one) => one.start <= start && end <= one.end && (taxonomy !== 'obfuscated-prompt' || one.reading !== undefined)),
    );
}
