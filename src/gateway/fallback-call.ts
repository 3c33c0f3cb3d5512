// Asks the upstreams of a route in turn until one begins to answer. Once it has, or when the caller or an order ends the request,
// nobody else is asked. Whoever fails is reported as if it had been the only one, and each try is on record.
import type { Headers, Incoming } from '../io/http/exchange.ts';
import type { UpstreamCall, UpstreamFailure, UpstreamListener } from '../io/http/upstream-client.ts';
import type { GatewayDeps } from './deps.ts';
import type { Asked } from './bound.ts';
import type { FallbackOrder } from './fallback-order.ts';
import { mayTurnTo, reroute } from './fallback.ts';
import { retryAfterSeconds } from './retry-after.ts';
import type { Run } from './run.ts';
import { toUpstreamRequest } from './upstream-call.ts';

export interface Fallback {
  /** Whom to ask when the first one fails, in order. */
  readonly rest: readonly Asked[];
  readonly order: FallbackOrder;
  readonly isStream: boolean;
}

export interface Asking {
  readonly incoming: Incoming;
  readonly run: Run;
  readonly body: string;
  readonly fallback?: Fallback | undefined;
}

export interface AskListener extends UpstreamListener {
  /** Another upstream is asked from now on: nothing that was begun for the one before holds. */
  onTurn?(): void;
  /** Asking went wrong on our side: the record, or an order. */
  onRefused(error: unknown): void;
}

/** Asks the upstream of the run, and those behind it where the route has more. */
export function ask(deps: GatewayDeps, asking: Asking, listener: AskListener): UpstreamCall {
  const { incoming, run, body, fallback } = asking;
  if (fallback !== undefined) return new AskInTurn(deps, { ...asking, fallback }, listener);
  const { route, format } = run;
  return route.upstream.client.call(toUpstreamRequest({ incoming, route, format, body, random: deps.random }), listener);
}

/** Our credentials, its limits, its failures: another upstream may do better. What the request itself did wrong, it does everywhere. */
const isItsOwn = (status: number): boolean =>
  status === 401 || status === 408 || status === 429 || status >= 500 || (status >= 300 && status < 400);

class AskInTurn implements UpstreamCall {
  readonly #deps: GatewayDeps;
  readonly #asking: Asking & { readonly fallback: Fallback };
  readonly #listener: AskListener;
  readonly #rest: Asked[];
  #call: UpstreamCall | undefined;
  #isOver = false;
  #isAnswering = false;
  #askedMs = 0;
  /** Tells the callbacks of a call that was given up from those of the one under way. */
  #turn = 0;

  constructor(deps: GatewayDeps, asking: Asking & { readonly fallback: Fallback }, listener: AskListener) {
    this.#deps = deps;
    this.#asking = asking;
    this.#listener = listener;
    this.#rest = [...asking.fallback.rest];
    this.#ask(asking.body);
  }

  abort(): void {
    this.#isOver = true;
    this.#call?.abort();
  }

  pause(): void {
    this.#call?.pause();
  }

  resume(): void {
    this.#call?.resume();
  }

  #ask(body: string): void {
    const { incoming, run } = this.#asking;
    const { route, format } = run;
    const turn = ++this.#turn;
    this.#askedMs = this.#deps.clock.steadyMs();
    const current =
      <T extends readonly unknown[]>(step: (...args: T) => void) =>
      (...args: T): void => {
        if (turn === this.#turn) step(...args);
      };
    this.#call = route.upstream.client.call(toUpstreamRequest({ incoming, route, format, body, random: this.#deps.random }), {
      onHead: current((status: number, headers: Headers) => this.#onHead(status, headers)),
      onData: current((chunk: Uint8Array) => this.#listener.onData(chunk)),
      onEnd: current(() => this.#listener.onEnd()),
      onFailure: current((failure: UpstreamFailure, cause: unknown) => this.#onFailure(failure, cause)),
    });
  }

  #onHead(status: number, headers: Headers): void {
    const { run, fallback } = this.#asking;
    const ms = this.#deps.clock.steadyMs() - this.#askedMs;
    if (status === 429) fallback.order.cool(run.route, retryAfterSeconds(headers));
    if (isItsOwn(status) && this.#turnTo({ outcome: status >= 500 ? 'failed' : 'answered', what: `status ${status}` })) return;
    this.#isAnswering = true;
    if (status === 200) fallback.order.answered(run.route, fallback.isStream, ms);
    run.tries.push({ upstream: run.route.upstream.name, what: `status ${status}`, ms });
    this.#listener.onHead(status, headers);
  }

  #onFailure(failure: UpstreamFailure, cause: unknown): void {
    // After its first byte an answer is what it is.
    if (!this.#isAnswering && failure !== 'aborted' && this.#turnTo({ outcome: 'failed', what: failure })) return;
    if (!this.#isAnswering)
      this.#asking.run.tries.push({
        upstream: this.#asking.run.route.upstream.name,
        what: failure,
        ms: this.#deps.clock.steadyMs() - this.#askedMs,
      });
    this.#listener.onFailure(failure, cause);
  }

  /** Gives this upstream up for the next that may be asked; false where there is none. */
  #turnTo({ outcome, what }: { readonly outcome: 'answered' | 'failed'; readonly what: string }): boolean {
    const { run } = this.#asking;
    if (this.#isOver) return false;
    const next = this.#next();
    if (next === undefined) return false;
    const { upstream } = run.route;
    run.tries.push({ upstream: upstream.name, what, ms: this.#deps.clock.steadyMs() - this.#askedMs });
    this.#deps.access.reportUpstream(upstream.name, outcome);
    this.#turn += 1;
    this.#call?.abort();
    reroute(this.#deps, run, next).then(
      () => {
        if (this.#isOver) return;
        this.#listener.onTurn?.();
        this.#ask(next.body);
      },
      (error: unknown) => this.#listener.onRefused(error),
    );
    return true;
  }

  #next(): Asked | undefined {
    for (let leg = this.#rest.shift(); leg !== undefined; leg = this.#rest.shift())
      if (mayTurnTo(this.#deps, this.#asking.run, leg)) return leg;
    return undefined;
  }
}
