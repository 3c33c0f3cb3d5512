// Wall time by the database, so that a day ends for all replicas at once, whatever their own clocks show.
import type { Clock } from '../../core/ports.ts';

/** How often the clock of the database is looked at. */
const LOOK_EVERY_MS = 10_000;
/** An answer that took longer says too little: this process or the server may have stood still on either half of the way. */
const SURE_MS = 1_000;
/** Beyond, somebody should set a clock: records of replicas carry the time of their own machines. */
export const SKEW_MS = 5_000;

export interface ServerClockOptions {
  readonly clock: Clock;
  /** The time of the database, in Unix milliseconds. */
  readonly ask: () => Promise<number>;
  /** Told when the clock of this machine goes wrong, with the milliseconds that it is ahead of the database. */
  readonly onSkew: (aheadMs: number) => void;
}

export class ServerClock implements Clock {
  readonly #options: ServerClockOptions;
  #offsetMs = 0;
  #lookedAtMs: number | undefined;
  #isSkewed = false;

  constructor(options: ServerClockOptions) {
    this.#options = options;
  }

  nowMs(): number {
    return this.#options.clock.nowMs() + this.#offsetMs;
  }

  steadyMs(): number {
    return this.#options.clock.steadyMs();
  }

  /** Milliseconds that this machine is ahead of the database; negative behind it. */
  get skewMs(): number {
    return 0 - this.#offsetMs;
  }

  get isSkewed(): boolean {
    return this.#isSkewed;
  }

  /** Call it a few times a second; it asks when it is time. Throws what `ask` throws. */
  async look(): Promise<void> {
    const { clock, ask, onSkew } = this.#options;
    const beforeMs = clock.steadyMs();
    if (this.#lookedAtMs !== undefined && beforeMs - this.#lookedAtMs < LOOK_EVERY_MS) return;
    const serverMs = await ask();
    const tookMs = clock.steadyMs() - beforeMs;
    if (tookMs > SURE_MS && this.#lookedAtMs !== undefined) return;
    this.#offsetMs = Math.round(serverMs + tookMs / 2 - clock.nowMs());
    this.#lookedAtMs = beforeMs;
    const wasSkewed = this.#isSkewed;
    this.#isSkewed = Math.abs(this.#offsetMs) > SKEW_MS;
    if (this.#isSkewed && !wasSkewed) onSkew(this.skewMs);
  }
}
