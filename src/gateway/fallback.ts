// Several upstreams for one route: who may be asked at all, who is asked first, and with which body each would be asked.
import { Fault } from '../core/fault.ts';
import type { JsonObject } from '../core/types.ts';
import type { Caller } from '../access/keys/caller.ts';
import type { Asked } from './bound.ts';
import type { GatewayDeps } from './deps.ts';
import type { FallbackOrder } from './fallback-order.ts';
import { costOn } from './leg-price.ts';
import { withPictures, type PictureLoad } from './picture-cost.ts';
import type { ReadBody } from './read.ts';
import { chooseRoute, formatFor, trustOf, type Leg, type Route } from './routes.ts';
import type { Run } from './run.ts';
import type { WireFormat } from './wire/format.ts';

export interface Entering {
  readonly principal: Caller;
  /** The caller's own format. */
  readonly format: WireFormat;
  readonly body: ReadBody;
  readonly order: FallbackOrder;
}

/** Chooses the route and lets the request in. Gives the ways to ask, the first of which is taken; undefined where there is but one. */
export function routeAndAdmit(deps: GatewayDeps, run: Run, entering: Entering): readonly Leg[] | undefined {
  const { principal, format, body } = entering;
  const { model } = body;
  const route = chooseRoute(deps.routes(), model, format);
  if (route.targets !== undefined) return enterFirst(run, legsInOrder(deps, route, entering), entering);
  run.begin({ principal, model, route, format: formatFor(route.upstream, format) ?? format });
  run.admit();
  return undefined;
}

/** The legs of a route that can be asked for this caller, in the order of asking. */
function legsInOrder(
  deps: GatewayDeps,
  asked: Route,
  { format: spoken, body: { json: body, model, bytes }, order }: Entering,
): readonly Leg[] {
  const { targets = [], choose = 'order', ...shared } = asked;
  const legs = targets.flatMap((target): Leg[] => {
    const format = formatFor(target.upstream, spoken);
    return format === undefined ? [] : [{ route: { ...shared, ...target }, format }];
  });
  const usage = { inputTokens: bytes, outputTokens: spoken.demand(body).outputTokensMax ?? deps.settings().outputTokens };
  return order.sort(legs, choose, {
    isStream: body['stream'] === true,
    costOf: (route) => costOn(route, usage, () => deps.access.priceOf(route.model ?? model, usage)),
  });
}

/** Refusals that speak of one upstream: the next may be asked. */
const OF_ONE_UPSTREAM: ReadonlySet<string> = new Set(['upstream_resting', 'stopped_by_order']);

/** Lets the request in at the first leg that is up and running. Gives those behind it that are no less trusted. */
function enterFirst(run: Run, legs: readonly Leg[], { principal, body: { model } }: Entering): readonly Leg[] {
  for (const [at, { route, format }] of legs.entries()) {
    run.begin({ principal, model, route, format });
    try {
      run.admit();
      return noLessTrusted(legs.slice(at));
    } catch (error) {
      if (!(error instanceof Fault) || !OF_ONE_UPSTREAM.has(error.code) || at === legs.length - 1) throw error;
    }
  }
  return [];
}

/** Trust only grows from try to try: what was meant for the house does not leave it because the house is slow. */
function noLessTrusted(legs: readonly Leg[]): readonly Leg[] {
  let least = -Infinity;
  return legs.filter(({ route }) => {
    const trust = trustOf(route.upstream);
    if (trust < least) return false;
    least = trust;
    return true;
  });
}

interface Addressed {
  readonly body: JsonObject;
  readonly outputTokens: number;
  readonly pictures: PictureLoad;
}

/** What each upstream would be asked. A leg that cannot carry the request is left out; where none can, the first one's reason is said. */
export function waysOf(run: Run, legs: readonly Leg[] | undefined, { body, ...rules }: Addressed): readonly [Asked, ...Asked[]] {
  if (legs === undefined) return [wayOf(run, { ...rules, body })];
  const refusals: unknown[] = [];
  const ways = legs.flatMap((leg): Asked[] => {
    try {
      return [wayOf(leg, { ...rules, body: structuredClone(body) })];
    } catch (error) {
      if (!(error instanceof Fault) || error.code !== 'untranslatable_field') throw error;
      refusals.push(error);
      return [];
    }
  });
  const [first, ...rest] = ways;
  if (first === undefined) throw refusals[0];
  if (first.route !== run.route) run.turnTo(first);
  return [first, ...rest];
}

function wayOf({ route, format }: Leg, { body, outputTokens, pictures }: Addressed): Asked {
  if (route.model !== undefined) body['model'] = route.model;
  const { kind, passFields } = route.upstream;
  format.prepare(body, { outputTokens, isOpenAi: kind === 'openai', passFields });
  const text = JSON.stringify(body);
  const demand =
    pictures.sizes.length === 0
      ? format.demand(body)
      : withPictures(format.demand(body), pictures, { bodyBytes: Buffer.byteLength(text, 'utf8'), kind });
  return { route, format, body: text, demand };
}

/** Whether a further leg may be asked now: no order stands against it, and it does not rest. */
export function mayTurnTo(deps: GatewayDeps, run: Run, { route }: Leg): boolean {
  const upstream = route.upstream.name;
  try {
    deps.access.assertRunning(run.principal, { model: run.model, upstream });
    if (route.model !== undefined) deps.access.assertRunning(run.principal, { model: route.model, upstream });
    deps.access.assertUpstream(upstream);
    return true;
  } catch (error) {
    if (error instanceof Fault && (OF_ONE_UPSTREAM.has(error.code) || error.code === 'stopped_unreadable')) return false;
    throw error;
  }
}

/** Turns to another leg, on record before it is asked: where content went must be known of whoever was asked, also if nobody lives to tell. */
export async function reroute(deps: GatewayDeps, run: Run, leg: Asked): Promise<void> {
  const before = run.route.upstream.name;
  run.turnTo(leg);
  const { route, format } = leg;
  const { tenant } = run.principal;
  const receipt = deps.ledger.append({
    kind: 'request.rerouted',
    atMs: deps.clock.nowMs(),
    tenant,
    requestId: run.id,
    data: {
      from: before,
      because: run.tries.at(-1)?.what ?? '',
      upstream: route.upstream.name,
      trust: route.upstream.trust,
      ...(format.over === undefined ? {} : { upstreamFormat: format.over }),
      ...(route.model === undefined ? {} : { upstreamModel: route.model }),
      content: { ...deps.ledger.commit(tenant, leg.body) },
    },
  });
  await receipt.written;
  if (run.stopped !== undefined) throw run.stopped;
}
