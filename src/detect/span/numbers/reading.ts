// A number as far as it was read, for the detectors of numbers.
import type { SpanView } from '../../detector.ts';
import type { Nearby } from './context.ts';
import type { Groups } from './groups.ts';

/** What is known of the number that begins here. */
export interface Reading {
  readonly view: SpanView;
  readonly groups: Groups;
  /** Where the span begins: a plus sign or a parenthesis before the first digit belongs to it. */
  readonly start: number;
  /** End of the last group, with the extension of a telephone number. */
  readonly extended: number;
  readonly nearby: Nearby;
  /** What the words nearby are about, as bits. */
  readonly topics: number;
  /** Whether they say that it is the number of a telephone. */
  readonly isPhone: boolean;
}

/** Where the first `count` groups end. */
export const endOf = ({ groups }: Reading, count: number): number => groups.ends[count - 1] ?? 0;
