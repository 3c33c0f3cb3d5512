// Elasticsearch's bulk interface: ECS documents under their own ids, so that what comes twice is stored once.
// https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-bulk
import type { Json, JsonObject } from '../../core/types.ts';
import { toEcs } from './ecs.ts';
import { HttpPlace } from './http-place.ts';
import { excerpt, objectIn, refusalOf } from './http-answer.ts';
import type { ElasticSettings } from './settings.ts';
import { ReceiverTrouble, type CheckResult, type Outcome, type Receiver, type ReceiverEvent } from './receiver.ts';

const CREATED = 201;
/** A document with this id is there already: that is what was wanted. */
const CONFLICT = 409;

export function createElasticReceiver(settings: ElasticSettings): Receiver {
  const place = new HttpPlace(settings);
  const auth = authorization(settings.auth);
  return {
    async deliver(events): Promise<Outcome> {
      const body = events.map((one) => toAction(one)).join('');
      const answer = await place.post(`${place.path}/${encodeURIComponent(settings.index)}/_bulk`, body, {
        ...auth,
        'content-type': 'application/x-ndjson',
      });
      return refusalOf(answer) ?? outcomeOf(answer.text, events);
    },
    async check(): Promise<CheckResult> {
      const answer = await place.get(`${place.path}/`, { ...auth, accept: 'application/json' });
      if (answer.status === 401 || answer.status === 403)
        return {
          state: 'fail',
          detail: `refuses our credentials (${answer.status})`,
          fix: 'Set an API key that may create documents there.',
        };
      const version = objectIn(answer.text)?.['version'];
      const number = isObject(version) && typeof version['number'] === 'string' ? version['number'] : undefined;
      if (number === undefined)
        return { state: 'warn', detail: `answers ${answer.status}, but not as Elasticsearch does`, fix: 'Mend its url.' };
      return { state: 'ok', detail: `Elasticsearch ${number}` };
    },
    async close() {
      place.close();
    },
  };
}

function authorization(auth: ElasticSettings['auth']): Readonly<Record<string, string>> {
  if (auth === undefined) return {};
  if ('apiKey' in auth) return { authorization: `ApiKey ${auth.apiKey}` };
  return { authorization: `Basic ${Buffer.from(`${auth.user}:${auth.password}`).toString('base64')}` };
}

/** `create` is the only operation that a data stream knows, and it never changes what is stored. */
const toAction = (one: ReceiverEvent): string => `${JSON.stringify({ create: { _id: one.uid } })}\n${JSON.stringify(toEcs(one))}\n`;

const isObject = (value: Json | undefined): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);

/** A bulk answer is 200 whatever became of its items: each one is looked at, and there must be as many as were sent. */
function outcomeOf(text: string, events: readonly ReceiverEvent[]): Outcome {
  const items = objectIn(text)?.['items'];
  if (!Array.isArray(items)) throw new ReceiverTrouble(`it answers without saying what became of the items${excerpt(text)}`);
  if (items.length !== events.length) throw new ReceiverTrouble(`it answers for ${items.length} items of ${events.length}`);
  const refused = new Map<number, string>();
  const again = new Set<number>();
  for (const [at, item] of items.entries()) {
    const { status, reason, isAside } = resultOf(item, { at, uid: events[at]?.uid });
    if (isAside) {
      refused.set(at, reason);
      continue;
    }
    if (status === CREATED || status === CONFLICT) continue;
    if (status === 400) refused.set(at, reason);
    else if (status === 429 || status >= 500) again.add(at);
    // Neither taken nor about the document: a role without the right, an index that may not be made.
    else throw new ReceiverTrouble(`it refuses our settings: ${reason}`);
  }
  return { state: 'mixed', refused, again };
}

interface ItemResult {
  readonly status: number;
  readonly reason: string;
  /** Stored, but in the failure store of the data stream, under an id of its own: whoever searches the stream does not find it. */
  readonly isAside: boolean;
}

/** Throws `ReceiverTrouble` for an item that does not say what became of this very document. */
function resultOf(item: Json, { at, uid }: { readonly at: number; readonly uid: string | undefined }): ItemResult {
  const result = isObject(item) ? item['create'] : undefined;
  if (!isObject(result) || typeof result['status'] !== 'number') throw new ReceiverTrouble(`it does not say what became of item ${at}`);
  const { status } = result;
  // https://www.elastic.co/docs/manage-data/data-store/data-streams/failure-store
  if (result['failure_store'] === 'used')
    return { status, reason: `status ${status}, but into the failure store: a mapping or a pipeline does not fit`, isAside: true };
  if (result['_id'] !== uid) throw new ReceiverTrouble(`it answers for another document at item ${at}`);
  const reason = `status ${status}${excerpt(JSON.stringify(result['error'] ?? ''))}`;
  if (status === CREATED && result['error'] !== undefined) throw new ReceiverTrouble(`it contradicts itself at item ${at}: ${reason}`);
  return { status, reason, isAside: false };
}
