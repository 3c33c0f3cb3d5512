// Keys that fail, counted by the address they come from: nobody may try keys as fast as the line allows.
import { Fault } from '../../core/fault.ts';
import type { Clock } from '../../core/ports.ts';
import { netOf } from '../../io/http/net-of.ts';
import { accessFault } from '../faults.ts';
import { Rate } from './rate.ts';

const MINUTE_MS = 60_000;
/** Addresses that are kept at a time, about 2 MB of them. Beyond, those whose last failure is longest ago are forgotten first. */
export const ADDRESSES_MAX = 10_000;
/** Keys that are remembered as good for one address. */
const GOOD_KEYS_MAX = 256;
/** Addresses that are told of in one minute, so that a flood from many does not flood the record. */
const TOLD_PER_MINUTE = 10;
const UNAUTHENTICATED = 401;
/** Failures that other replicas are told of in a minute: beyond, each counts for itself for a while. */
const SHARED_PER_MINUTE = 6_000;

interface Guesser {
  readonly rate: Rate;
  readonly goodKeys: Set<string>;
  failedAtMs: number;
  toldAtMs: number;
}

export class Guesses {
  readonly #clock: Clock;
  readonly #onGuessing: (address: string) => void;
  readonly #tellOthers: (net: string) => void;
  readonly #told = new Rate();
  readonly #shared = new Rate();
  /** In the order of their last failure. Empty, and free of cost, as long as no key fails. */
  readonly #byNet = new Map<string, Guesser>();

  /**
   * `onGuessing` is told once a minute of an address that is over its limit, and of ten addresses a minute at most; `tellOthers` of each
   * failure that counts, where several replicas count together.
   */
  constructor(clock: Clock, onGuessing: (address: string) => void, tellOthers: (net: string) => void = () => undefined) {
    this.#clock = clock;
    this.#onGuessing = onGuessing;
    this.#tellOthers = tellOthers;
  }

  /** Addresses that are kept, for tests and metrics. */
  get size(): number {
    return this.#byNet.size;
  }

  /** Counts a failure. Returns what the caller is told: the failure itself, or `too_many_failed_keys`. */
  failed(address: string, error: unknown, perMinute: number): unknown {
    if (address === '' || !(error instanceof Fault) || error.status !== UNAUTHENTICATED) return error;
    const nowMs = this.#clock.steadyMs();
    const net = netOf(address);
    const guesser = this.#touch(net, nowMs);
    const waitMs = guesser.rate.take(perMinute, nowMs);
    if (waitMs === 0) {
      if (this.#shared.take(SHARED_PER_MINUTE, nowMs) === 0) this.#tellOthers(net);
      return error;
    }
    if (nowMs - guesser.toldAtMs >= MINUTE_MS && this.#told.take(TOLD_PER_MINUTE, nowMs) === 0) {
      guesser.toldAtMs = nowMs;
      this.#onGuessing(address);
    }
    return tooMany(perMinute, waitMs);
  }

  /** A key from this network failed at another replica. */
  heard(net: string, perMinute: number): void {
    const nowMs = this.#clock.steadyMs();
    this.#touch(net, nowMs).rate.take(perMinute, nowMs);
  }

  /**
   * Throws `too_many_failed_keys` for a good key from an address over its limit: a guess that is right must look like all others. Keys
   * that were good before the limit was reached go on, so that one broken client stops no other behind the same address.
   */
  assertHeard(address: string, { keyId }: { readonly keyId: string }, perMinute: number): void {
    if (this.#byNet.size === 0 || address === '') return;
    const nowMs = this.#clock.steadyMs();
    this.#forgetOld(nowMs);
    const guesser = this.#byNet.get(netOf(address));
    if (guesser === undefined || guesser.goodKeys.has(keyId)) return;
    if (guesser.rate.remaining(perMinute, nowMs) < 1) throw tooMany(perMinute, MINUTE_MS / perMinute);
    if (guesser.goodKeys.size < GOOD_KEYS_MAX) guesser.goodKeys.add(keyId);
  }

  #touch(net: string, nowMs: number): Guesser {
    this.#forgetOld(nowMs);
    const known = this.#byNet.get(net);
    const guesser = known ?? { rate: new Rate(), goodKeys: new Set(), failedAtMs: nowMs, toldAtMs: -MINUTE_MS };
    guesser.failedAtMs = nowMs;
    if (known !== undefined) this.#byNet.delete(net);
    else if (this.#byNet.size >= ADDRESSES_MAX) this.#forgetOldest();
    this.#byNet.set(net, guesser);
    return guesser;
  }

  /** A minute after its last failure an address has its whole burst again: to forget it changes nothing. */
  #forgetOld(nowMs: number): void {
    for (const [net, { failedAtMs }] of this.#byNet) {
      if (nowMs - failedAtMs <= MINUTE_MS) return;
      this.#byNet.delete(net);
    }
  }

  #forgetOldest(): void {
    for (const net of this.#byNet.keys()) {
      this.#byNet.delete(net);
      return;
    }
  }
}

const tooMany = (limit: number, waitMs: number): Fault =>
  accessFault('too_many_failed_keys', { limit }, { retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1_000)) });
