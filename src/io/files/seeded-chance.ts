// Chance that replays: one seed, one sequence. For fault tests only; nothing secret may come from it.
import type { RandomSource } from '../../core/ports.ts';

export interface SeededChance extends RandomSource {
  /** An integer from 0 to `limit - 1`. */
  below(limit: number): number;
}

/** Mulberry32 (T. Ettinger, public domain): 32 bits of state are plenty to shuffle a test. */
export function seededChance(seed: number): SeededChance {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  return {
    below: (limit) => next() % limit,
    bytes: (count) => Uint8Array.from({ length: count }, () => next() & 0xff),
  };
}
