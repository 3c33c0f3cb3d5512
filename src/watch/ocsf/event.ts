// What every OCSF event has: class, activity, severity, time and metadata. https://schema.ocsf.io/1.8.0/classes/base_event
import type { JsonObject, Severity } from '../../core/types.ts';
import type { LedgerRecord } from '../../ledger/record.ts';
import type { OpenedRequest } from './open-requests.ts';

const OCSF_VERSION = '1.8.0';

/** A place in the ledger from which on it was put back from a backup. Records of the same place were told before under plain uids. */
export interface Restore {
  readonly fromIndex: number;
  readonly mark: string;
}

/** What a translation needs beside the record itself. */
export interface OcsfContext {
  /** Names the ledger, so that uids of two installations never meet. */
  readonly installation: string;
  readonly productVersion: string;
  /** Oldest first; absent where there was none. */
  readonly restores?: readonly Restore[] | undefined;
  /** The request that a record opens or closes; `UNSEEN` where its opening is not remembered. */
  opened(record: LedgerRecord): OpenedRequest;
}

/** A class of events, and the activities of it that we report. */
interface ClassCard {
  readonly uid: number;
  readonly name: string;
  readonly category: string;
  readonly activities: Readonly<Record<number, string>>;
}

const CLASSES = {
  base: { uid: 0, name: 'Base Event', category: 'Uncategorized', activities: { 99: 'Other' } },
  finding: { uid: 2004, name: 'Detection Finding', category: 'Findings', activities: { 1: 'Create' } },
  authentication: {
    uid: 3002,
    name: 'Authentication',
    category: 'Identity & Access Management',
    activities: { 1: 'Logon', 2: 'Logoff' },
  },
  entity: {
    uid: 3004,
    name: 'Entity Management',
    category: 'Identity & Access Management',
    activities: { 1: 'Create', 3: 'Update', 4: 'Delete' },
  },
  api: { uid: 6003, name: 'API Activity', category: 'Application Activity', activities: { 1: 'Create' } },
  appError: { uid: 6008, name: 'Application Error', category: 'Application Activity', activities: { 1: 'General Error' } },
  remediation: {
    uid: 7001,
    name: 'Remediation Activity',
    category: 'Remediation',
    activities: { 1: 'Isolate', 2: 'Evict', 3: 'Restore', 4: 'Harden' },
  },
} as const satisfies Readonly<Record<string, ClassCard>>;

type ClassName = keyof typeof CLASSES;

const SEVERITIES: Readonly<Record<Severity, readonly [number, string]>> = {
  info: [1, 'Informational'],
  low: [2, 'Low'],
  medium: [3, 'Medium'],
  high: [4, 'High'],
  critical: [5, 'Critical'],
};

export const isSeverity = (text: string | undefined): text is Severity => text !== undefined && Object.hasOwn(SEVERITIES, text);

export interface EventHead {
  readonly class: ClassName;
  readonly activity: number;
  readonly severity: Severity;
  readonly message: string;
  readonly profiles: readonly string[];
  /** Which of the events that one record becomes; 0 for the first. */
  readonly nth?: number;
  /** When it happened, where that is not when it was recorded. */
  readonly timeMs?: number;
}

/** The attributes that all classes share; `rest` are those of the class. */
export function toEvent(
  record: LedgerRecord,
  context: OcsfContext,
  { head, rest }: { readonly head: EventHead; readonly rest: JsonObject },
): JsonObject {
  const card: ClassCard = CLASSES[head.class];
  const [severityId, severity] = SEVERITIES[head.severity];
  return {
    activity_id: head.activity,
    activity_name: card.activities[head.activity] ?? 'Other',
    category_uid: Math.floor(card.uid / 1000),
    category_name: card.category,
    class_uid: card.uid,
    class_name: card.name,
    type_uid: card.uid * 100 + head.activity,
    severity_id: severityId,
    severity,
    time: head.timeMs ?? record.event.atMs,
    message: head.message,
    metadata: toMetadata(record, context, head),
    ...rest,
  };
}

function toMetadata(
  { index, event }: LedgerRecord,
  { installation, productVersion, restores }: OcsfContext,
  { nth = 0, profiles }: EventHead,
): JsonObject {
  return {
    version: OCSF_VERSION,
    // The place in the ledger is the identity: a line that is written twice after a crash is known as one.
    uid: `${installation}:${index}${nth === 0 ? '' : `.${nth}`}${restores === undefined ? '' : markOf(index, restores)}`,
    sequence: index,
    event_code: event.kind,
    log_name: 'ledger',
    log_provider: installation,
    logged_time: event.atMs,
    profiles: [...profiles],
    product: { name: 'Sallyport', vendor_name: 'Sallyport', version: productVersion },
    ...(event.requestId === undefined ? {} : { correlation_uid: event.requestId }),
    ...(event.tenant === undefined ? {} : { tenant_uid: event.tenant }),
  };
}

function markOf(index: number, restores: readonly Restore[]): string {
  const restore = restores.findLast(({ fromIndex }) => fromIndex <= index);
  return restore === undefined ? '' : `~${restore.mark}`;
}

/**
 * One line of the file. JSON leaves alone what a terminal obeys (C1 controls) and what turns text around (bidirectional controls),
 * and names in a record can be an attacker's choice: all of it is written as escapes, which mean the same to every JSON reader.
 */
export function toLine(event: JsonObject): string {
  const text = JSON.stringify(event);
  return `${UNSHOWN.test(text) ? text.replace(ALL_UNSHOWN, toEscape) : text}\n`;
}

const UNSHOWN = /[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/;
const ALL_UNSHOWN = new RegExp(UNSHOWN, 'g');

const toEscape = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
