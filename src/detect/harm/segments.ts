// A text falls into segments of a few sentences, which are judged one by one; what is said of the whole is their mean, in which the
// worse count for more. So a page of talk with one bad word is not a page of bad talk, nor is a bad page made good by its length.

/** What is asked for often stands in the first sentence, before pages of what it is to be done with. */
const FIRST_UNITS_MIN = 40;
const UNITS_MIN = 120;
const UNITS_MAX = 300;
const SENTENCE_END = /[.!?]["'”’)]*\s|\n/g;

/** Where a segment that begins at `start` ends. */
function endOf(text: string, start: number): number {
  const most = start + UNITS_MAX;
  if (text.length <= most) return text.length;
  SENTENCE_END.lastIndex = start + (start === 0 ? FIRST_UNITS_MIN : UNITS_MIN);
  const found = SENTENCE_END.exec(text.slice(0, most));
  if (found !== null) return found.index + found[0].length;
  const space = text.lastIndexOf(' ', most - 1);
  return space > start + UNITS_MAX / 2 ? space + 1 : most;
}

/** One at least; together they are the text. */
export function segmentsOf(text: string): readonly string[] {
  const segments: string[] = [];
  for (let start = 0; start < text.length;) {
    const end = endOf(text, start);
    segments.push(text.slice(start, end));
    start = end;
  }
  return segments.length === 0 ? [''] : segments;
}

export interface Pooled {
  /** Log-odds of the whole. */
  readonly at: number;
  /** How much each segment counts in it. */
  readonly shares: readonly number[];
}

/** Logarithm of the mean of the odds of the segments. */
export function pooledOf(odds: readonly number[]): Pooled {
  const most = Math.max(...odds);
  const powers = odds.map((each) => Math.exp(each - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return { at: most + Math.log(sum / odds.length), shares: powers.map((each) => each / sum) };
}
