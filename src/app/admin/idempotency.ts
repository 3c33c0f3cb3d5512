// The same change asked for twice is made once: a client whose connection broke may ask again under the same Idempotency-Key.
// After the draft of the HTTPAPI working group (draft-ietf-httpapi-idempotency-key-header).
import { hash } from 'node:crypto';
import type { Clock } from '../../core/ports.ts';
import { appFault } from '../faults.ts';
import type { ApiAnswer } from './api-route.ts';

const KEEP_MS = 24 * 3_600_000;
/** Changes that are remembered; beyond, the oldest is forgotten. In memory alone: answers can hold a key that was just made. */
const KEPT_MAX = 10_000;
const KEY = /^[\x21-\x7e]{1,128}$/;

export interface IdempotentCall {
  /** Of the header. */
  readonly key: string;
  /** Who asks, and for what: two callers can choose the same key. */
  readonly scope: string;
  readonly body: unknown;
}

interface Kept {
  readonly bodyDigest: string;
  readonly atMs: number;
  readonly answer: Promise<ApiAnswer>;
}

export class Idempotency {
  readonly #clock: Clock;
  /** Oldest first. */
  readonly #kept = new Map<string, Kept>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Throws `idempotency_key_refused`, and `idempotency_mismatch` for a key that was used for another body. What fails may be tried again. */
  async once({ key, scope, body }: IdempotentCall, change: () => Promise<ApiAnswer>): Promise<ApiAnswer> {
    if (!KEY.test(key)) throw appFault('idempotency_key_refused');
    const name = `${scope}\n${key}`;
    const bodyDigest = hash('sha256', JSON.stringify(body) ?? '', 'base64');
    this.#forgetOld();
    const known = this.#kept.get(name);
    if (known === undefined) return this.#make(name, bodyDigest, change);
    if (known.bodyDigest !== bodyDigest) throw appFault('idempotency_mismatch');
    const answer = await known.answer;
    return 'body' in answer ? { ...answer, headers: { ...answer.headers, 'idempotency-replayed': 'true' } } : answer;
  }

  async #make(name: string, bodyDigest: string, change: () => Promise<ApiAnswer>): Promise<ApiAnswer> {
    const answer = change();
    this.#kept.set(name, { bodyDigest, atMs: this.#clock.steadyMs(), answer });
    try {
      return await answer;
    } catch (error) {
      this.#kept.delete(name);
      throw error;
    }
  }

  #forgetOld(): void {
    const nowMs = this.#clock.steadyMs();
    for (const [name, { atMs }] of this.#kept) {
      if (this.#kept.size < KEPT_MAX && nowMs - atMs < KEEP_MS) return;
      this.#kept.delete(name);
    }
  }
}
