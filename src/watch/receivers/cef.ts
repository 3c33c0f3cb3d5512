// Common Event Format, version 0, in a syslog message of RFC 5424. Pure. Texts of attackers cannot end a field or a line.
import type { JsonObject } from '../../core/types.ts';
import { numberOf, objectOf, objectsOf, textOf } from '../ocsf/fields.ts';
import type { ReceiverEvent } from './receiver.ts';

/** OCSF severities 1 to 5 in CEF's numbers from 0 to 10. */
const SEVERITIES: Readonly<Record<number, number>> = { 1: 1, 2: 3, 3: 5, 4: 8, 5: 10 };
/** The same in those of syslog (RFC 5424 section 6.2.1): informational, notice, warning, error, critical. */
const SYSLOG_SEVERITIES: Readonly<Record<number, number>> = { 1: 6, 2: 5, 3: 4, 4: 3, 5: 2 };
/** Log audit. */
const FACILITY = 13;
const EMPTY: JsonObject = {};
/** The last moment of the year 9999. */
const TIME_MS_MAX = 253_402_300_799_999;
/** `meta sequenceId` begins anew after this (RFC 5424 section 7.3.1). */
const SEQUENCE_MAX = 2_147_483_647;

export interface SyslogSender {
  readonly hostname: string;
  readonly productVersion: string;
}

/** One message, without framing. */
export function toSyslog(one: ReceiverEvent, { hostname, productVersion }: SyslogSender): string {
  const { event } = one;
  const about = objectOf(event, 'metadata') ?? EMPTY;
  const priority = FACILITY * 8 + (SYSLOG_SEVERITIES[numberOf(event, 'severity_id') ?? 1] ?? 6);
  const time = new Date(Math.min(Math.max(numberOf(event, 'time') ?? 0, 0), TIME_MS_MAX)).toISOString();
  const messageId = printable(textOf(about, 'event_code') ?? '', 32);
  const sequence = ((numberOf(about, 'sequence') ?? 0) % SEQUENCE_MAX) + 1;
  const structured = `[origin software="Sallyport" swVersion="${parameter(productVersion)}"][meta sequenceId="${sequence}"]`;
  return `<${priority}>1 ${time} ${printable(hostname, 255)} sallyport - ${messageId} ${structured} ${toCef(one, productVersion)}`;
}

/** Printable ASCII without spaces, or the NILVALUE (RFC 5424 section 6). */
const printable = (text: string, unitsMax: number): string => text.replaceAll(/[^!-~]/g, '').slice(0, unitsMax) || '-';
/** RFC 5424 section 6.3.3. */
const parameter = (text: string): string => text.replaceAll(/["\\\]]/g, '\\$&');

export function toCef({ uid, event }: ReceiverEvent, productVersion: string): string {
  const signature = textOf(objectOf(objectOf(event, 'finding_info') ?? EMPTY, 'analytic') ?? EMPTY, 'uid');
  const code = textOf(objectOf(event, 'metadata') ?? EMPTY, 'event_code') ?? 'event';
  const head = ['CEF:0', 'Sallyport', 'Sallyport', productVersion, signature ?? code, textOf(event, 'class_name') ?? 'Event']
    .map((field, at) => (at === 0 ? field : header(field)))
    .join('|');
  const severity = SEVERITIES[numberOf(event, 'severity_id') ?? 1] ?? 1;
  const extension = extensionOf(uid, event)
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([key, value]) => `${key}=${escaped(String(value))}`)
    .join(' ');
  return `${head}|${severity}|${extension}`;
}

/** In a header, the bar and the backslash; a line break has no place there at all. */
const header = (text: string): string => inert(text).replaceAll(/[\\|]/g, '\\$&').slice(0, 512);
/** In an extension, the equals sign and the backslash; line breaks as escapes. */
const escaped = (text: string): string => inert(text).replaceAll(/[\\=]/g, '\\$&');
/** Controls and what turns text around: a viewer of logs must not obey them (CWE-117). */
const inert = (text: string): string => text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, ' ').toWellFormed();

type Field = readonly [string, string | number | undefined];

/** Keys of CEF's dictionary; custom ones carry their labels. */
function extensionOf(uid: string, event: JsonObject): readonly Field[] {
  const about = objectOf(event, 'metadata') ?? EMPTY;
  const user = objectOf(objectOf(event, 'actor') ?? EMPTY, 'user') ?? EMPTY;
  const [evidence = EMPTY] = objectsOf(event, 'evidences');
  const source = objectOf(event, 'src_endpoint') ?? objectOf(evidence, 'src_endpoint') ?? EMPTY;
  const ip = textOf(source, 'ip');
  const context = objectOf(event, 'message_context') ?? EMPTY;
  const colon = uid.lastIndexOf(':');
  return [
    ['rt', numberOf(event, 'time')],
    // Together they are the uid: the key for what comes twice.
    ['deviceExternalId', uid.slice(0, colon)],
    ['externalId', uid.slice(colon + 1)],
    ['cat', textOf(objectOf(event, 'metadata') ?? EMPTY, 'event_code')],
    ['act', textOf(event, 'disposition')],
    ['outcome', textOf(event, 'status')],
    ['reason', textOf(event, 'status_detail')],
    ['msg', textOf(event, 'message')],
    ['suid', textOf(user, 'uid')],
    ['suser', textOf(user, 'name')],
    ['shost', textOf(source, 'uid')],
    ...addressOf(ip),
    ['requestMethod', textOf(objectOf(event, 'api') ?? EMPTY, 'operation')],
    ['requestContext', textOf(about, 'correlation_uid')],
    ...customs(event, about),
    ...tokens(numberOf(context, 'prompt_tokens'), numberOf(context, 'completion_tokens')),
  ];
}

function addressOf(ip: string | undefined): readonly Field[] {
  if (ip === undefined) return [];
  return ip.includes(':')
    ? [
        ['c6a2', ip],
        ['c6a2Label', 'Source IPv6 Address'],
      ]
    : [['src', ip]];
}

function customs(event: JsonObject, about: JsonObject): readonly Field[] {
  const model = objectOf(event, 'ai_model') ?? EMPTY;
  const policy = objectOf(event, 'policy') ?? EMPTY;
  const place = objectOf(objectsOf(event, 'evidences')[0] ?? EMPTY, 'data') ?? EMPTY;
  const techniques = objectsOf(event, 'attacks').flatMap((one) => textOf(objectOf(one, 'technique') ?? EMPTY, 'uid') ?? []);
  const named: readonly Field[] = [
    ['Tenant', textOf(about, 'tenant_uid')],
    ['Model', textOf(model, 'name')],
    ['Upstream', textOf(model, 'ai_provider')],
    ['Policy', textOf(policy, 'name')],
    ['Place', textOf(place, 'pointer')],
    ['MITRE ATLAS', techniques.join(',')],
  ];
  return named.flatMap(([label, value], at): readonly Field[] =>
    value === undefined || value === ''
      ? []
      : [
          [`cs${at + 1}`, value],
          [`cs${at + 1}Label`, label],
        ],
  );
}

function tokens(input: number | undefined, output: number | undefined): readonly Field[] {
  if (input === undefined || output === undefined) return [];
  return [
    ['cn1', input],
    ['cn1Label', 'Input tokens'],
    ['cn2', output],
    ['cn2Label', 'Output tokens'],
  ];
}
