// Step 2: bytes → JSON → Exchange. What cannot be read in exactly one way is refused before any guard works on it.
import { isUtf8 } from 'node:buffer';
import { parseStrictJson, type JsonRefusal } from '../core/strict-json.ts';
import type { JsonObject } from '../core/types.ts';
import { BodyError, type BodyLimits, type Incoming } from '../io/http/exchange.ts';
import { gatewayFault } from './faults.ts';
import { isObject } from './wire/json-shape.ts';
import { isLabel } from './wire/label.ts';

export const JSON_LIMITS = { depthMax: 64, nodesMax: 200_000 } as const;

export interface ReadJson {
  readonly json: JsonObject;
  readonly bytes: number;
  readonly text: string;
}

export interface ReadBody extends ReadJson {
  readonly model: string;
}

/** Reads and parses a body. Throws the gateway's faults. */
export async function readJson(incoming: Incoming, limits: BodyLimits): Promise<ReadJson> {
  const bytes = await incoming.body(limits).catch((error: unknown) => {
    throw error instanceof BodyError ? bodyFault(error, limits.bytesMax) : error;
  });
  // RFC 8259 section 8.1; a decoder that replaces bad bytes would show the guards another text than the upstream sees.
  if (!isUtf8(bytes)) throw gatewayFault('invalid_utf8');
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  const parsed = parseStrictJson(text, JSON_LIMITS);
  if (!parsed.ok) throw jsonFault(parsed.code, parsed.pointer);
  if (!isObject(parsed.value)) throw gatewayFault('wrong_type', { pointer: '', expected: 'a JSON object' });
  return { json: parsed.value, bytes: bytes.byteLength, text };
}

/** The same for a body that names its model. */
export async function readBody(incoming: Incoming, limits: BodyLimits): Promise<ReadBody> {
  const read = await readJson(incoming, limits);
  const { model } = read.json;
  if (typeof model !== 'string' || model === '') throw gatewayFault('missing_field', { pointer: '/model' }, { pointer: '/model' });
  // The name is recorded, so that it must not be able to hold a text.
  if (!isLabel(model)) throw gatewayFault('wrong_type', { pointer: '/model', expected: 'the name of a model' }, { pointer: '/model' });
  return { ...read, model };
}

function bodyFault(error: BodyError, limit: number) {
  switch (error.failure) {
    case 'too_large':
      return gatewayFault('body_too_large', { limit });
    case 'timeout':
      // What is still on its way would keep the connection for as long as the caller likes.
      return gatewayFault('body_timeout', {}, { headers: { connection: 'close' } });
    case 'aborted':
      return gatewayFault('client_gone');
  }
}

function jsonFault(code: JsonRefusal, pointer: string) {
  const limit = code === 'nesting_too_deep' ? JSON_LIMITS.depthMax : JSON_LIMITS.nodesMax;
  return gatewayFault(code, { limit }, { pointer });
}
