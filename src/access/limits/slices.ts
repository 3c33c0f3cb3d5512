// How much of a shared budget is asked for ahead: as much as lasts for about half a second.
import type { Cost, Lease } from './purse.ts';
import { fewest, most, NOTHING, times } from './purse-sums.ts';

/** A slice is for so many requests like the last one, doubled each time it does not last. */
const SLICE_REQUESTS_MIN = 8;
const SLICE_REQUESTS_MAX = 65_536;
/** A slice that lasts less than this was too small, and one that lasts much longer too large. */
const SLICE_MS = 500;

/** A slice that did not last is doubled, one that lasted long is halved. */
export function widen(lease: Lease, bound: Cost, nowMs: number): void {
  const lastedMs = nowMs - lease.refilledAtMs;
  const least = times(bound, SLICE_REQUESTS_MIN);
  if (lease.slice === NOTHING) lease.slice = least;
  else if (lastedMs < SLICE_MS) lease.slice = fewest(times(lease.slice, 2), times(bound, SLICE_REQUESTS_MAX));
  else if (lastedMs > SLICE_MS * 4)
    lease.slice = most({ microUnits: Math.floor(lease.slice.microUnits / 2), tokens: Math.floor(lease.slice.tokens / 2) }, least);
  lease.refilledAtMs = nowMs;
}
