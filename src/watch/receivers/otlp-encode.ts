// OCSF to OpenTelemetry's logs and traces, in the JSON form of OTLP 1.x: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
import { hash } from 'node:crypto';
import type { Json, JsonObject } from '../../core/types.ts';
import { numberOf, objectOf, objectsOf, textOf } from '../ocsf/fields.ts';
import { GEN_AI_OPERATIONS } from './gen-ai.ts';
import type { ReceiverEvent } from './receiver.ts';

const EMPTY: JsonObject = {};
const API_ACTIVITY = 6003;
/** Severity numbers of the data model: INFO, INFO4, WARN, ERROR, FATAL. */
const SEVERITIES: Readonly<Record<number, number>> = { 1: 9, 2: 12, 3: 13, 4: 17, 5: 21 };
const SPAN_KIND_CLIENT = 3;
const TIME_MS_MIN = 10_000;
/** Nanoseconds are 64 bits. */
const TIME_MS_MAX = 9_223_372_036_854;
const STATUS_OK = 1;
const STATUS_ERROR = 2;

export interface OtlpSource {
  readonly productVersion: string;
  /** Names this gateway among others. */
  readonly instance: string;
}

export const isRequest = ({ event }: ReceiverEvent): boolean => numberOf(event, 'class_uid') === API_ACTIVITY;

export function toLogs(events: readonly ReceiverEvent[], source: OtlpSource): JsonObject {
  return { resourceLogs: [{ resource: toResource(source), scopeLogs: [{ scope: toScope(source), logRecords: events.map(toLogRecord) }] }] };
}

/** Of requests only: other events have no extent in time. */
export function toTraces(events: readonly ReceiverEvent[], source: OtlpSource): JsonObject {
  return { resourceSpans: [{ resource: toResource(source), scopeSpans: [{ scope: toScope(source), spans: events.map(toSpan) }] }] };
}

const toScope = ({ productVersion }: OtlpSource): JsonObject => ({ name: 'sallyport', version: productVersion });

const toResource = ({ productVersion, instance }: OtlpSource): JsonObject => ({
  attributes: toAttributes({ 'service.name': 'sallyport', 'service.version': productVersion, 'service.instance.id': instance }),
});

function toLogRecord(one: ReceiverEvent): JsonObject {
  const { event, line } = one;
  const about = objectOf(event, 'metadata') ?? EMPTY;
  const timeMs = numberOf(event, 'time') ?? 0;
  return {
    timeUnixNano: nanos(timeMs),
    observedTimeUnixNano: nanos(numberOf(about, 'logged_time') ?? timeMs),
    severityNumber: SEVERITIES[numberOf(event, 'severity_id') ?? 1] ?? 9,
    severityText: textOf(event, 'severity') ?? 'Informational',
    eventName: `sallyport.${textOf(about, 'event_code') ?? 'event'}`,
    body: { stringValue: textOf(event, 'message') ?? '' },
    attributes: toAttributes({ ...sharedOf(one), ...findingOf(event), 'sallyport.ocsf': line }),
    ...idsOf(one),
  };
}

function toSpan(one: ReceiverEvent): JsonObject {
  const { event } = one;
  const endMs = numberOf(event, 'end_time') ?? numberOf(event, 'time') ?? 0;
  const startMs = numberOf(event, 'start_time') ?? endMs;
  const attributes = sharedOf(one);
  const isFailed = numberOf(event, 'status_id') !== 1;
  return {
    ...idsOf(one),
    name: `${String(attributes['gen_ai.operation.name'])} ${String(attributes['gen_ai.request.model'])}`,
    kind: SPAN_KIND_CLIENT,
    startTimeUnixNano: nanos(startMs),
    endTimeUnixNano: nanos(endMs),
    attributes: toAttributes(attributes),
    status: isFailed ? { code: STATUS_ERROR, message: textOf(event, 'status_detail') ?? '' } : { code: STATUS_OK },
  };
}

/** A request and its findings share a trace, whose id is made from the request's; the span is that of the request. */
function idsOf({ uid, event }: ReceiverEvent): JsonObject {
  const about = objectOf(event, 'metadata') ?? EMPTY;
  const request = textOf(about, 'correlation_uid');
  if (request === undefined) return isRequest({ uid, event, line: '' }) ? { traceId: digest(uid, 16), spanId: digest(uid, 8) } : {};
  return { traceId: digest(`trace ${request}`, 16), spanId: digest(`span ${request}`, 8) };
}

/** Lower-case hex of so many bytes: ids of traces and spans are not base64 in OTLP's JSON. */
const digest = (text: string, bytes: number): string => hash('sha256', text, 'hex').slice(0, bytes * 2);

type Attributes = Record<string, string | number | boolean | undefined>;

/** https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/, as of 1.37 */
function sharedOf({ uid, event }: ReceiverEvent): Attributes {
  const about = partOf(event, 'metadata');
  const user = partOf(partOf(event, 'actor'), 'user');
  return {
    ...genAiOf(event),
    'http.response.status_code': numberOf(partOf(event, 'http_response'), 'code'),
    'error.type': errorOf({ uid, event, line: '' }),
    'user.id': textOf(user, 'uid'),
    'user.name': textOf(user, 'name'),
    'client.address': textOf(partOf(event, 'src_endpoint'), 'ip'),
    'sallyport.event.uid': uid,
    'sallyport.request.id': textOf(about, 'correlation_uid'),
    'sallyport.tenant': textOf(about, 'tenant_uid'),
    'sallyport.disposition': textOf(event, 'disposition'),
    'sallyport.policy': textOf(partOf(event, 'policy'), 'name'),
  };
}

const errorOf = (one: ReceiverEvent): string | undefined =>
  isRequest(one) && numberOf(one.event, 'status_id') !== 1 ? (textOf(one.event, 'status_detail') ?? '_OTHER') : undefined;

const partOf = (data: JsonObject, key: string): JsonObject => objectOf(data, key) ?? EMPTY;

function genAiOf(event: JsonObject): Attributes {
  const model = objectOf(event, 'ai_model');
  if (model === undefined) return {};
  const usage = partOf(event, 'message_context');
  const api = objectOf(event, 'api') ?? partOf(objectsOf(event, 'evidences')[0] ?? EMPTY, 'api');
  const operation = textOf(api, 'operation') ?? 'unknown';
  return {
    'gen_ai.operation.name': GEN_AI_OPERATIONS[operation] ?? operation,
    'gen_ai.provider.name': textOf(model, 'ai_provider') ?? 'unknown',
    'gen_ai.request.model': textOf(model, 'name') ?? 'unknown',
    'gen_ai.usage.input_tokens': numberOf(usage, 'prompt_tokens'),
    'gen_ai.usage.output_tokens': numberOf(usage, 'completion_tokens'),
  };
}

function findingOf(event: JsonObject): Attributes {
  const info = objectOf(event, 'finding_info');
  if (info === undefined) return {};
  const analytic = objectOf(info, 'analytic') ?? EMPTY;
  return {
    'sallyport.finding.rule': textOf(analytic, 'uid'),
    'sallyport.finding.class': textOf(analytic, 'category'),
    'sallyport.finding.score': numberOf(event, 'confidence_score'),
  };
}

function toAttributes(attributes: Attributes): Json[] {
  return Object.entries(attributes).flatMap(([key, value]) => (value === undefined ? [] : [{ key, value: toAnyValue(value) }]));
}

/** 64-bit integers are decimal strings in protobuf's JSON. */
function toAnyValue(value: string | number | boolean): JsonObject {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

/** Times outside of what a date can be come from damaged records only; such an event is still told. */
const nanos = (ms: number): string => (BigInt(Math.round(Math.min(Math.max(ms, TIME_MS_MIN), TIME_MS_MAX))) * 1_000_000n).toString();
