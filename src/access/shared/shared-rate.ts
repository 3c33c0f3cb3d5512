// Requests a minute of one key over all replicas. Those that come while a question is under way go together in the next one.
import type { Clock } from '../../core/ports.ts';
import type { SharedDoor } from '../../io/shared/shared-door.ts';
import { accessFault } from '../faults.ts';
import type { Rate } from '../limits/rate.ts';
import type { CounterLoss } from '../settings.ts';
import { reasonOf, type SharedHealth } from './health.ts';
import { ENTER, TAKE } from './rate-scripts.ts';

const EPOCH = 'epoch';
/** Long enough for every replica to notice a new run and to come: it looks five times a second. */
export const SETTLE_MS = 600;
/** A server that restarts is waited for; one that is away for longer is lost. */
const PATIENCE_MS = 2_500;
const LOOK_MS = 20;
const KEYS_AT_ONCE = 500;
/** Keys whose buckets are known to be not full. Beyond, the oldest are forgotten: their server still knows them. */
const KNOWN_MAX = 100_000;

interface Asking {
  readonly keyId: string;
  readonly perMinute: number;
  readonly rate: Rate;
  readonly resolve: (waitMs: number) => void;
  readonly reject: (error: unknown) => void;
}

export interface SharedRateOptions {
  readonly door: SharedDoor;
  readonly clock: Clock;
  readonly pause: (ms: number) => Promise<void>;
  readonly onLoss: () => CounterLoss;
  readonly health: SharedHealth;
}

export class SharedRate {
  readonly #options: SharedRateOptions;
  /** When each bucket is full again, by the server's clock. */
  readonly #known = new Map<string, number>();
  /** The server's clock, less our steady one. */
  #offsetMs = 0;
  #asking: Asking[] = [];
  #isRunning = false;
  #isLooking = false;
  /** When the server answered last, by our steady clock. */
  #answeredMs: number;

  constructor(options: SharedRateOptions) {
    this.#options = options;
    this.#answeredMs = options.clock.steadyMs();
    options.door.onUp(async (run) => {
      await this.#enter(run);
      this.#answered();
    });
  }

  /**
   * Looks whether the server answers and still has what it knew, so that a loss and its end are known without a request. Call it a
   * few times a second. Never rejects.
   */
  async tick(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    const { clock, door } = this.#options;
    try {
      if (door.run === undefined) throw new Error('no connection');
      const { settlesMs } = parseAnswer(await this.#question(door.run, []));
      if (settlesMs < 0) await this.#enter(door.run);
      this.#answered();
    } catch (error) {
      if (clock.steadyMs() - this.#answeredMs > PATIENCE_MS) this.#lost(error);
    }
    this.#isLooking = false;
  }

  #answered(): void {
    this.#answeredMs = this.#options.clock.steadyMs();
    this.#options.health.well('counters');
  }

  #lost(error: unknown): void {
    this.#options.health.lost('counters', `Valkey at ${this.#options.door.place} does not answer (${reasonOf(error)})`);
  }

  /** Takes one request. Returns 0, or the milliseconds after which one would be let through. Faults: `counters_lost`. */
  take(keyId: string, perMinute: number, rate: Rate): Promise<number> {
    if (perMinute === Infinity) return Promise.resolve(0);
    return new Promise((resolve, reject) => {
      this.#asking.push({ keyId, perMinute, rate, resolve, reject });
      if (!this.#isRunning) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#asking.length > 0) {
      const batch = this.#asking.splice(0, KEYS_AT_ONCE);
      try {
        await this.#ask(batch);
      } catch (error) {
        if (!this.#options.health.isLost('counters')) this.#lost(error);
        for (const one of batch) this.#alone(one);
      }
    }
    this.#isRunning = false;
  }

  /** Asks until it is answered; throws when the patience is over, and at once while the server is known to be lost: `tick` finds it again. */
  async #ask(batch: readonly Asking[]): Promise<void> {
    const { clock, door, health, pause } = this.#options;
    const untilMs = clock.steadyMs() + PATIENCE_MS;
    for (;;) {
      const { run } = door;
      if (health.isLost('counters')) throw new Error('it was lost before');
      try {
        if (run === undefined) throw new Error('no connection');
        const answer = parseAnswer(await this.#question(run, batch));
        if (answer.settlesMs === 0) return this.#answer(batch, answer);
        this.#answered();
        await (answer.settlesMs > 0 ? pause(answer.settlesMs) : this.#enter(run));
      } catch (error) {
        if (clock.steadyMs() >= untilMs) throw error;
        await pause(LOOK_MS);
      }
    }
  }

  #question(run: string, batch: readonly Asking[]): Promise<unknown> {
    const args: (string | number)[] = [run, SETTLE_MS];
    for (const { keyId, perMinute } of batch) args.push(perMinute, (this.#known.get(keyId) ?? 0).toFixed(4));
    return this.#options.door.script(TAKE, [EPOCH, ...batch.map(({ keyId }) => `rate:${keyId}`)], args);
  }

  #answer(batch: readonly Asking[], { nowMs, rows }: Answer): void {
    this.#answered();
    this.#offsetMs = nowMs - this.#answeredMs;
    for (const [at, { keyId, rate, resolve }] of batch.entries()) {
      const row = rows[at];
      if (row === undefined) throw new Error('the answer is too short');
      this.#known.delete(keyId);
      this.#known.set(keyId, row.fullAtMs);
      // Headers and the loss of the server go by what is known here.
      rate.adopt(row.fullAtMs - this.#offsetMs);
      resolve(row.waitMs);
    }
    if (this.#known.size > KNOWN_MAX) this.#forget(nowMs);
  }

  #forget(nowMs: number): void {
    for (const [keyId, fullAtMs] of this.#known) {
      if (fullAtMs <= nowMs || this.#known.size > KNOWN_MAX) this.#known.delete(keyId);
    }
  }

  #alone({ perMinute, rate, resolve, reject }: Asking): void {
    if (this.#options.onLoss() === 'local') resolve(rate.take(perMinute, this.#options.clock.steadyMs()));
    else reject(accessFault('counters_lost', { what: 'rate' }, { retryAfterSeconds: 1 }));
  }

  /** Brings what is known here to a server, which may be another run that knows nothing, with another clock. */
  async #enter(run: string): Promise<void> {
    const offsetMs = this.#offsetMs;
    const beforeMs = this.#options.clock.steadyMs() + offsetMs;
    const known = [...this.#known].map(([keyId, fullAtMs]) => ({ keyId, leftMs: fullAtMs - beforeMs })).filter(({ leftMs }) => leftMs > 0);
    for (let at = 0; at === 0 || at < known.length; at += KEYS_AT_ONCE) {
      const some = known.slice(at, at + KEYS_AT_ONCE);
      const keys = some.map(({ keyId }) => `rate:${keyId}`);
      const left = some.map(({ leftMs }) => leftMs.toFixed(4));
      const nowMs = Number(await this.#options.door.script(ENTER, [EPOCH, ...keys], [run, SETTLE_MS, ...left]));
      if (!Number.isFinite(nowMs)) throw new TypeError('no answer of the script');
      this.#offsetMs = nowMs - this.#options.clock.steadyMs();
    }
    // From here on in the time of this server.
    for (const [keyId, fullAtMs] of this.#known) this.#known.set(keyId, fullAtMs + this.#offsetMs - offsetMs);
  }
}

interface Answer {
  /** 0: answered. Above: to be waited for. Below: the server does not know this run. */
  readonly settlesMs: number;
  readonly nowMs: number;
  readonly rows: readonly { readonly waitMs: number; readonly fullAtMs: number }[];
}

function parseAnswer(answer: unknown): Answer {
  if (!Array.isArray(answer)) throw new TypeError('no answer of the script');
  const numbers = answer.map(Number);
  if (numbers.some((number) => !Number.isFinite(number))) throw new TypeError('no number in the answer of the script');
  const [settlesMs = -1, nowMs = 0, ...rest] = numbers;
  const rows = Array.from({ length: rest.length / 2 }, (_, at) => ({ waitMs: rest[at * 2] ?? 0, fullAtMs: rest[at * 2 + 1] ?? 0 }));
  return { settlesMs, nowMs, rows };
}
