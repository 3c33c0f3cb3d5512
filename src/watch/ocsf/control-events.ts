// What operators and the gateway itself did: kill orders, keys, tenants, trips, and what the ledger says of itself.
import type { JsonObject, Severity, TaxonomyKey } from '../../core/types.ts';
import type { LedgerRecord } from '../../ledger/record.ts';
import { sourceOf } from './api-activity.ts';
import { toFinding } from './detection-finding.ts';
import { toEvent, type OcsfContext } from './event.ts';
import { numberOf, presentOf, textOf } from './fields.ts';
import { outcomeOf, statusOf } from './outcome.ts';

type Translate = (record: LedgerRecord, context: OcsfContext) => JsonObject;

const UNKNOWN = 'unknown';

/** By the kind of the record. A kind without a row is told as a base event, so that nothing in the ledger stays unseen. */
export const CONTROL_EVENTS: ReadonlyMap<string, Translate> = new Map<string, Translate>([
  ['kill.ordered', remediation({ activity: 1, severity: 'high', says: 'stopped' })],
  ['kill.resumed', remediation({ activity: 3, severity: 'medium', says: 'resumed' })],
  ['kill.checkpointed', remediation({ activity: 4, severity: 'medium', says: 'kill orders begun anew for' })],
  ['kill.self_test', toSelfTest],
  ['access.cut', toCut],
  [
    'access.shed',
    detection({
      rule: 'access.attack-trip',
      severity: 'high',
      taxonomy: 'key-misuse',
      title: 'a source that keeps attacking is turned away',
      action: 'block',
    }),
  ],
  [
    'access.guessing',
    detection({
      rule: 'access.failed-keys',
      severity: 'medium',
      taxonomy: 'key-misuse',
      title: 'an address that tries key after key is not heard',
      action: 'block',
    }),
  ],
  [
    'kill.untrusted',
    detection({
      rule: 'kill.record',
      severity: 'critical',
      taxonomy: 'guard-disabled',
      title: 'the record of kill orders cannot be trusted',
      action: 'block',
    }),
  ],
  ['key.created', entity({ type: 'API key', activity: 1, says: 'created' })],
  ['key.limited', entity({ type: 'API key', activity: 3, says: 'limited' })],
  ['key.revoked', entity({ type: 'API key', activity: 4, says: 'revoked' })],
  ['tenant.created', entity({ type: 'Tenant', activity: 1, says: 'created' })],
  ['tenant.changed', entity({ type: 'Tenant', activity: 3, says: 'changed' })],
  ['admin.signed_in', authentication({ activity: 1, isSuccess: true, says: 'signed in to the console' })],
  ['admin.signed_out', authentication({ activity: 2, isSuccess: true, says: 'signed out of the console' })],
  ['admin.sign_in_refused', authentication({ activity: 1, isSuccess: false, says: 'was refused at the console' })],
  ['finding.accepted', entity({ type: 'Accepted finding', activity: 1, says: 'accepted', severity: 'low' })],
  ['finding.withdrawn', entity({ type: 'Accepted finding', activity: 4, says: 'withdrawn' })],
  ['config.reloaded', entity({ type: 'Configuration', activity: 3, says: 'reloaded', severity: 'low' })],
  ['second_look.settled', entity({ type: 'AI classifier', activity: 3, says: 'loaded, or found unusable' })],
  ['ledger.pruned', entity({ type: 'Ledger records', activity: 4, says: 'pruned after their time' })],
  ['ledger.restored', entity({ type: 'Ledger records', activity: 3, says: 'restored from a backup', severity: 'high' })],
  ['ledger.content_erased', entity({ type: 'Content commitment', activity: 4, says: 'erased' })],
  ['ledger.tail_cut', trouble('the ledger cut off a torn tail that was never acknowledged')],
  ['key.damaged', trouble('a key cannot be read and is refused')],
  ['kill.mark_not_kept', trouble('the database does not remember the newest kill order')],
]);

/** A record of a kind that this version does not know. */
export function toBaseEvent(record: LedgerRecord, context: OcsfContext): JsonObject {
  const { kind, data } = record.event;
  return toEvent(record, context, {
    head: { class: 'base', activity: 99, severity: 'info', message: kind, profiles: [] },
    rest: { unmapped: { ...data } },
  });
}

/** A kill switch that would not stop anything is worse news than any finding; that it works is told quietly. */
function toSelfTest(record: LedgerRecord, context: OcsfContext): JsonObject {
  const isPassed = textOf(record.event.data, 'state') === 'passed';
  return isPassed ? toBaseEvent(record, context) : trouble('the kill switch failed its self-test', 'critical')(record, context);
}

/** What the daily self-test stops: no upstream of a configuration can be called so. */
const CANARY = 'kill switch self-test';

/** Remediation Activity (7001): Isolate, Restore and Harden are tactics of D3FEND. */
function remediation({
  activity,
  severity,
  says,
}: {
  readonly activity: number;
  readonly severity: Severity;
  readonly says: string;
}): Translate {
  return (record, context) => {
    const { data } = record.event;
    const scope = textOf(data, 'scope') ?? UNKNOWN;
    const subject = textOf(data, 'subject') ?? '';
    const reason = textOf(data, 'reason') ?? UNKNOWN;
    const orderedAtMs = numberOf(data, 'orderedAtMs');
    return toEvent(record, context, {
      head: {
        class: 'remediation',
        activity,
        severity: subject === CANARY ? 'info' : severity,
        message: `${says} ${scope}${subject === '' ? '' : ` ${subject}`}: ${reason}`,
        profiles: ['host'],
        ...(orderedAtMs === undefined ? {} : { timeMs: orderedAtMs }),
      },
      rest: {
        ...statusOf(true),
        command_uid: String(numberOf(data, 'sequence') ?? UNKNOWN),
        remediation: { desc: reason },
        actor: { user: { name: textOf(data, 'who') ?? UNKNOWN } },
        unmapped: { scope, subject },
      },
    });
  };
}

function toCut(record: LedgerRecord, context: OcsfContext): JsonObject {
  const cut = numberOf(record.event.data, 'cut') ?? 0;
  const failed = numberOf(record.event.data, 'failed') ?? 0;
  return toEvent(record, context, {
    head: {
      class: 'remediation',
      activity: 2,
      severity: 'medium',
      message: `${cut} requests in flight were cut, ${failed} of them not cleanly`,
      profiles: ['host'],
    },
    rest: {
      ...(failed === 0 ? statusOf(true) : { status_id: 4, status: 'Partial' }),
      command_uid: `cut-${record.index}`,
      actor: { app_name: 'Sallyport' },
      unmapped: { cut, failed },
    },
  });
}

interface SignIn {
  readonly activity: 1 | 2;
  readonly isSuccess: boolean;
  readonly says: string;
}

/** Authentication (3002). Somebody who was refused has no name that could be believed. */
function authentication({ activity, isSuccess, says }: SignIn): Translate {
  return (record, context) => {
    const { data } = record.event;
    const who = textOf(data, 'who') ?? UNKNOWN;
    const label = textOf(data, 'label');
    const code = textOf(data, 'code');
    return toEvent(record, context, {
      head: { class: 'authentication', activity, severity: isSuccess ? 'info' : 'low', message: `${who} ${says}`, profiles: ['host'] },
      rest: {
        ...statusOf(isSuccess),
        ...(code === undefined ? {} : { status_detail: code }),
        user: { name: who, ...(label === undefined || label === '' ? {} : { full_name: label }) },
        service: { name: 'admin plane' },
        // https://schema.ocsf.io/1.8.0/classes/authentication: 4 is OpenID, 99 a protocol that it does not list.
        ...(textOf(data, 'via') === 'oidc'
          ? { auth_protocol_id: 4, auth_protocol: 'OpenID' }
          : { auth_protocol_id: 99, auth_protocol: 'admin key' }),
        unmapped: presentOf(data, ['role', 'scope']),
      },
    });
  };
}

interface EntityCard {
  readonly type: string;
  readonly activity: number;
  readonly says: string;
  readonly severity?: Severity;
}

/** Entity Management (3004): keys, tenants and whatever else an operator makes, changes and takes away. */
function entity({ type, activity, says, severity = 'info' }: EntityCard): Translate {
  return (record, context) => {
    const { data, tenant } = record.event;
    const uid = entityId(record);
    const reason = textOf(data, 'reason');
    // Whoever holds a global key can change everything: that one was made is worth a look.
    const isGlobal = textOf(data, 'scope') === 'global';
    return toEvent(record, context, {
      head: { class: 'entity', activity, severity: isGlobal ? 'medium' : severity, message: `${type} ${uid} ${says}`, profiles: ['host'] },
      rest: {
        ...statusOf(true),
        actor: { user: { name: textOf(data, 'who') ?? textOf(data, 'author') ?? UNKNOWN } },
        entity: { uid, name: type === 'Tenant' ? (tenant ?? uid) : uid, type, data: presentOf(data, SET) },
        ...(reason === undefined ? {} : { comment: reason }),
      },
    });
  };
}

function entityId({ event: { data, tenant, kind } }: LedgerRecord): string {
  if (kind.startsWith('tenant.')) return tenant ?? UNKNOWN;
  const id = textOf(data, 'id') ?? textOf(data, 'policy') ?? numberOf(data, 'nonce') ?? numberOf(data, 'to') ?? numberOf(data, 'records');
  return id === undefined ? UNKNOWN : String(id);
}

/** What was set: roles, limits, ends. Never a key itself, which no record holds. */
const SET = ['role', 'scope', 'state', 'limits', 'rule', 'fingerprint', 'expiresAtMs', 'policy', 'revision', 'to', 'retainDays'] as const;

interface Detection {
  readonly rule: string;
  readonly severity: Severity;
  readonly taxonomy: TaxonomyKey;
  readonly title: string;
  readonly action: string;
}

function detection({ rule, severity, taxonomy, title, action }: Detection): Translate {
  return (record, context) => {
    const { data } = record.event;
    const named = presentOf(data, ['level', 'tenant', 'keyId', 'client', 'reason']);
    const [client, clientAddress] = [textOf(data, 'client'), textOf(data, 'clientAddress')];
    const noticed = {
      nth: 0,
      title,
      reason: Object.entries(named)
        .map(([name, value]) => `${name} ${value}`)
        .join(', '),
      severity,
      score: undefined,
      rule,
      class: 'policy',
      taxonomy,
      outcome: outcomeOf(action, false),
      evidence: named,
      ...(client === undefined ? {} : { source: sourceOf({ principal: undefined, client, clientAddress }) }),
      unmapped: {},
    };
    return toFinding(record, context, { noticed, about: undefined });
  };
}

/** Application Error (6008): the gateway tells of itself. */
function trouble(message: string, severity: Severity = 'medium'): Translate {
  return (record, context) =>
    toEvent(record, context, {
      head: { class: 'appError', activity: 1, severity, message, profiles: [] },
      rest: { ...statusOf(false), unmapped: { ...record.event.data } },
    });
}
