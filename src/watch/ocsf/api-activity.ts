// One event a request: API Activity (6003) with the AI profile. https://schema.ocsf.io/1.8.0/classes/api_activity
import type { JsonObject } from '../../core/types.ts';
import type { LedgerRecord } from '../../ledger/record.ts';
import { toEvent, type OcsfContext } from './event.ts';
import { numberOf, objectOf, textOf } from './fields.ts';
import { UNSEEN, type OpenedRequest } from './open-requests.ts';
import { isObserving, outcomeOf, plainVerdict, REJECTED, statusOf } from './outcome.ts';

const UNKNOWN = 'unknown';
const PROFILES = ['ai_operation', 'security_control'];
const HTTP_ERROR = 400;

/** The names that the providers' own SDKs give to the calls. */
const OPERATIONS: Readonly<Record<string, string>> = {
  'openai-chat': 'chat.completions.create',
  'openai-responses': 'responses.create',
  'openai-completions': 'completions.create',
  'openai-embeddings': 'embeddings.create',
  'anthropic-messages': 'messages.create',
  'anthropic-count-tokens': 'messages.count_tokens',
};

/** Who asked what of whom: the part that all events of a request share. */
export interface Asked {
  readonly principal: string | undefined;
  /** What the record calls the caller's address. */
  readonly client?: string | undefined;
  /** The address itself, where an operator asked for it. */
  readonly clientAddress?: string | undefined;
  readonly format: string | undefined;
  readonly model: string | undefined;
  readonly upstream: string | undefined;
}

const NOTHING_ASKED: Asked = { principal: undefined, format: undefined, model: undefined, upstream: undefined };

export const operationOf = ({ format }: Asked): string => (format === undefined ? UNKNOWN : (OPERATIONS[format] ?? format));

/** The caller is a pseudonym everywhere; only the ledger's keeper can say whose it is. */
export const actorOf = ({ principal }: Asked): JsonObject => ({ user: { uid: principal ?? UNKNOWN } });

/** Where it came from: by the name of the address, which tells machines apart, and by the address where the record holds it. */
export const sourceOf = ({ principal, client, clientAddress }: Pick<Asked, 'principal' | 'client' | 'clientAddress'>): JsonObject => ({
  uid: client ?? principal ?? UNKNOWN,
  ...(clientAddress === undefined ? {} : { ip: clientAddress }),
});

/** The provider is the upstream by the name that the operator gave it. */
export const modelOf = ({ model, upstream }: Asked): JsonObject => ({ name: model ?? UNKNOWN, ai_provider: upstream ?? UNKNOWN });

export function toClosedActivity(record: LedgerRecord, context: OcsfContext): JsonObject {
  const { event } = record;
  const { data, atMs } = event;
  const opened = context.opened(record);
  const status = numberOf(data, 'status') ?? 0;
  const decided = decidingVerdict(opened.verdict, textOf(data, 'verdict'));
  const isFine = decided !== 'block' && status > 0 && status < HTTP_ERROR;
  const durationMs = numberOf(data, 'durationMs');
  return toEvent(withIdentity(record, opened), context, {
    head: {
      class: 'api',
      activity: 1,
      severity: isFine ? 'info' : 'low',
      message: `${operationOf(opened)} on ${opened.model ?? UNKNOWN}: ${decided ?? UNKNOWN}, status ${status}`,
      profiles: PROFILES,
    },
    rest: {
      ...outcomeOf(plainVerdict(decided), isObserving(decided)),
      ...statusOf(isFine),
      ...endOf(status, textOf(data, 'reason')),
      ...(durationMs === undefined ? {} : { duration: durationMs, start_time: atMs - durationMs, end_time: atMs }),
      ...peersOf(opened),
      api: toApi(opened, event.requestId ?? opened.requestId, status),
      message_context: toMessageContext(opened, objectOf(data, 'usage')),
      ...policyOf(opened),
      unmapped: toUnmapped(opened, data),
    },
  });
}

/** A request that was turned away before any guard had worked for it. */
export function toRefusedActivity(record: LedgerRecord, context: OcsfContext): JsonObject {
  const { data } = record.event;
  const asked = {
    principal: textOf(data, 'principal'),
    client: textOf(data, 'client'),
    clientAddress: textOf(data, 'clientAddress'),
    format: textOf(data, 'format'),
    model: textOf(data, 'model'),
    upstream: undefined,
  };
  const status = numberOf(data, 'status') ?? 0;
  const reason = textOf(data, 'reason');
  return toEvent(record, context, {
    head: {
      class: 'api',
      activity: 1,
      severity: 'low',
      message: `${operationOf(asked)} on ${asked.model ?? UNKNOWN}: refused, ${reason ?? 'no reason recorded'}`,
      profiles: PROFILES,
    },
    rest: {
      ...REJECTED,
      ...statusOf(false),
      ...endOf(status, reason),
      ...peersOf(asked),
      api: toApi(asked, record.event.requestId ?? UNKNOWN, status),
      unmapped: { format: asked.format ?? UNKNOWN },
    },
  });
}

/** Requests of one caller that were turned away and not recorded one by one. */
export function toCountedRefusals(record: LedgerRecord, context: OcsfContext): JsonObject {
  const { data, atMs } = record.event;
  const asked = { ...NOTHING_ASKED, principal: textOf(data, 'principal'), client: textOf(data, 'client') };
  const count = numberOf(data, 'count');
  const fromMs = numberOf(data, 'fromMs');
  return toEvent(record, context, {
    head: {
      class: 'api',
      activity: 1,
      severity: 'low',
      message: `${count ?? 'an unknown number of'} further requests refused`,
      profiles: PROFILES,
    },
    rest: {
      ...REJECTED,
      ...statusOf(false),
      status_detail: 'counted',
      ...(count === undefined || count === 0 ? {} : { count }),
      ...(fromMs === undefined ? {} : { start_time: fromMs, end_time: atMs }),
      ...peersOf(asked),
      api: toApi(asked, UNKNOWN, 0),
      unmapped: { reasons: { ...objectOf(data, 'reasons') } },
    },
  });
}

/** What was done to the answer, or else what was done to the request. */
function decidingVerdict(input: string | undefined, output: string | undefined): string | undefined {
  return output === undefined || output === 'allow' ? (input ?? output) : output;
}

/** A request whose process died is closed by the next one, which knows its reservation only. */
function withIdentity(record: LedgerRecord, opened: OpenedRequest): LedgerRecord {
  if (opened === UNSEEN || record.event.requestId !== undefined) return record;
  const { tenant, requestId } = opened;
  return { index: record.index, event: { ...record.event, requestId, ...(tenant === undefined ? {} : { tenant }) } };
}

function endOf(status: number, reason: string | undefined): JsonObject {
  return {
    ...(status === 0 ? {} : { status_code: String(status), http_response: { code: status } }),
    ...(reason === undefined ? {} : { status_detail: reason }),
  };
}

function peersOf(asked: Asked): JsonObject {
  return {
    actor: actorOf(asked),
    src_endpoint: sourceOf(asked),
    ...(asked.upstream === undefined ? {} : { dst_endpoint: { svc_name: asked.upstream } }),
    ai_model: modelOf(asked),
  };
}

function toApi(asked: Asked, requestId: string, status: number): JsonObject {
  return {
    operation: operationOf(asked),
    request: { uid: requestId },
    ...(status === 0 ? {} : { response: { code: status } }),
    ...(asked.upstream === undefined ? {} : { service: { name: asked.upstream } }),
  };
}

/** Role 2 is Assistant: what is told of is the model's answer. */
function toMessageContext(asked: Asked, usage: JsonObject | undefined): JsonObject {
  const prompt = usage === undefined ? undefined : numberOf(usage, 'inputTokens');
  const completion = usage === undefined ? undefined : numberOf(usage, 'outputTokens');
  return {
    ai_role_id: 2,
    ai_role: 'Assistant',
    service: { name: asked.upstream ?? UNKNOWN },
    ...(prompt === undefined || completion === undefined
      ? {}
      : { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion }),
  };
}

export const policyOf = ({ policy, revision }: Pick<OpenedRequest, 'policy' | 'revision'>): JsonObject =>
  policy === undefined ? {} : { policy: { name: policy, ...(revision === undefined ? {} : { version: revision }) } };

function toUnmapped(opened: OpenedRequest, data: JsonObject): JsonObject {
  return {
    format: opened.format ?? UNKNOWN,
    input_verdict: opened.verdict ?? UNKNOWN,
    output_verdict: textOf(data, 'verdict') ?? UNKNOWN,
    input_findings: opened.findings,
    output_findings: numberOf(objectOf(data, 'findings') ?? {}, 'count') ?? 0,
    ...costOf(objectOf(data, 'reservation')),
    ...(opened === UNSEEN ? { opened_record: 'not seen' } : { opened_sequence: opened.index }),
  };
}

const costOf = (reservation: JsonObject | undefined): JsonObject =>
  reservation === undefined
    ? {}
    : { cost_micro_units: numberOf(reservation, 'microUnits') ?? 0, is_estimated: reservation['estimated'] === true };
