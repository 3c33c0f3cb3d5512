// How often one address may try to sign in: whoever guesses keys, guesses slowly.
import type { Clock } from '../../../core/ports.ts';
import { netOf } from '../../../io/http/net-of.ts';
import { appFault } from '../../faults.ts';

/** Tries of one address within a minute. */
export const TRIES_MAX = 10;
const WINDOW_MS = 60_000;
/** Addresses that are remembered; beyond, the one that tried longest ago is forgotten. */
const ADDRESSES_MAX = 4_096;

export class SignInLimit {
  readonly #clock: Clock;
  readonly #triesMax: number;
  readonly #tries = new Map<string, number[]>();

  constructor(clock: Clock, triesMax = TRIES_MAX) {
    this.#clock = clock;
    this.#triesMax = triesMax;
  }

  /** Counts a try. Throws `sign_in_limited`. */
  take(address: string): void {
    const name = netOf(address);
    const nowMs = this.#clock.steadyMs();
    const recent = (this.#tries.get(name) ?? []).filter((atMs) => nowMs - atMs < WINDOW_MS);
    // Taken out and put back, so that the map stays in the order of the last try.
    this.#tries.delete(name);
    const [oldest = nowMs] = recent;
    if (recent.length < this.#triesMax) recent.push(nowMs);
    else {
      this.#tries.set(name, recent);
      throw appFault(
        'sign_in_limited',
        { limit: this.#triesMax },
        { retryAfterSeconds: Math.max(1, Math.ceil((oldest + WINDOW_MS - nowMs) / 1000)) },
      );
    }
    this.#tries.set(name, recent);
    const [first] = this.#tries.keys();
    if (this.#tries.size > ADDRESSES_MAX && first !== undefined) this.#tries.delete(first);
  }

  /** The newest try was no guess: a browser that signs in and out again and again is not turned away. */
  wasRight(address: string): void {
    this.#tries.get(netOf(address))?.pop();
  }
}
