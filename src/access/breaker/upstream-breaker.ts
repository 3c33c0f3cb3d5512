// Gives a failing upstream a rest, and asks it carefully whether it is well again.
import type { Clock } from '../../core/ports.ts';
import { accessFault } from '../faults.ts';

export interface UpstreamBreakerSettings {
  /** Failures in a row that open the circuit. */
  readonly failuresMax: number;
  readonly restMs: number;
  /** The rest doubles with each failed probe, up to this. */
  readonly restMaxMs: number;
}

export const UPSTREAM_BREAKER_DEFAULTS: UpstreamBreakerSettings = { failuresMax: 5, restMs: 2_000, restMaxMs: 60_000 };

const SECOND_MS = 1_000;
/** No installation has more; names that others tell must not fill the memory. */
const CIRCUITS_MAX = 1_000;

/** Told when a circuit opens here and when its upstream is well again, so that other replicas need not find out by failing too. */
export interface BreakerListener {
  rests(upstream: string, failures: number, restMs: number): void;
  isWell(upstream: string): void;
}

interface Circuit {
  failures: number;
  restMs: number;
  /** Steady milliseconds; 0 while the circuit is closed. */
  openUntilMs: number;
  /** When a probe that never reports back stops counting. */
  probeUntilMs: number;
}

/** One circuit for each upstream: closed → open → one probe at a time → closed. */
export class UpstreamBreaker {
  readonly #clock: Clock;
  readonly #settings: UpstreamBreakerSettings;
  readonly #circuits = new Map<string, Circuit>();
  readonly #listener: BreakerListener | undefined;

  constructor(clock: Clock, settings: UpstreamBreakerSettings = UPSTREAM_BREAKER_DEFAULTS, listener?: BreakerListener) {
    this.#listener = listener;
    this.#clock = clock;
    this.#settings = settings;
  }

  /** Throws `upstream_resting` while the circuit is open. After the rest one request passes as a probe. */
  assertUp(upstream: string): void {
    const circuit = this.#circuits.get(upstream);
    if (circuit === undefined || circuit.openUntilMs === 0) return;
    const nowMs = this.#clock.steadyMs();
    const waitUntilMs = Math.max(circuit.openUntilMs, circuit.probeUntilMs);
    if (nowMs < waitUntilMs) {
      const retryAfterSeconds = Math.ceil((waitUntilMs - nowMs) / SECOND_MS);
      throw accessFault('upstream_resting', { upstream, failures: circuit.failures }, { retryAfterSeconds });
    }
    circuit.probeUntilMs = nowMs + circuit.restMs;
  }

  isUp(upstream: string): boolean {
    return (this.#circuits.get(upstream)?.openUntilMs ?? 0) === 0;
  }

  /** The upstream answered, be it with a client error: it is alive. */
  succeeded(upstream: string): void {
    const circuit = this.#circuits.get(upstream);
    if (circuit === undefined) return;
    this.#circuits.delete(upstream);
    if (circuit.openUntilMs > 0) this.#listener?.isWell(upstream);
  }

  /** Another replica opened its circuit for so long, or found the upstream well. */
  heard(upstream: string, rest: { readonly failures: number; readonly restMs: number } | undefined): void {
    if (rest === undefined) {
      this.#circuits.delete(upstream);
      return;
    }
    if (this.#circuits.size >= CIRCUITS_MAX) return;
    const circuit = this.#circuitOf(upstream);
    circuit.failures = Math.max(circuit.failures, rest.failures);
    circuit.openUntilMs = Math.max(circuit.openUntilMs, this.#clock.steadyMs() + Math.min(rest.restMs, this.#settings.restMaxMs));
  }

  /** The upstream timed out, broke off, could not be reached, or answered 5xx. A caller's own abort is no failure. */
  failed(upstream: string): void {
    const circuit = this.#circuitOf(upstream);
    circuit.failures += 1;
    if (circuit.failures < this.#settings.failuresMax) return;
    const nowMs = this.#clock.steadyMs();
    // Requests that were under way when it opened fail too; only a failed probe may lengthen the rest.
    if (nowMs < circuit.openUntilMs) return;
    if (circuit.openUntilMs > 0) circuit.restMs = Math.min(circuit.restMs * 2, this.#settings.restMaxMs);
    circuit.openUntilMs = nowMs + circuit.restMs;
    circuit.probeUntilMs = 0;
    this.#listener?.rests(upstream, circuit.failures, circuit.restMs);
  }

  #circuitOf(upstream: string): Circuit {
    const known = this.#circuits.get(upstream);
    if (known !== undefined) return known;
    const made = { failures: 0, restMs: this.#settings.restMs, openUntilMs: 0, probeUntilMs: 0 };
    this.#circuits.set(upstream, made);
    return made;
  }
}
