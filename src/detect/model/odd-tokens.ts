// Which tokens of a view had to be put right before they could be read, as sums from the first token on.
import type { View } from '../detector.ts';
import type { TokenReader } from './tokens.ts';

const NOTHING = new Int32Array(0);

/** At i, how many of the first i tokens are odd; empty where none is. A token that is not read counts for the next one. */
export function oddTokens(view: View, { ends, count }: TokenReader): Int32Array {
  const { oddAt } = view;
  if (oddAt === undefined || oddAt.length === 0) return NOTHING;
  const sums = new Int32Array(count + 1);
  let last = view.originalAt(0);
  for (let token = 0; token < count; token += 1) {
    const end = view.originalAt(ends[token] ?? 0);
    const isOdd = hasBetween(oddAt, Math.min(last, end), Math.max(last, end));
    sums[token + 1] = (sums[token] ?? 0) + (isOdd ? 1 : 0);
    last = end;
  }
  return sums;
}

/** Whether an ascending list has a number from `from` on and below `to`. */
function hasBetween(list: readonly number[], from: number, to: number): boolean {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((list[middle] ?? 0) < from) low = middle + 1;
    else high = middle;
  }
  return low < list.length && (list[low] ?? 0) < to;
}
