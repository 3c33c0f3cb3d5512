// Requests a minute by GCRA: one number a key, no window to reset, no false refusal.
const MINUTE_MS = 60_000;

/**
 * The generic cell rate algorithm (ITU-T I.371) with a burst of the whole minute's worth: whoever sends at most `perMinute`
 * in every minute is never refused, and nobody gets more than one burst on top of the steady rate.
 */
export class Rate {
  /** Theoretical arrival time: when the bucket is full again. Steady milliseconds. */
  #fullAtMs = 0;

  /** Takes one request. Returns 0, or the milliseconds after which one would be let through. */
  take(perMinute: number, nowMs: number): number {
    const waitMs = this.waitMs(perMinute, nowMs);
    if (waitMs === 0 && perMinute !== Infinity) this.#fullAtMs = Math.max(this.#fullAtMs, nowMs) + MINUTE_MS / perMinute;
    return waitMs;
  }

  /** What `take` would return, without taking. */
  waitMs(perMinute: number, nowMs: number): number {
    if (perMinute === Infinity) return 0;
    const intervalMs = MINUTE_MS / perMinute;
    const next = Math.max(this.#fullAtMs, nowMs) + intervalMs;
    // The half interval absorbs the rounding of repeated addition; it never lets a further request through.
    const waitMs = next - nowMs - MINUTE_MS - intervalMs / 2;
    return waitMs > 0 ? waitMs + intervalMs / 2 : 0;
  }

  /** Takes over what somebody counted who sees more than this process. Steady milliseconds. */
  adopt(fullAtMs: number): void {
    this.#fullAtMs = fullAtMs;
  }

  /** Requests that would pass at this moment. */
  remaining(perMinute: number, nowMs: number): number {
    const usedMs = Math.max(this.#fullAtMs - nowMs, 0);
    return Math.max(0, Math.floor(perMinute - (usedMs * perMinute) / MINUTE_MS + 0.5));
  }

  /** Milliseconds until the full burst is there again. */
  resetMs(nowMs: number): number {
    return Math.max(this.#fullAtMs - nowMs, 0);
  }
}
