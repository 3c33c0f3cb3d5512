// This replica's part of budgets that others draw on as well: asked for ahead, given back when idle or when others are short.
import type { Clock } from '../../core/ports.ts';
import type { CounterLoss } from '../settings.ts';
import { pursesOf, type AskedFor, type Granting, type Reservation } from './budgets.ts';
import type { Granted, GrantStore, GrantWish } from './grants.ts';
import type { SpentSum } from './budget-fold.ts';
import { widen } from './slices.ts';
import type { Cost, Lease, Purse } from './purse.ts';
import { isHopeless, isUsedUp, lostFault, type Needed, type Waiting } from './waiting.ts';
import {
  fewest,
  hasUnused,
  isLow,
  isOver,
  isOverdrawn,
  lackOf,
  limitOf,
  minus,
  most,
  nameOf,
  NO_LIMIT,
  NOTHING,
  plus,
  usedOf,
} from './purse-sums.ts';

/** A part that was not used for so long goes back. */
const IDLE_MS = 1_000;
/** What is used without any limit is told so often, for a limit that may come. */
const TELL_MS = 5_000;
/** After somebody was short, nothing is held ahead for so long. */
const TIGHT_MS = 2_000;
/** After everybody was asked and nothing was left, a few questions are enough for so long: nobody holds anything ahead. */
const EXHAUSTED_MS = 1_000;
const TRIES_EXHAUSTED = 3;
/** Waits between two questions while others give back what they do not use; the last ones reach those who hear nothing and only look. */
const PAUSES_MS = [10, 20, 40, 80, 150, 300] as const;
const WISHES_MAX = 400;
/** A database that does not answer for so long is lost, though it may answer yet: nobody is made to wait for it any longer. */
const PATIENCE_MS = 2_500;
const SILENT = `the database did not answer in ${PATIENCE_MS} ms`;

export interface LeasesOptions {
  readonly store: GrantStore;
  readonly clock: Clock;
  readonly pause: (ms: number) => Promise<void>;
  /** What happens when the grants cannot be asked for; read anew each time. */
  readonly onLoss: () => CounterLoss;
  /** Tells the others that this purse is short. */
  readonly ask: (subject: string, period: string) => void;
  /** Told of each exchange that failed and of the first one that works again. */
  readonly onTrouble: (error: unknown) => void;
  readonly onWell: () => void;
}

export class Leases implements Granting {
  readonly #options: LeasesOptions;
  readonly #purses = new Map<string, Purse>();
  #waiting: Waiting[] = [];
  /** Those for whom an exchange is under way, and since when. */
  #asking: Waiting[] = [];
  #askedAtMs = Infinity;
  readonly #refill = new Set<Purse>();
  readonly #giveBack = new Set<Purse>();
  /** Drawn from without the database, which must learn of it. */
  readonly #untold = new Set<Purse>();
  #running: Promise<void> | undefined;
  #isTicking = false;

  constructor(options: LeasesOptions) {
    this.#options = options;
  }

  adopt(purse: Purse): void {
    purse.grantedMicroUnits = purse.spentMicroUnits;
    purse.grantedTokens = purse.spentTokens;
    const nowMs = this.#options.clock.steadyMs();
    purse.lease = {
      slice: NOTHING,
      usedAtMs: nowMs,
      refilledAtMs: nowMs,
      tightUntilMs: 0,
      exhaustedUntilMs: 0,
      toldAtMs: 0,
      isTended: true,
      left: NOTHING,
      others: NOTHING,
      limit: NO_LIMIT,
    };
    this.#purses.set(nameOf(purse), purse);
  }

  /**
   * Before the first request: what this replica held when it last ran is cut to what its own record says was spent. Whatever it held
   * beyond that goes back to all.
   */
  async begin(spent: readonly SpentSum[], periods: readonly string[]): Promise<void> {
    const sums = new Map(spent.filter(({ period }) => periods.includes(period)).map((sum) => [`${sum.subject} ${sum.period}`, sum]));
    for (const { subject, period } of await this.#options.store.own(periods)) {
      const name = `${subject} ${period}`;
      if (!sums.has(name)) sums.set(name, { subject, period, ...NOTHING });
    }
    const wishes = [...sums.values()].map(({ subject, period, microUnits, tokens }): GrantWish => ({
      subject,
      period,
      holds: { microUnits, tokens },
      givesBack: true,
      need: NOTHING,
      least: NOTHING,
      slice: NOTHING,
      limit: NO_LIMIT,
    }));
    for (let at = 0; at < wishes.length; at += WISHES_MAX) await this.#options.store.exchange(wishes.slice(at, at + WISHES_MAX));
  }

  used(purses: readonly Purse[], { bound, limits }: AskedFor): void {
    const nowMs = this.#options.clock.steadyMs();
    let wantsMore = false;
    for (const [at, purse] of purses.entries()) {
      const { lease } = purse;
      if (lease === undefined) continue;
      this.#touched(purse, lease);
      if (lease.slice === NOTHING || nowMs < lease.tightUntilMs || nowMs < lease.exhaustedUntilMs) continue;
      const limit = limitOf(limits[at < 2 ? 'key' : 'tenant'], at);
      // A quarter of the slice is left: more is fetched while it lasts.
      if (!isLow(purse, limit)) continue;
      lease.limit = limit;
      widen(lease, bound, nowMs);
      this.#refill.add(purse);
      wantsMore = true;
    }
    if (wantsMore) this.#kick();
  }

  settled(purses: readonly Purse[]): void {
    const nowMs = this.#options.clock.steadyMs();
    for (const purse of purses) {
      if (purse.lease === undefined || nowMs >= purse.lease.tightUntilMs || !hasUnused(purse)) continue;
      this.#giveBack.add(purse);
    }
    if (this.#giveBack.size > 0) this.#kick();
  }

  reserve(asked: AskedFor, take: () => Reservation): Promise<Reservation> {
    if (isHopeless(asked)) {
      try {
        return Promise.resolve(take());
      } catch (error) {
        return Promise.reject(error instanceof Error ? error : new Error('not an error', { cause: error }));
      }
    }
    return new Promise((resolve, reject) => {
      const one = { asked, take, resolve, reject, tries: 0 };
      if (this.#isSilent) return this.#serveAlone([one], new Error(SILENT));
      this.#waiting.push(one);
      this.#kick();
    });
  }

  /** Somebody is short of this purse: what is not in use goes back at once, and nothing is held ahead for a while. */
  wantedBack(subject: string, period: string): void {
    const purse = this.#purses.get(`${subject} ${period}`);
    if (purse?.lease === undefined) return;
    purse.lease.tightUntilMs = this.#options.clock.steadyMs() + TIGHT_MS;
    if (!hasUnused(purse)) return;
    this.#giveBack.add(purse);
    this.#kick();
  }

  /** Call it a few times a second. Rejects never: who waits is told. */
  async tick(): Promise<void> {
    const nowMs = this.#options.clock.steadyMs();
    for (const [name, purse] of this.#purses) this.#tend(name, purse, nowMs);
    this.#giveUpWaiting();
    if (this.#isTicking) return;
    this.#isTicking = true;
    try {
      for (const { subject, period } of await this.#options.store.wanted()) this.wantedBack(subject, period);
      if (!this.#isSilent) this.#options.onWell();
    } catch (error) {
      this.#options.onTrouble(error);
    }
    this.#isTicking = false;
    this.#kick();
    await this.#running;
  }

  get #isSilent(): boolean {
    return this.#options.clock.steadyMs() - this.#askedAtMs > PATIENCE_MS;
  }

  /**
   * The exchange itself goes on: two at a time could overtake each other, and the database would then take an old word for the new one.
   * What it grants after all is found by the next one.
   */
  #giveUpWaiting(): void {
    if (!this.#isSilent) return;
    const silent = new Error(SILENT);
    this.#options.onTrouble(silent);
    this.#serveAlone([...this.#asking.splice(0), ...this.#waiting.splice(0)], silent);
  }

  #tend(name: string, purse: Purse, nowMs: number): void {
    const { lease } = purse;
    if (lease === undefined) return;
    if (this.#untold.has(purse) || (isOverdrawn(purse) && isDue(lease, nowMs))) this.#giveBack.add(purse);
    if (nowMs - lease.usedAtMs <= IDLE_MS) return;
    if (hasUnused(purse)) this.#giveBack.add(purse);
    else if (!isOverdrawn(purse) && purse.reservedMicroUnits === 0 && purse.reservedTokens === 0) {
      lease.isTended = false;
      this.#purses.delete(name);
    }
  }

  /** Looked after from now on: until it is idle and holds nothing that others could use. */
  #touched(purse: Purse, lease: Lease): void {
    lease.usedAtMs = this.#options.clock.steadyMs();
    if (lease.isTended) return;
    lease.isTended = true;
    this.#purses.set(nameOf(purse), purse);
  }

  /** Gives back everything that is not in use: the others need not wait for it. */
  async close(): Promise<void> {
    for (const purse of this.#purses.values()) if (hasUnused(purse) || isOverdrawn(purse)) this.#giveBack.add(purse);
    this.#kick();
    while (this.#running !== undefined) await this.#running;
  }

  #triesFor({ asked: { wallet } }: Waiting): number {
    const nowMs = this.#options.clock.steadyMs();
    const isExhausted = pursesOf(wallet).some(({ lease }) => lease !== undefined && nowMs < lease.exhaustedUntilMs);
    return isExhausted ? TRIES_EXHAUSTED : PAUSES_MS.length;
  }

  #kick(): void {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      if (this.#waiting.length + this.#refill.size + this.#giveBack.size > 0) this.#kick();
    });
  }

  async #run(): Promise<void> {
    // Whatever is asked for in the same turn of the loop goes into one exchange.
    await Promise.resolve();
    const waiting = this.#waiting.splice(0, WISHES_MAX / 4);
    const { wishes, purses } = this.#wishesFor(waiting);
    if (wishes.length === 0) return this.#serve(waiting);
    this.#asking = waiting;
    this.#askedAtMs = this.#options.clock.steadyMs();
    let granted: readonly Granted[];
    try {
      granted = await this.#options.store.exchange(wishes);
      this.#options.onWell();
    } catch (error) {
      this.#options.onTrouble(error);
      return this.#serveAlone(this.#asking.splice(0), error);
    } finally {
      this.#askedAtMs = Infinity;
    }
    for (const [at, purse] of purses.entries()) this.#take(purse, wishes[at], granted[at]);
    this.#serve(this.#asking.splice(0));
  }

  #wishesFor(waiting: readonly Waiting[]): { readonly wishes: readonly GrantWish[]; readonly purses: readonly Purse[] } {
    const needs = new Map<Purse, Needed>();
    const limits = new Map<Purse, Cost>();
    for (const { asked } of waiting) {
      for (const [at, purse] of pursesOf(asked.wallet).entries()) {
        const limit = limitOf(asked.limits[at < 2 ? 'key' : 'tenant'], at);
        // Without a limit nothing is leased: what was used is told now and then.
        if (limit.microUnits === Infinity && limit.tokens === Infinity) continue;
        const isFirst = !needs.has(purse);
        const { all, least } = needs.get(purse) ?? { all: NOTHING, least: asked.bound };
        needs.set(purse, { all: plus(all, asked.bound), least: fewest(least, asked.bound) });
        limits.set(purse, limit);
        if (purse.lease === undefined) continue;
        purse.lease.limit = limit;
        this.#touched(purse, purse.lease);
        if (isFirst) widen(purse.lease, asked.bound, this.#options.clock.steadyMs());
      }
    }
    const purses = [...new Set([...needs.keys(), ...this.#refill, ...this.#giveBack])].slice(0, WISHES_MAX);
    const wishes = purses.map((purse) => this.#wishOf(purse, needs.get(purse), limits.get(purse)));
    for (const purse of purses) {
      this.#refill.delete(purse);
      this.#giveBack.delete(purse);
    }
    return { wishes, purses };
  }

  #wishOf(purse: Purse, needed: Needed | undefined, limit = purse.lease?.limit ?? NO_LIMIT): GrantWish {
    const givesBack = needed === undefined && this.#giveBack.has(purse);
    const used = usedOf(purse);
    // From here on nobody may use what goes back, whether or not the exchange succeeds.
    const holds = givesBack ? used : most(used, { microUnits: purse.grantedMicroUnits, tokens: purse.grantedTokens });
    purse.grantedMicroUnits = holds.microUnits;
    purse.grantedTokens = holds.tokens;
    const { lease } = purse;
    const isAhead = !givesBack && lease !== undefined && this.#options.clock.steadyMs() >= lease.tightUntilMs;
    const { subject, period } = purse;
    return {
      subject,
      period,
      holds,
      givesBack,
      need: needed === undefined ? NOTHING : lackOf(purse, needed.all),
      least: needed === undefined ? NOTHING : lackOf(purse, needed.least),
      slice: isAhead ? lease.slice : NOTHING,
      limit,
    };
  }

  #take(purse: Purse, wish: GrantWish | undefined, granted: Granted | undefined): void {
    const { lease } = purse;
    if (wish === undefined || granted === undefined || lease === undefined) return;
    this.#untold.delete(purse);
    lease.toldAtMs = this.#options.clock.steadyMs();
    purse.grantedMicroUnits += granted.own.microUnits - wish.holds.microUnits;
    purse.grantedTokens += granted.own.tokens - wish.holds.tokens;
    lease.left = granted.free;
    lease.others = granted.others;
    if (granted.isMet) return;
    lease.tightUntilMs = this.#options.clock.steadyMs() + TIGHT_MS;
    this.#options.ask(purse.subject, purse.period);
  }

  /** First come, first served. Who finds too little asks again, until everybody has had the time to give back. */
  #serve(waiting: readonly Waiting[]): void {
    const again: Waiting[] = [];
    for (const one of waiting) {
      try {
        one.resolve(one.take());
        this.#touch(one);
      } catch (error) {
        if (isUsedUp(error) && one.tries < this.#triesFor(one) && !isHopeless(one.asked)) again.push(one);
        else this.#refuse(one, error);
      }
    }
    // Whoever waits for more does not keep meanwhile what would be enough for somebody else.
    for (const one of again) this.settled(pursesOf(one.asked.wallet));
    if (again.length > 0) void this.#retry(again);
  }

  #touch({ asked: { wallet } }: Waiting): void {
    for (const purse of pursesOf(wallet)) if (purse.lease !== undefined) this.#touched(purse, purse.lease);
    this.settled(pursesOf(wallet));
  }

  #refuse({ asked: { wallet, bound }, reject, tries }: Waiting, error: unknown): void {
    reject(error);
    if (tries < TRIES_EXHAUSTED) return;
    const untilMs = this.#options.clock.steadyMs() + EXHAUSTED_MS;
    for (const purse of pursesOf(wallet)) {
      if (purse.lease !== undefined && isOver(lackOf(purse, bound), purse.lease.left)) purse.lease.exhaustedUntilMs = untilMs;
    }
    this.settled(pursesOf(wallet));
  }

  async #retry(again: readonly Waiting[]): Promise<void> {
    const [first] = again;
    await this.#options.pause(PAUSES_MS[first?.tries ?? 0] ?? PAUSES_MS[0]);
    for (const one of again) one.tries += 1;
    this.#waiting.unshift(...again);
    this.#kick();
  }

  /** The database cannot be asked. What the operator chose: refuse, or count on what was known when it last answered. */
  #serveAlone(waiting: readonly Waiting[], error: unknown): void {
    for (const one of waiting) {
      if (this.#options.onLoss() === 'refuse') one.reject(lostFault(error));
      else this.#takeAlone(one);
    }
  }

  #takeAlone(one: Waiting): void {
    const { wallet, bound, limits } = one.asked;
    for (const [at, purse] of pursesOf(wallet).entries()) {
      const limit = limitOf(limits[at < 2 ? 'key' : 'tenant'], at);
      const { microUnits, tokens } = minus(limit, purse.lease?.others ?? NOTHING);
      const wanted = plus(usedOf(purse), bound);
      this.#untold.add(purse);
      // Drawn without asking: the database is told of it when it can be reached again.
      if (wanted.microUnits <= microUnits) purse.grantedMicroUnits = Math.max(purse.grantedMicroUnits, wanted.microUnits);
      if (wanted.tokens <= tokens) purse.grantedTokens = Math.max(purse.grantedTokens, wanted.tokens);
    }
    try {
      one.resolve(one.take());
    } catch (error) {
      one.reject(error);
    }
  }
}

/** What has a limit is told at once, and what has none now and then. */
const isDue = ({ limit, toldAtMs }: Lease, nowMs: number): boolean => limit !== NO_LIMIT || nowMs - toldAtMs > TELL_MS;
