// Step 7: which upstream answers for a model.
import type { Sink } from '../detect/detector.ts';
import type { Policy } from '../policy/policy.ts';
import type { UpstreamClient } from '../io/http/upstream-client.ts';
import type { EnvelopeMode } from './envelope.ts';
import { gatewayFault } from './faults.ts';
import type { LegPrice } from './leg-price.ts';
import { crossingOf } from './translate/crossing.ts';
import type { WireFormat } from './wire/format.ts';

export type UpstreamKind = 'openai' | 'anthropic' | 'openai-compatible' | 'demo' | 'open-inference';

export interface Upstream {
  readonly name: string;
  readonly kind: UpstreamKind;
  /** Whose formats it speaks. */
  readonly speaks: ReadonlySet<WireFormat['provider']>;
  /** Path prefix of the API below the origin, for example `/v1`. */
  readonly basePath: string;
  /** Query string that every call carries, without the question mark (Azure's `api-version=…`). */
  readonly query: string;
  /** Credentials and fixed headers, by wire provider. */
  readonly headers: Readonly<Record<'openai' | 'anthropic', Readonly<Record<string, string>>>>;
  readonly passFields: ReadonlySet<string>;
  readonly trust: 'external' | 'self-hosted';
  /** Names for GET /v1/models; empty: the upstream is asked. */
  readonly models: readonly string[];
  readonly client: UpstreamClient;
  /** Longest time one answer may take, in milliseconds. */
  readonly totalMs: number;
}

/** One of several upstreams that a route may ask. */
export interface Target {
  readonly upstream: Upstream;
  /** The name by which the model goes there, where it is another. */
  readonly model?: string;
  /** What tokens cost there, where the table of prices does not say. */
  readonly price?: LegPrice;
}

export type Choice = 'order' | 'latency' | 'price';

export interface Route {
  /** Glob over model names: `*` matches any run of characters. */
  readonly models: string;
  /** The one that is asked; where there are several, the first. */
  readonly upstream: Upstream;
  readonly model?: string;
  readonly price?: LegPrice;
  /** Two or more, none less trusted than the first; absent for a route with one upstream. */
  readonly targets?: readonly Target[];
  readonly choose?: Choice;
  readonly envelope: EnvelopeMode;
  readonly blockAs: 'error' | 'refusal';
  /** Where the answers go. */
  readonly sink?: Sink;
  readonly policy: Policy;
}

/** One way to ask: a route with one upstream, and the format in which that is asked. */
export interface Leg {
  readonly route: Route;
  readonly format: WireFormat;
}

const TRUST: Readonly<Record<Upstream['trust'], number>> = { external: 0, 'self-hosted': 1 };

/** How far an upstream is trusted with what people write: more is better. */
export const trustOf = (upstream: Upstream): number => TRUST[upstream.trust];

/** All upstreams that a route may ask. */
const upstreamsOf = ({ upstream, targets }: Route): readonly Upstream[] =>
  targets === undefined ? [upstream] : targets.map((target) => target.upstream);

/** The ways in which a route may ask, each with the name by which the model goes there. */
export const targetsOf = ({ upstream, model, targets }: Route): readonly Target[] =>
  targets ?? [{ upstream, ...(model === undefined ? {} : { model }) }];

/** The format in which an upstream is asked for a caller; undefined where neither knows the other's. */
export const formatFor = (upstream: Upstream, format: WireFormat): WireFormat | undefined =>
  upstream.speaks.has(format.provider) ? format : crossingOf(format.id);

/**
 * The first route that matches the model and whose upstream can be asked. Of routes for the same models, one whose upstream speaks
 * the caller's own format goes first: nothing is translated without need. Throws `no_route`.
 */
export function chooseRoute(routes: readonly Route[], model: string, format: WireFormat): Route {
  const route = routes.find((one) => matchesGlob(one.models, model) && canAsk(one, format));
  if (route === undefined) throw gatewayFault('no_route', { format: format.id }, { pointer: '/model' });
  if (speaks(route, format)) return route;
  return routes.find((one) => one.models === route.models && speaks(one, format)) ?? route;
}

const speaks = (route: Route, { provider }: WireFormat): boolean =>
  route.targets === undefined ? route.upstream.speaks.has(provider) : upstreamsOf(route).some((upstream) => upstream.speaks.has(provider));

const canAsk = (route: Route, format: WireFormat): boolean =>
  route.targets === undefined
    ? formatFor(route.upstream, format) !== undefined
    : upstreamsOf(route).some((upstream) => formatFor(upstream, format) !== undefined);

/** Linear-time match of a glob with `*` only. */
export function matchesGlob(glob: string, name: string): boolean {
  if (glob === '*') return true;
  const [head = '', ...rest] = glob.split('*');
  if (rest.length === 0) return glob === name;
  const tail = rest.pop() ?? '';
  if (!name.startsWith(head) || !name.endsWith(tail) || name.length < head.length + tail.length) return false;
  let at = head.length;
  for (const piece of rest) {
    const found = name.indexOf(piece, at);
    if (found < 0 || found + piece.length > name.length - tail.length) return false;
    at = found + piece.length;
  }
  return true;
}
