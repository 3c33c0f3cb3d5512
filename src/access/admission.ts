// A request that was let in: it takes a place until it leaves.
import type { Clock } from '../core/ports.ts';
import type { Load } from './breaker/load.ts';
import type { Budgets } from './limits/budgets.ts';
import { rateHeaders } from './limits/rate-headers.ts';
import type { KeyMeter } from './meters.ts';

/** What all admissions share. */
export interface House {
  readonly clock: Clock;
  readonly load: Load;
  readonly budgets: Budgets;
}

export class Admission {
  readonly #meter: KeyMeter;
  readonly #house: House;
  #hasLeft = false;

  constructor(meter: KeyMeter, house: House) {
    this.#meter = meter;
    this.#house = house;
    house.load.enter(meter.tenant.inFlight);
    meter.tenant.inFlight += 1;
    meter.inFlight += 1;
  }

  /** The `x-ratelimit-*` headers as of now; worked out when asked. */
  get headers(): Readonly<Record<string, string>> {
    return headersNow(this.#meter, this.#house);
  }

  /** Frees the place. Ends of requests race (abort, cut, last byte), so that only the first call counts. */
  leave(): void {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    this.#meter.inFlight -= 1;
    this.#meter.tenant.inFlight -= 1;
    this.#house.load.leave(this.#meter.tenant.inFlight);
  }
}

/** The `x-ratelimit-*` headers for a key at this moment. */
export function headersNow(meter: KeyMeter, { clock, budgets }: House): Readonly<Record<string, string>> {
  const periods = budgets.periods();
  meter.wallet.key.turnTo(periods);
  return rateHeaders(meter, { steadyMs: clock.steadyMs(), nowMs: clock.nowMs(), periods });
}
