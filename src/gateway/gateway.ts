// A chat request in, a guarded answer out. Read `serve` as the table of contents; each step has a file of its own.
import { Fault } from '../core/fault.ts';
import type { JsonObject } from '../core/types.ts';
import type { ExchangeHandler, Incoming } from '../io/http/exchange.ts';
import { callStream } from './call-stream.ts';
import { callWhole } from './call-whole.ts';
import { ClientNames } from './client-names.ts';
import type { GatewayDeps } from './deps.ts';
import { gatewayFault } from './faults.ts';
import { envelop, operatorText } from './envelope.ts';
import { lookAtMedia, type Gallery } from './images.ts';
import { ItemMemory, type ItemOwner } from './item-memory.ts';
import { assertJsonBody, assertOwnOrigin, behindProxies, presentedKey } from './hygiene.ts';
import { maskSpans } from './mask.ts';
import { answerModels } from './models.ts';
import { readBody } from './read.ts';
import { routeAndAdmit, waysOf } from './fallback.ts';
import { FallbackOrder } from './fallback-order.ts';
import { refuse, type Wishes } from './refuse.ts';
import { Run } from './run.ts';
import { judge, shield } from './judge.ts';
import { inferenceError } from './predict/open-inference.ts';
import { isPredictPath, servePredict } from './predict/serve-predict.ts';
import type { Judgement } from './sentry.ts';
import { walk, type Reading } from './wire/walk.ts';
import type { WireFormat } from './wire/format.ts';
import { openaiError } from './formats/openai-errors.ts';
import { anthropicError } from './formats/anthropic-errors.ts';

export interface Gateway {
  readonly handle: ExchangeHandler;
  /** Refuses new requests from now on; those under way finish. */
  drain(): void;
  /** Forgets what was kept of answers for everybody who is meant. */
  forget(isMeant: (owner: ItemOwner) => boolean): void;
  /** Forgets what was kept for long enough. Call it now and then. */
  sweep(): void;
}

export function createGateway(deps: GatewayDeps): Gateway {
  const items = new ItemMemory(deps.clock, () => deps.settings().itemsMs);
  const order = new FallbackOrder(deps.clock);
  const clients = new ClientNames(deps.tenantKey);
  const byPath = new Map(deps.formats.map((format) => [format.path, format]));
  let isDraining = false;
  const handle: ExchangeHandler = async (received, outgoing) => {
    let incoming = received;
    const run = new Run(deps, outgoing, clients);
    const path = incoming.path.startsWith('/v1/') ? incoming.path.slice(3) : incoming.path;
    const format = byPath.get(path);
    try {
      // Whoever looks whether a machine lives names it by its address, also while it drains. It says that there is somebody, and nothing else.
      if (path === '/healthz' && received.path === path) return run.answer(200, { status: 'ok' });
      if (isDraining) throw gatewayFault('shutting_down', {}, { retryAfterSeconds: 2, headers: { connection: 'close' } });
      const { hygiene, proxies } = deps.settings();
      incoming = behindProxies(received, proxies);
      run.cameFrom(incoming.peerAddress);
      assertOwnOrigin(incoming.headers, hygiene);
      if (path === '/models' || path.startsWith('/models/')) await answerModels(deps, incoming, run);
      else if (isPredictPath(path)) await servePredict(deps, incoming, run);
      else if (format === undefined)
        throw gatewayFault('endpoint_not_guarded', { method: incoming.method, path: incoming.path.slice(0, 64) });
      else await serve(deps, { incoming, format, run, items, order });
    } catch (error) {
      await run.fail(toFault(deps, error, run.id), errorShape(format, incoming));
    } finally {
      run.finish();
    }
  };
  return {
    handle,
    drain() {
      isDraining = true;
    },
    forget: (isMeant) => items.forget(isMeant),
    sweep: () => items.sweep(),
  };
}

interface Served {
  readonly items: ItemMemory;
  readonly order: FallbackOrder;
  readonly incoming: Incoming;
  readonly format: WireFormat;
  readonly run: Run;
}

async function serve(deps: GatewayDeps, { incoming, format: spoken, run, items: memory, order }: Served): Promise<void> {
  assertPost(incoming);
  const settings = deps.settings();
  const principal = deps.access.authenticate(presentedKey(incoming.headers), run.clientAddress);
  run.meet({ principal, format: spoken });
  run.enter(principal);
  assertJsonBody(incoming.headers);
  const body = await readBody(incoming, { bytesMax: settings.bodyBytesMax, timeMs: settings.bodyMs });
  const legs = routeAndAdmit(deps, run, { principal, format: spoken, body, order });
  const waiting = run.admitted();
  if (waiting !== undefined) await waiting;
  const { route, format } = run;
  const items = memory.of(principal);
  format.recall?.(body.json, items);
  const reading = walk(body.json, format.request, { mode: 'refuse-unknown', origin: 'user', passFields: route.upstream.passFields });
  assertTurns(reading, settings.turnsMax);
  const looking = lookAtMedia({ reading, door: deps.images?.(), allowsUnseen: route.policy.media === 'allow', tenant: principal.tenant });
  const gallery = looking instanceof Promise ? await looking : looking;
  const judgement = await judge(deps, run, { reading: withTexts(reading, gallery), principal, images: gallery.images });
  const wishes = wishesIn(body.json);
  if (judgement.action === 'block' && route.policy.mode === 'enforce') {
    await refuse(deps, run, { judgement, body: body.json, wishes, items });
    return;
  }
  takeOut(run, gallery, judgement);
  const envelope = envelop({
    mode: route.envelope,
    format,
    body: body.json,
    reading,
    tenantKey: deps.tenantKey(principal.tenant),
    textOf: (part) => maskSpans(part.text, route.policy.mode === 'enforce' ? (judgement.masks.get(part) ?? []) : []),
  });
  const ways = waysOf(run, legs, { body: body.json, outputTokens: settings.outputTokens, pictures: gallery.load() });
  await run.open(judgement, ways);
  const context = {
    systemPrompt: operatorText(reading, (part) => part.text),
    ...(envelope.canary === undefined ? {} : { canary: envelope.canary }),
  };
  const fallback = legs === undefined ? undefined : { rest: ways.slice(1), order, isStream: wishes.wantsStream };
  const call = { incoming, run, body: ways[0].body, context, judgement, items, fallback };
  if (wishes.wantsStream && format.stream !== undefined) await callStream(deps, { ...call, wantsUsage: wishes.wantsUsage });
  else await callWhole(deps, call);
}

function assertPost({ method, path }: Incoming): void {
  if (method !== 'POST') throw gatewayFault('method_not_allowed', { path, method, allowed: 'POST' }, { headers: { allow: 'POST' } });
}

const wishesIn = ({ stream, stream_options: options }: JsonObject): Wishes => ({
  wantsStream: stream === true,
  wantsUsage: isUsageWanted(options),
});

function assertTurns({ turns }: Reading, turnsMax: number): void {
  if (turns.length > turnsMax) throw gatewayFault('too_many_turns', { limit: turnsMax });
}

/** What is read in pictures is judged with the rest, and stands nowhere that could be wrapped. */
const withTexts = (reading: Reading, { turns }: Gallery): Reading =>
  turns.length === 0 ? reading : { ...reading, turns: [...reading.turns, ...turns] };

/** Masks come last: they may take out a picture that was made anew. */
function takeOut(run: Run, gallery: Gallery, judgement: Judgement): void {
  if (gallery.isUnseen) run.markUnprotected('media');
  if (run.route.policy.mode !== 'enforce') return;
  gallery.clean();
  shield(judgement);
}

const isUsageWanted = (options: unknown): boolean =>
  typeof options === 'object' && options !== null && 'include_usage' in options && options.include_usage === true;

function errorShape(format: WireFormat | undefined, incoming: Incoming): WireFormat['error'] {
  if (format !== undefined) return (fault, requestId) => format.error(fault, requestId);
  if (isPredictPath(incoming.path)) return inferenceError;
  return incoming.headers['anthropic-version'] === undefined ? openaiError : anthropicError;
}

function toFault(deps: GatewayDeps, error: unknown, requestId: string): Fault {
  if (error instanceof Fault) return error;
  deps.onBug(error, requestId);
  return gatewayFault('internal', {}, { cause: error });
}
