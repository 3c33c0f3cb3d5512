// In which order the upstreams of a route are asked: as listed, the quickest first, or the cheapest first. What an upstream has
// just refused for its own limits stands behind the others for as long as it asked for.
import type { Clock } from '../core/ports.ts';
import type { Choice, Leg, Route } from './routes.ts';

export interface OrderTools {
  readonly isStream: boolean;
  /** What the request would cost there at most. */
  readonly costOf: (route: Route) => number;
}

/** How much the last answer counts for. */
const WEIGHT = 0.2;
/** An old measurement is worth half after so long, so that what was slow once is tried again. */
const HALF_LIFE_MS = 30_000;
const COOL_MS = 1_000;
const COOL_MS_MAX = 60_000;

interface Pace {
  ms: number;
  atMs: number;
}

export class FallbackOrder {
  readonly #clock: Clock;
  readonly #paces = new Map<string, Pace>();
  readonly #coolUntilMs = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The legs in the order in which they are to be asked. Equal ones stay as listed. */
  sort(legs: readonly Leg[], choose: Choice, tools: OrderTools): readonly Leg[] {
    const ranked = legs.map((leg) => ({ leg, rank: this.#rank(leg.route, choose, tools), isCool: this.#isCool(leg.route) }));
    const sorted = ranked.sort((a, b) => Number(a.isCool) - Number(b.isCool) || a.rank - b.rank).map(({ leg }) => leg);
    const [first] = sorted;
    // Whoever is chosen for an old measurement alone is chosen once, until there is a new one.
    const pace = first === undefined ? undefined : this.#paces.get(keyOf(first.route, tools.isStream));
    if (choose === 'latency' && pace !== undefined) pace.atMs = this.#clock.steadyMs();
    return sorted;
  }

  /** An upstream began to answer after so long. */
  answered(route: Route, isStream: boolean, ms: number): void {
    const key = keyOf(route, isStream);
    const known = this.#paces.get(key);
    const atMs = this.#clock.steadyMs();
    if (known === undefined) this.#paces.set(key, { ms, atMs });
    else Object.assign(known, { ms: known.ms + WEIGHT * (ms - known.ms), atMs });
  }

  /** An upstream is over its own limits. `waitSeconds`: as it said, if it said. */
  cool(route: Route, waitSeconds: number | undefined): void {
    const waitMs = waitSeconds === undefined ? COOL_MS : Math.min(waitSeconds * 1_000, COOL_MS_MAX);
    const untilMs = this.#clock.steadyMs() + waitMs;
    const { name } = route.upstream;
    // Who was told to wait for half a minute is not let off by an answer that names no time.
    this.#coolUntilMs.set(name, Math.max(untilMs, this.#coolUntilMs.get(name) ?? 0));
  }

  #isCool(route: Route): boolean {
    return (this.#coolUntilMs.get(route.upstream.name) ?? 0) > this.#clock.steadyMs();
  }

  #rank(route: Route, choose: Choice, { isStream, costOf }: OrderTools): number {
    if (choose === 'order') return 0;
    if (choose === 'price') return costOf(route);
    const pace = this.#paces.get(keyOf(route, isStream));
    // Nobody knows yet how quick it is: ask it.
    return pace === undefined ? 0 : pace.ms * 2 ** ((pace.atMs - this.#clock.steadyMs()) / HALF_LIFE_MS);
  }
}

/** A whole answer begins when it is finished, a stream with its first word: the two are not compared. */
const keyOf = (route: Route, isStream: boolean): string => `${isStream ? 'stream' : 'whole'} ${route.upstream.name} ${route.model ?? ''}`;
