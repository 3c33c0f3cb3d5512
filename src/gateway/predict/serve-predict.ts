// Predictive models behind the Open Inference Protocol v2: health, metadata, and inference under the same guards as every other request.
import type { JsonObject } from '../../core/types.ts';
import type { Caller } from '../../access/keys/caller.ts';
import type { Incoming } from '../../io/http/exchange.ts';
import { callWhole } from '../call-whole.ts';
import type { GatewayDeps } from '../deps.ts';
import { gatewayFault } from '../faults.ts';
import type { Inspector } from '../hold-back.ts';
import { assertJsonBody, presentedKey } from '../hygiene.ts';
import { judge, shield } from '../judge.ts';
import { readJson } from '../read.ts';
import { refuse } from '../refuse.ts';
import type { Run } from '../run.ts';
import { become } from '../translate/carry.ts';
import { isObject } from '../wire/json-shape.ts';
import { readInference } from './inference-request.ts';
import type { PredictModel, TensorSpec } from './model.ts';
import { openInference } from './open-inference.ts';
import { readPrediction } from './prediction.ts';

export const isPredictPath = (path: string): boolean => path === '/v2' || path.startsWith('/v2/');

const MODEL_PATH = /^\/v2\/models\/([\w.-]{1,128})(?:\/versions\/([\w.-]{1,64}))?(?:\/(infer|ready))?$/;

export async function servePredict(deps: GatewayDeps, incoming: Incoming, run: Run): Promise<void> {
  const { path } = incoming;
  // Whoever looks after processes has no key, and learns nothing but that this one runs.
  if (path === '/v2/health/live') return answer(incoming, run, { live: true });
  if (path === '/v2/health/ready') return answer(incoming, run, { ready: true });
  const [known, name, version, step] = MODEL_PATH.exec(path) ?? [];
  if (known === undefined && path !== '/v2')
    throw gatewayFault('endpoint_not_guarded', { method: incoming.method, path: path.slice(0, 64) });
  const principal = deps.access.authenticate(presentedKey(incoming.headers), run.clientAddress);
  if (name === undefined) return answer(incoming, run, { name: 'sallyport', version: 'v2', extensions: [] });
  const model = modelOf(deps, name, version);
  if (step === 'infer') return infer(deps, { incoming, run, principal, model, version });
  if (!deps.access.mayUse(principal, model.name)) throw noModel();
  if (step === 'ready') return answerReady(deps, { incoming, run, principal, model });
  return answer(incoming, run, metadataOf(model));
}

const noModel = () => gatewayFault('no_route', { format: 'open-inference' });

function modelOf(deps: GatewayDeps, name: string, version: string | undefined): PredictModel {
  const model = deps.predict?.().get(name);
  if (model === undefined || (version !== undefined && !model.versions.has(version))) throw noModel();
  return model;
}

function answer(incoming: Incoming, run: Run, body: JsonObject): void {
  assertMethod(incoming, 'GET');
  run.answer(200, body);
}

function assertMethod(incoming: Incoming, allowed: string): void {
  const { method, path } = incoming;
  if (method !== allowed)
    throw gatewayFault('method_not_allowed', { path: path.slice(0, 64), method, allowed }, { headers: { allow: allowed } });
}

interface Asked {
  readonly incoming: Incoming;
  readonly run: Run;
  readonly principal: Caller;
  readonly model: PredictModel;
}

/** From the configuration, not from the upstream: what it says of itself is not checked. */
function metadataOf({ name, versions, inputs, outputs }: PredictModel): JsonObject {
  const card = ({ name: tensor, datatype, shape }: TensorSpec): JsonObject => ({ name: tensor, datatype, shape: [...shape] });
  return { name, versions: [...versions], platform: '', inputs: inputs.map(card), outputs: outputs.map(card) };
}

/** The protocol says no with a 4xx. */
function answerReady(deps: GatewayDeps, { incoming, run, principal, model: { name, route } }: Asked): void {
  deps.access.assertRunning(principal, { model: name, upstream: route.upstream.name });
  const ready = deps.access.isUpstreamUp(route.upstream.name);
  assertMethod(incoming, 'GET');
  run.answer(ready ? 200 : 400, { name, ready });
}

async function infer(deps: GatewayDeps, asked: Asked & { readonly version: string | undefined }): Promise<void> {
  const { incoming, run, principal, model, version } = asked;
  const settings = deps.settings();
  const { route } = model;
  assertMethod(incoming, 'POST');
  assertJsonBody(incoming.headers);
  const format = openInference(model, version);
  run.begin({ principal, format, route, model: model.name });
  run.admit();
  await run.admitted();
  const { json } = await readJson(incoming, { bytesMax: settings.bodyBytesMax, timeMs: settings.bodyMs });
  const { body, reading } = readInference(json, model);
  const judgement = await judge(deps, run, { reading, principal });
  if (judgement.action === 'block' && route.policy.mode === 'enforce') {
    await refuse(deps, run, { judgement, body, wishes: NO_STREAM, items: NO_ITEMS });
    return;
  }
  if (route.policy.mode === 'enforce') shield(judgement);
  const text = JSON.stringify(body);
  await run.open(judgement, [{ route, format, body: text, demand: format.demand(body) }]);
  const wanted = namesIn(body['outputs']);
  await callWhole(deps, {
    incoming,
    run,
    body: text,
    context: {},
    judgement,
    items: NO_ITEMS,
    inspect: (said, inspector) => inspect(said, { inspector, model, wanted }),
  });
}

/** Predictions are no conversation: nothing of them can be referred to later. */
const NO_ITEMS = { recall: () => undefined, keep() {} };

const NO_STREAM = { wantsStream: false, wantsUsage: false };

const namesIn = (outputs: unknown): ReadonlySet<string> =>
  new Set(
    (Array.isArray(outputs) ? outputs : []).flatMap((output) =>
      isObject(output) && typeof output['name'] === 'string' ? [output['name']] : [],
    ),
  );

interface Inspection {
  readonly inspector: Inspector;
  readonly model: PredictModel;
  readonly wanted: ReadonlySet<string>;
}

/** Checks and rounds the answer, and has its texts judged; gives what is released, for the record's commitment. */
function inspect(said: JsonObject, { inspector, model, wanted }: Inspection): string {
  const { body, texts } = readPrediction(said, model, wanted);
  for (const list of texts) {
    for (const [at, text] of list.entries()) if (typeof text === 'string') list[at] = inspector.once(text);
  }
  for (const name of ['id', 'model_version']) if (typeof body[name] === 'string') body[name] = inspector.once(body[name]);
  become(said, body);
  return JSON.stringify(body);
}
