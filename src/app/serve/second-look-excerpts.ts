// What of a text a second look gets to see: at most two stretches, where the first stages saw the worst.
import type { Finding, Origin } from '../../core/types.ts';
import { EXCERPT_UNITS_MAX, SENTENCE_UNITS_MAX } from '../../detect/detector.ts';
import type { MeaningReport } from '../../detect/meaning/judge.ts';
import { SCORE_HIGH } from '../../detect/meaning/weigh.ts';
import { isFetched } from '../../lens/models/vector-head.ts';

export interface Excerpt {
  /** Its place in the text. */
  readonly start: number;
  readonly end: number;
  /** What was read there, where the text hides it or is foreign. */
  readonly reading?: string;
  readonly isTranslated?: boolean;
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
  const seen = places.map(({ start, end }) => excerptAround((start + end) >> 1, length));
  const first = seen[0] ?? excerptAround(0, length);
  const other = seen.find((one) => one.start >= first.end || one.end <= first.start) ?? beside(first, length);
  return [...hidden, ...[first, other].slice(0, rest)];
}

/**
 * What one vector is made of: around the place on which the score rests, in English where it is foreign. The training reads rows through
 * this too, so that a vector stands for the same there and here.
 */
export function sentenceOf(text: string, { worst }: Pick<MeaningReport, 'worst'>): Excerpt {
  const middle = worst === undefined ? 0 : (worst.start + worst.end) >> 1;
  const place =
    worst === undefined || text.length <= SENTENCE_UNITS_MAX
      ? { start: 0, end: Math.min(text.length, SENTENCE_UNITS_MAX) }
      : around(middle, text.length);
  if (worst?.english !== undefined) return { start: worst.start, end: worst.end, reading: worst.english, isTranslated: true };
  if (worst?.reading === undefined) return place;
  const { reading } = worst;
  const from = Math.max(0, (reading.length - SENTENCE_UNITS_MAX) >> 1);
  return { start: worst.start, end: worst.end, reading: reading.slice(from, from + SENTENCE_UNITS_MAX) };
}

/**
 * Whether that sentence is all there is, and may clear the text: a longer text could show its best side, and what was written so as not to be
 * read speaks for itself. An order hides better among the sentences of a page than in a prompt: what was fetched, no sentence clears.
 */
export const isWhole = (
  { text, origin }: { readonly text: string; readonly origin: Origin },
  { worst, findings }: Pick<MeaningReport, 'worst' | 'findings'>,
): boolean =>
  !isFetched(origin) &&
  text.length <= SENTENCE_UNITS_MAX &&
  worst?.reading === undefined &&
  (worst?.english?.length ?? 0) < SENTENCE_UNITS_MAX &&
  findings.every(({ taxonomy }) => taxonomy !== 'obfuscated-prompt');

const halves = (length: number): readonly Excerpt[] =>
  length <= EXCERPT_UNITS_MAX
    ? [{ start: 0, end: length }]
    : [
        { start: 0, end: EXCERPT_UNITS_MAX },
        { start: length - EXCERPT_UNITS_MAX, end: length },
      ];

function around(middle: number, length: number, units = SENTENCE_UNITS_MAX): Excerpt {
  const start = Math.max(0, Math.min(middle - units / 2, length - units));
  return { start, end: start + units };
}

const excerptAround = (middle: number, length: number): Excerpt => around(middle, length, EXCERPT_UNITS_MAX);

/** What follows, or what comes before at the end of a text. */
const beside = ({ end }: Excerpt, length: number): Excerpt =>
  end + EXCERPT_UNITS_MAX <= length
    ? { start: end, end: end + EXCERPT_UNITS_MAX }
    : { start: Math.max(0, end - 2 * EXCERPT_UNITS_MAX), end: Math.max(0, end - EXCERPT_UNITS_MAX) };

const strongestOf = (findings: readonly Finding[]): Finding | undefined =>
  findings.reduce<Finding | undefined>((top, one) => (top === undefined || one.score > top.score ? one : top), undefined);

/** The learned stage tells places of a hundred words and more: what is cut off at their ends does not speak for them. */
const SEEN_SHARE = 0.8;

/**
 * Whether what speaks against the text stands in the excerpts: only then may a second look lower its score. What hides in a code was seen
 * only where the reading itself is an excerpt.
 */
export function coversFindings(excerpts: readonly Excerpt[], findings: readonly Finding[]): boolean {
  return findings
    .filter(({ score }) => score >= SCORE_HIGH)
    .every((finding) => {
      const eyes = finding.taxonomy === 'obfuscated-prompt' ? excerpts.filter(({ reading }) => reading !== undefined) : excerpts;
      const length = finding.end - finding.start;
      return length > 0 && seenOf(finding, eyes) >= SEEN_SHARE * length;
    });
}

type Place = Pick<Excerpt, 'start' | 'end'>;

/** Units of a place that stand in at least one excerpt. */
function seenOf(place: Place, [one, other]: readonly Excerpt[]): number {
  if (one === undefined) return 0;
  if (other === undefined) return Math.max(0, overlap(one, place));
  const shared = { start: Math.max(one.start, other.start), end: Math.min(one.end, other.end) };
  const twice = shared.start < shared.end ? Math.max(0, overlap(shared, place)) : 0;
  return Math.max(0, overlap(one, place)) + Math.max(0, overlap(other, place)) - twice;
}

/** Negative where they do not meet. */
const overlap = (one: Place, other: Place): number => Math.min(one.end, other.end) - Math.max(one.start, other.start);
