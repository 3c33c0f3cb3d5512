// Requests refused for a limit or an order, of which only so many a minute are recorded one by one: a key in a tight loop must not fill the disk. Further ones
// are counted by reason, and records tell the counts.
import type { Fault } from '../core/fault.ts';
import type { Clock } from '../core/ports.ts';
import type { LedgerEvent, Principal } from '../core/types.ts';
import { netOf } from '../io/http/net-of.ts';

/** For a limit, an order or the load, and not for what was asked: such refusals take nothing from the rate of a key, and could go on for ever. */
const TURNED_AWAY: ReadonlySet<number> = new Set([429, 503]);
const MINUTE_MS = 60_000;
/** Without keys everybody is one caller, and counted by network: so many of them apart, and all others together. */
const NETS_MAX = 100;
/** Of the open door of `auth: none`. */
const NO_KEY = 'anonymous';

export interface Refused {
  readonly principal: Principal;
  readonly clientAddress: string;
  readonly fault: Pick<Fault, 'code' | 'status'>;
}

/**
 * Whether a refusal is recorded. The `mark` stands in the last record before those that are counted, and in each that tells of them until
 * one says no longer that it `goesOn`. Where that one is missing, the process ended in between, and a count is lost.
 */
export interface Place {
  readonly isRecorded: boolean;
  readonly mark?: { readonly minute: number };
}

const RECORDED: Place = { isRecorded: true };
const COUNTED: Place = { isRecorded: false };

export interface RefusalCountOptions {
  readonly clock: Clock;
  readonly append: (event: LedgerEvent) => unknown;
  readonly perMinute: () => number;
  /** What the record calls the address of a caller. */
  readonly clientName: (tenant: string, address: string) => string;
}

interface Minute {
  /** Counted from the start of the process. */
  readonly number: number;
  readonly principal: Principal;
  /** Empty for a key, which may be used from anywhere. */
  readonly clientAddress: string;
  readonly fromMs: number;
  recorded: number;
  /** Since they were told last. */
  readonly counted: Map<string, number>;
  isCounting: boolean;
}

export class RefusalCount {
  readonly #options: RefusalCountOptions;
  readonly #minutes = new Map<string, Minute>();
  #nets = 0;
  #minuteCount = 0;
  #recorded = 0;
  #counted = 0;
  #untold = 0;

  constructor(options: RefusalCountOptions) {
    this.#options = options;
  }

  /** Since the start: recorded one by one, counted, and counted without being told yet. */
  get counts(): { readonly recorded: number; readonly counted: number; readonly untold: number } {
    return { recorded: this.#recorded, counted: this.#counted, untold: this.#untold };
  }

  take(refused: Refused): Place {
    if (!TURNED_AWAY.has(refused.fault.status)) return RECORDED;
    const minute = this.#minuteOf(refused);
    const perMinute = this.#options.perMinute();
    if (minute.recorded < perMinute && !minute.isCounting) {
      minute.recorded += 1;
      this.#recorded += 1;
      minute.isCounting = minute.recorded >= perMinute;
      return minute.isCounting ? { isRecorded: true, mark: { minute: minute.number } } : RECORDED;
    }
    minute.counted.set(refused.fault.code, (minute.counted.get(refused.fault.code) ?? 0) + 1);
    this.#counted += 1;
    this.#untold += 1;
    return COUNTED;
  }

  /** Records what was counted since the last time, and forgets minutes that are over, or all. Throws what the record throws: nothing is lost then. */
  tell(isEnd = false): void {
    const nowMs = this.#options.clock.steadyMs();
    for (const [name, minute] of this.#minutes) {
      const isOver = isEnd || nowMs - minute.fromMs >= MINUTE_MS;
      if (minute.isCounting && (isOver || minute.counted.size > 0)) this.#tellOf(minute, isOver);
      if (isOver) this.#forget(name, minute);
    }
  }

  #tellOf({ number, principal: { tenant, pseudonym }, clientAddress, counted, fromMs }: Minute, isOver: boolean): void {
    const { append, clock, clientName } = this.#options;
    const atMs = clock.nowMs();
    const count = sumOf(counted);
    append({
      kind: 'request.refusals',
      atMs,
      tenant,
      data: {
        principal: pseudonym,
        ...(clientAddress === '' ? {} : { client: clientName(tenant, clientAddress) }),
        count,
        reasons: Object.fromEntries(counted),
        fromMs: Math.round(atMs - (clock.steadyMs() - fromMs)),
        minute: number,
        ...(isOver ? {} : { goesOn: true }),
      },
    });
    counted.clear();
    this.#untold -= count;
  }

  #minuteOf(refused: Refused): Minute {
    const nowMs = this.#options.clock.steadyMs();
    const name = this.#nameOf(refused);
    const known = this.#minutes.get(name);
    // One that counted is told of before it ends; until then it goes on.
    if (known !== undefined && (known.isCounting || nowMs - known.fromMs < MINUTE_MS)) return known;
    const { principal, clientAddress } = refused;
    const isNet = principal.keyId === NO_KEY;
    if (known === undefined && isNet) this.#nets += 1;
    this.#minuteCount += 1;
    const minute: Minute = {
      number: this.#minuteCount,
      principal,
      clientAddress: isNet && name !== NO_KEY ? clientAddress : '',
      fromMs: nowMs,
      recorded: 0,
      counted: new Map(),
      isCounting: false,
    };
    this.#minutes.set(name, minute);
    return minute;
  }

  #nameOf({ principal: { keyId }, clientAddress }: Refused): string {
    if (keyId !== NO_KEY) return keyId;
    const net = `${NO_KEY} ${netOf(clientAddress)}`;
    return this.#minutes.has(net) || this.#nets < NETS_MAX ? net : NO_KEY;
  }

  #forget(name: string, { principal }: Minute): void {
    this.#minutes.delete(name);
    if (principal.keyId === NO_KEY) this.#nets -= 1;
  }
}

const sumOf = (counted: ReadonlyMap<string, number>): number => [...counted.values()].reduce((sum, count) => sum + count, 0);
