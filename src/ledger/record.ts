// The canonical text of a record: the event with its place in the ledger, members in the order of RFC 8785.
import { canonicalJson } from '../core/canonical-json.ts';
import type { Json, JsonObject, LedgerEvent } from '../core/types.ts';
import { ledgerFault } from './faults.ts';

/** An event with its place in the ledger. */
export interface LedgerRecord {
  readonly index: number;
  readonly event: LedgerEvent;
}

/** Throws `event_refused` for an event that JSON cannot say. */
export function toPayload(event: LedgerEvent, index: number): string {
  try {
    return write(event, index);
  } catch (cause) {
    throw ledgerFault('event_refused', { kind: event.kind, reason: 'its data cannot be written as JSON' }, { cause });
  }
}

// Written out by hand because this runs twice a request: the members of an event never change, so neither does their order.
function write({ kind, atMs, tenant, requestId, data }: LedgerEvent, index: number): string {
  if (requestId !== undefined && tenant !== undefined) return canonicalJson({ atMs, data, index, kind, requestId, tenant });
  const request = requestId === undefined ? '' : `,"requestId":${JSON.stringify(requestId)}`;
  const owner = tenant === undefined ? '' : `,"tenant":${JSON.stringify(tenant)}`;
  return `{"atMs":${canonicalJson(atMs)},"data":${canonicalJson(data)},"index":${index},"kind":${JSON.stringify(kind)}${request}${owner}}`;
}

/** Undefined when these bytes are not the canonical text of a record. */
export function parsePayload(payload: Uint8Array): LedgerRecord | undefined {
  const text = Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString('utf8');
  const value = parseJson(text);
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return undefined;
  const record = parseMembers(value);
  // The text is rebuilt and compared, so nothing can hide in duplicate members, spacing or unknown members.
  return record !== undefined && toPayload(record.event, record.index) === text ? record : undefined;
}

function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

function parseMembers(value: JsonObject): LedgerRecord | undefined {
  const { index, kind, atMs, data, tenant, requestId } = value;
  if (typeof index !== 'number' || typeof kind !== 'string' || typeof atMs !== 'number') return undefined;
  if (data === null || typeof data !== 'object' || Array.isArray(data)) return undefined;
  if (!isOptionalText(tenant) || !isOptionalText(requestId)) return undefined;
  return { index, event: { kind, atMs, data, ...(tenant !== undefined && { tenant }), ...(requestId !== undefined && { requestId }) } };
}

const isOptionalText = (value: Json | undefined): value is string | undefined => value === undefined || typeof value === 'string';
