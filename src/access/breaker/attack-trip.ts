// Turns away a source most of whose requests are blocked, and lets it back by a few probes.

export interface AttackSettings {
  /** Share of blocked requests, from 0 to 1, at which a source is turned away. Above 1 nobody ever is: for red-team runs. */
  readonly blockedShare: number;
  /** Requests in the window below which a share means nothing. */
  readonly samplesMin: number;
  readonly restMs: number;
  /** The rest doubles each time the probes fail, up to this. */
  readonly restMaxMs: number;
  readonly probes: number;
}

export const ATTACK_DEFAULTS: AttackSettings = { blockedShare: 0.6, samplesMin: 50, restMs: 10_000, restMaxMs: 300_000, probes: 5 };

const BUCKETS = 10;
const BUCKET_MS = 1_000;

/** Requests judged and requests blocked over the last ten seconds. */
class Window {
  readonly #judged = new Uint32Array(BUCKETS);
  readonly #blocked = new Uint32Array(BUCKETS);
  #bucket = 0;
  judged = 0;
  blocked = 0;

  add(isBlocked: boolean, nowMs: number): void {
    this.#turnTo(nowMs);
    const place = this.#bucket % BUCKETS;
    this.#judged[place] = (this.#judged[place] ?? 0) + 1;
    this.judged += 1;
    if (!isBlocked) return;
    this.#blocked[place] = (this.#blocked[place] ?? 0) + 1;
    this.blocked += 1;
  }

  clear(): void {
    this.#judged.fill(0);
    this.#blocked.fill(0);
    this.judged = 0;
    this.blocked = 0;
  }

  #turnTo(nowMs: number): void {
    const bucket = Math.floor(nowMs / BUCKET_MS);
    if (bucket - this.#bucket >= BUCKETS) this.clear();
    for (let old = this.#bucket + 1; old <= bucket && old < this.#bucket + BUCKETS; old += 1) {
      const place = old % BUCKETS;
      this.judged -= this.#judged[place] ?? 0;
      this.blocked -= this.#blocked[place] ?? 0;
      this.#judged[place] = 0;
      this.#blocked[place] = 0;
    }
    this.#bucket = Math.max(bucket, this.#bucket);
  }
}

/** One source: a key, a tenant, or everybody. Times are steady milliseconds. */
export class AttackTrip {
  readonly #settings: AttackSettings;
  readonly #window = new Window();
  #state: 'closed' | 'open' | 'half-open' = 'closed';
  #untilMs = 0;
  #restMs: number;
  #probesLeft = 0;
  #probesJudged = 0;
  #probesBlocked = 0;

  constructor(settings: AttackSettings) {
    this.#settings = settings;
    this.#restMs = settings.restMs;
  }

  get isOpen(): boolean {
    return this.#state !== 'closed';
  }

  /** Milliseconds to wait; 0 lets the request through. Asking takes a probe when the rest is over, so ask last. */
  waitMs(nowMs: number): number {
    if (this.#state === 'closed') return 0;
    if (nowMs >= this.#untilMs && (this.#state === 'open' || this.#probesLeft === 0)) this.#offerProbes(nowMs);
    if (this.#state === 'half-open' && this.#probesLeft > 0) {
      this.#probesLeft -= 1;
      return 0;
    }
    return Math.max(this.#untilMs - nowMs, 1);
  }

  /** Milliseconds to wait, without taking a probe; 0 where there may be one. */
  restMsAt(nowMs: number): number {
    if (this.#state === 'closed' || nowMs >= this.#untilMs || (this.#state === 'half-open' && this.#probesLeft > 0)) return 0;
    return this.#untilMs - nowMs;
  }

  /** Counts a judged request. Returns true when this one turned the source away. */
  judged(isBlocked: boolean, nowMs: number): boolean {
    if (this.#state === 'open') return false;
    if (this.#state === 'half-open') return this.#judgeProbe(isBlocked, nowMs);
    const window = this.#window;
    window.add(isBlocked, nowMs);
    if (window.judged < this.#settings.samplesMin || window.blocked < window.judged * this.#settings.blockedShare) return false;
    this.#open(nowMs);
    return true;
  }

  /** Forgets the window: its blocked requests were those of a narrower source, which was turned away by itself. */
  forget(): void {
    this.#window.clear();
  }

  #judgeProbe(isBlocked: boolean, nowMs: number): boolean {
    this.#probesJudged += 1;
    if (isBlocked) this.#probesBlocked += 1;
    if (this.#probesJudged < this.#settings.probes) return false;
    if (this.#probesBlocked < this.#settings.probes * this.#settings.blockedShare) {
      this.#state = 'closed';
      this.#restMs = this.#settings.restMs;
      return false;
    }
    this.#restMs = Math.min(this.#restMs * 2, this.#settings.restMaxMs);
    this.#open(nowMs);
    return true;
  }

  #open(nowMs: number): void {
    this.#window.clear();
    this.#state = 'open';
    this.#untilMs = nowMs + this.#restMs;
  }

  /** Probes that never came back (aborted, killed) must not keep the source out for ever: after another rest there are new ones. */
  #offerProbes(nowMs: number): void {
    this.#state = 'half-open';
    this.#probesLeft = this.#settings.probes;
    this.#probesJudged = 0;
    this.#probesBlocked = 0;
    this.#untilMs = nowMs + this.#restMs;
  }
}
