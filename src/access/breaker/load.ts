// Sheds load before the machine drowns, from whoever takes the most.

export interface LoadSettings {
  /** Requests in flight in the whole process. */
  readonly inFlightMax: number;
  /** Event-loop delay at which capacity is taken back. */
  readonly loopDelayMaxMs: number;
}

export const LOAD_DEFAULTS: LoadSettings = { inFlightMax: 2_048, loopDelayMaxMs: 100 };

/** How greedy one tenant may be: with 4 a lone one gets four fifths of the capacity, and newcomers always find room. */
const GREED = 4;
/** With so few requests in flight a lagging loop has another cause, and shedding would not help. */
const CAPACITY_MIN = 64;
/** One long pause (a garbage collection, a neighbour on the machine) is no overload. */
const LAGS_IN_A_ROW = 3;
const SHRINK = 0.7;
const GROW_SHARE = 0.05;

export class Load {
  #settings: LoadSettings;
  #capacity: number;
  #inFlight = 0;
  #tenants = 0;
  #lags = 0;

  constructor(settings: LoadSettings) {
    this.#settings = settings;
    this.#capacity = settings.inFlightMax;
  }

  /** New settings for the same requests in flight. */
  configure(settings: LoadSettings): void {
    this.#settings = settings;
    this.#capacity = settings.inFlightMax;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Requests that may be in flight now: `inFlightMax`, less while the event loop lags. */
  get capacity(): number {
    return this.#capacity;
  }

  /**
   * Tells the event-loop delay of the last interval, in milliseconds. Capacity grows by adding and shrinks by multiplying, as a
   * TCP window does (RFC 5681), so that it settles instead of swinging.
   */
  observe(loopDelayMs: number): void {
    const { inFlightMax, loopDelayMaxMs } = this.#settings;
    this.#lags = loopDelayMs > loopDelayMaxMs ? this.#lags + 1 : 0;
    if (this.#lags === 0) this.#capacity = Math.min(inFlightMax, Math.ceil(this.#capacity + inFlightMax * GROW_SHARE));
    if (this.#lags < LAGS_IN_A_ROW) return;
    const busy = Math.min(this.#capacity, this.#inFlight);
    this.#capacity = Math.min(inFlightMax, Math.max(CAPACITY_MIN, Math.floor(busy * SHRINK)));
  }

  /**
   * Says why a tenant with so many requests in flight has to wait, or nothing. A tenant below its fair share always passes; above
   * it, what it may take shrinks with the free room (dynamic thresholds, Choudhury and Hahne, IEEE/ACM Trans. Networking 6(2), 1998),
   * so that one tenant's flood never fills the house.
   */
  objection(tenantInFlight: number): string | undefined {
    if (this.#inFlight >= this.#settings.inFlightMax) return 'too many requests are in flight';
    // One share more than there are tenants: it belongs to whoever comes next.
    const shares = this.#tenants + (tenantInFlight === 0 ? 2 : 1);
    if (tenantInFlight < Math.max(1, Math.floor(this.#capacity / shares))) return undefined;
    if (tenantInFlight < GREED * (this.#capacity - this.#inFlight)) return undefined;
    return this.#capacity < this.#settings.inFlightMax ? 'the machine is saturated' : 'this tenant holds its share of the room';
  }

  /** `tenantInFlight` as it was before the request. */
  enter(tenantInFlight: number): void {
    this.#inFlight += 1;
    if (tenantInFlight === 0) this.#tenants += 1;
  }

  /** `tenantInFlight` as it is after the request. */
  leave(tenantInFlight: number): void {
    this.#inFlight -= 1;
    if (tenantInFlight === 0) this.#tenants -= 1;
  }
}
