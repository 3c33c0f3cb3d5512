// The ports through which time and chance come in, so that one seed replays a fault test.

/** Wall time for records, steady time for durations. */
export interface Clock {
  /** Unix milliseconds. */
  nowMs(): number;
  /** Milliseconds from an arbitrary start; never goes back. */
  steadyMs(): number;
}

/** A source of unpredictable bytes. */
export interface RandomSource {
  bytes(count: number): Uint8Array;
}
