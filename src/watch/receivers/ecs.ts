// OCSF to the Elastic Common Schema 9: https://www.elastic.co/docs/reference/ecs. Pure.
import type { Json, JsonObject } from '../../core/types.ts';
import { numberOf, objectOf, objectsOf, presentOf, textOf } from '../ocsf/fields.ts';
import { GEN_AI_OPERATIONS } from './gen-ai.ts';
import type { ReceiverEvent } from './receiver.ts';

export const ECS_VERSION = '9.0.0';

/** Values that ECS allows for `event.category` and `event.type`, by OCSF class and activity. */
interface Kind {
  readonly category: readonly string[];
  readonly types: Readonly<Record<number, string>>;
}

const KINDS: Readonly<Record<number, Kind>> = {
  2004: { category: ['intrusion_detection'], types: {} },
  3002: { category: ['authentication'], types: { 1: 'start', 2: 'end' } },
  3004: { category: ['iam'], types: { 1: 'creation', 3: 'change', 4: 'deletion' } },
  6003: { category: ['api'], types: { 1: 'access' } },
  // ECS has no category for a program that tells of its own troubles.
  6008: { category: [], types: { 1: 'error' } },
  7001: { category: ['configuration'], types: { 1: 'change', 2: 'change', 3: 'change', 4: 'change' } },
};

const BASE: Kind = { category: [], types: {} };
const DENIED = 2;
/** The last moment of the year 9999. */
const TIME_MS_MAX = 253_402_300_799_999;
const DURATION_MS_MAX = 86_400_000;
const EMPTY: JsonObject = {};

/** One document. Members without a place in ECS stand under `sallyport`; the whole OCSF event is `event.original`. */
export function toEcs({ uid, event, line }: ReceiverEvent): JsonObject {
  const about = objectOf(event, 'metadata') ?? EMPTY;
  return {
    '@timestamp': isoOf(numberOf(event, 'time') ?? 0),
    message: textOf(event, 'message') ?? '',
    ecs: { version: ECS_VERSION },
    event: toEvent({ uid, event, line }, about),
    ...levelOf(event),
    service: { name: 'sallyport', ...versionOf(about) },
    observer: { vendor: 'Sallyport', product: 'Sallyport', type: 'proxy', ...versionOf(about) },
    ...peersOf(event, about),
    ...ruleOf(event),
    ...threatOf(event),
    ...genAiOf(event),
    ...httpOf(event),
    sallyport: toOwn(event),
  };
}

/** Times outside of what a date can be come from damaged records only; such an event is still told. */
const isoOf = (ms: number): string => new Date(Math.min(Math.max(ms, 0), TIME_MS_MAX)).toISOString();

function versionOf(about: JsonObject): JsonObject {
  const version = textOf(objectOf(about, 'product') ?? EMPTY, 'version');
  return version === undefined ? {} : { version };
}

function toEvent({ uid, event, line }: ReceiverEvent, about: JsonObject): JsonObject {
  const { category, types } = kindOf(event);
  const code = textOf(about, 'event_code');
  const loggedMs = numberOf(about, 'logged_time');
  const reason = textOf(event, 'status_detail') ?? textOf(objectOf(event, 'finding_info') ?? EMPTY, 'desc');
  return {
    id: uid,
    kind: event['is_alert'] === true ? 'alert' : 'event',
    ...(category.length === 0 ? {} : { category: [...category] }),
    type: [...typesOf(event, types)],
    outcome: outcomeOf(event),
    module: 'sallyport',
    dataset: 'sallyport.events',
    provider: 'sallyport',
    severity: numberOf(event, 'severity_id') ?? 1,
    original: line,
    ...(code === undefined ? {} : { action: code }),
    ...(loggedMs === undefined ? {} : { created: isoOf(loggedMs) }),
    ...numbersOf(about, ['sequence']),
    ...spanOf(event),
    ...(reason === undefined ? {} : { reason }),
  };
}

function spanOf(event: JsonObject): JsonObject {
  const durationMs = numberOf(event, 'duration');
  const [startMs, endMs] = [numberOf(event, 'start_time'), numberOf(event, 'end_time')];
  return {
    // In nanoseconds.
    ...(durationMs === undefined ? {} : { duration: Math.round(Math.min(Math.max(durationMs, 0), DURATION_MS_MAX) * 1e6) }),
    ...(startMs === undefined ? {} : { start: isoOf(startMs) }),
    ...(endMs === undefined ? {} : { end: isoOf(endMs) }),
  };
}

function kindOf(event: JsonObject): Kind {
  const kind = KINDS[numberOf(event, 'class_uid') ?? 0] ?? BASE;
  const isSetting = textOf(objectOf(event, 'entity') ?? EMPTY, 'type') === 'Configuration';
  return isSetting ? { ...kind, category: ['configuration'] } : kind;
}

function typesOf(event: JsonObject, types: Kind['types']): readonly string[] {
  const own = types[numberOf(event, 'activity_id') ?? 0];
  const action = numberOf(event, 'action_id');
  if (action === undefined) return [own ?? 'info'];
  return [...(own === undefined ? ['info'] : [own]), action === DENIED ? 'denied' : 'allowed'];
}

function outcomeOf(event: JsonObject): string {
  const status = numberOf(event, 'status_id');
  if (textOf(event, 'status') === 'New' || status === undefined) return 'unknown';
  return status === 1 ? 'success' : 'failure';
}

const levelOf = (event: JsonObject): JsonObject => ({ log: { level: (textOf(event, 'severity') ?? 'Informational').toLowerCase() } });

function peersOf(event: JsonObject, about: JsonObject): JsonObject {
  const user = objectOf(objectOf(event, 'actor') ?? EMPTY, 'user') ?? EMPTY;
  const [id, name] = [textOf(user, 'uid'), textOf(user, 'name')];
  const source = objectOf(event, 'src_endpoint') ?? objectOf(objectsOf(event, 'evidences')[0] ?? EMPTY, 'src_endpoint') ?? EMPTY;
  const [ip, address] = [textOf(source, 'ip'), textOf(source, 'ip') ?? textOf(source, 'uid')];
  const tenant = textOf(about, 'tenant_uid');
  const request = textOf(about, 'correlation_uid');
  const names = [id, name].filter((one) => one !== undefined);
  return {
    ...(names.length === 0
      ? {}
      : { user: undefinedFree({ id, name }), related: { user: names, ...(ip === undefined ? {} : { ip: [ip] }) } }),
    ...(address === undefined ? {} : { source: undefinedFree({ address, ip }) }),
    ...(tenant === undefined ? {} : { organization: { id: tenant } }),
    ...(request === undefined ? {} : { transaction: { id: request } }),
  };
}

function ruleOf(event: JsonObject): JsonObject {
  const analytic = objectOf(objectOf(event, 'finding_info') ?? EMPTY, 'analytic');
  if (analytic === undefined) return {};
  const policy = objectOf(event, 'policy') ?? EMPTY;
  return {
    rule: undefinedFree({
      id: textOf(analytic, 'uid'),
      name: textOf(analytic, 'name'),
      category: textOf(analytic, 'category'),
      ruleset: textOf(policy, 'name'),
      version: textOf(policy, 'version'),
    }),
  };
}

function threatOf(event: JsonObject): JsonObject {
  const attacks = objectsOf(event, 'attacks');
  const techniques = attacks.map((one) => objectOf(one, 'technique')).filter((one) => one !== undefined);
  if (techniques.length === 0) return {};
  const tactics = attacks.map((one) => objectOf(one, 'tactic')).filter((one) => one !== undefined);
  const namesOf = (all: readonly JsonObject[], key: string): string[] => [
    ...new Set(all.map((one) => textOf(one, key)).filter((one) => one !== undefined)),
  ];
  return {
    threat: {
      framework: 'MITRE ATLAS',
      technique: { id: namesOf(techniques, 'uid'), name: namesOf(techniques, 'name') },
      ...(tactics.length === 0 ? {} : { tactic: { id: namesOf(tactics, 'uid'), name: namesOf(tactics, 'name') } }),
    },
  };
}

/** The fields of ECS's own `gen_ai` set; `gen_ai.system` is its word for OpenTelemetry's provider. */
function genAiOf(event: JsonObject): JsonObject {
  const model = objectOf(event, 'ai_model');
  if (model === undefined) return {};
  const context = objectOf(event, 'message_context') ?? EMPTY;
  const [input, output] = [numberOf(context, 'prompt_tokens'), numberOf(context, 'completion_tokens')];
  const operation = textOf(objectOf(event, 'api') ?? objectOf(objectsOf(event, 'evidences')[0] ?? EMPTY, 'api') ?? EMPTY, 'operation');
  return {
    gen_ai: {
      system: textOf(model, 'ai_provider') ?? 'unknown',
      request: { model: textOf(model, 'name') ?? 'unknown' },
      ...(operation === undefined ? {} : { operation: { name: GEN_AI_OPERATIONS[operation] ?? operation } }),
      ...(input === undefined || output === undefined ? {} : { usage: { input_tokens: input, output_tokens: output } }),
    },
  };
}

function httpOf(event: JsonObject): JsonObject {
  const code = numberOf(objectOf(event, 'http_response') ?? EMPTY, 'code');
  return code === undefined ? {} : { http: { response: { status_code: code } } };
}

/** Of the rest, what people search for; its shape is the same in every document, so that no index grows a field for each event. */
function toOwn(event: JsonObject): JsonObject {
  const unmapped = objectOf(event, 'unmapped') ?? EMPTY;
  const place = objectOf(objectsOf(event, 'evidences')[0] ?? EMPTY, 'data') ?? EMPTY;
  return {
    ...presentOf(event, ['class_uid', 'class_name', 'action', 'disposition', 'confidence_score']),
    ...presentOf(place, ['direction', 'origin', 'pointer']),
    ...presentOf(unmapped, ['format', 'input_verdict', 'output_verdict', 'family', 'fingerprint', 'type', 'scope', 'subject']),
    ...numbersOf(unmapped, ['input_findings', 'output_findings', 'cost_micro_units']),
  };
}

const numbersOf = (data: JsonObject, keys: readonly string[]): JsonObject =>
  Object.fromEntries(keys.flatMap((key) => (numberOf(data, key) === undefined ? [] : [[key, numberOf(data, key) ?? 0]])));

const undefinedFree = (members: Readonly<Record<string, Json | undefined>>): JsonObject =>
  parseMembers(Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)));

const parseMembers = (members: object): JsonObject => members as JsonObject;
