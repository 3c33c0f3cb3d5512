// One event of an OpenAI stream: reading it, and the members that all events share.
import type { JsonObject } from '../../core/types.ts';
import { gatewayFault } from '../faults.ts';
import { isObject } from '../wire/json-shape.ts';
import type { Labels } from './labels.ts';

const FRAME_MEMBERS = ['id', 'object', 'model', 'system_fingerprint', 'service_tier'] as const;

export const sse = (data: JsonObject): string => `data: ${JSON.stringify(data)}\n\n`;

/** Throws `upstream_invalid` for what is not a JSON object, and for an error that the upstream sends in the stream. */
export function parseEvent(data: string): JsonObject {
  let parsed: unknown;
  try {
    parsed = JSON.parse(data);
  } catch (cause) {
    throw gatewayFault('upstream_invalid', { what: 'an event is not JSON' }, { cause });
  }
  if (!isObject(parsed)) throw gatewayFault('upstream_invalid', { what: 'an event is not a JSON object' });
  // Some servers send no more than a sentence.
  if (isObject(parsed['error']) || typeof parsed['error'] === 'string')
    throw gatewayFault('upstream_invalid', { what: 'the upstream reported an error in the stream' });
  return parsed;
}

/** The members that name the answer; anything that could carry a sentence is left out. */
export function frameOf(chunk: JsonObject, labels: Labels): JsonObject {
  const frame = labels.pick(chunk, FRAME_MEMBERS);
  if (typeof chunk['created'] === 'number') frame['created'] = chunk['created'];
  return frame;
}
