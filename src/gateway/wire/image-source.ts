// How each wire format writes down a picture: read strictly, and written anew, so that nothing unknown rides along.
// OpenAI chat: https://platform.openai.com/docs/api-reference/chat/create (image_url); Responses: the same page of that API (input_image);
// Anthropic: https://docs.anthropic.com/en/api/messages (source).
import { pointerTo } from '../../core/strict-json.ts';
import type { Json, JsonObject } from '../../core/types.ts';
import type { ImageSource } from '../../lens/images/image-door.ts';
import { gatewayFault } from '../faults.ts';
import { isLabel } from './label.ts';
import type { MediaPart } from './walk.ts';

export interface WrittenImage {
  readonly source: ImageSource;
  /** The same member with another picture in it. */
  rewrite(mediaType: string, base64: string): Json;
}

/** Throws the gateway's faults, with a pointer. */
export function readImageSource({ value, pointer }: MediaPart): WrittenImage {
  if (!isObject(value)) throw wrong(pointer, 'an object');
  if (value['file_id'] != null) throw gatewayFault('opaque_reference', { pointer }, { pointer });
  if (value['type'] === 'base64' || value['type'] === 'url') return anthropicSource(value, pointer);
  if (value['type'] === 'input_image') return openaiSource(value, { pointer, member: 'image_url', labels: ['type', 'detail'] });
  if (value['type'] === undefined) return openaiSource(value, { pointer, member: 'url', labels: ['detail'] });
  throw gatewayFault('opaque_reference', { pointer }, { pointer });
}

function anthropicSource(value: JsonObject, pointer: string): WrittenImage {
  const rewrite = (mediaType: string, base64: string): Json => ({ type: 'base64', media_type: mediaType, data: base64 });
  if (value['type'] === 'url') {
    assertOnly(value, ['type', 'url'], pointer);
    return { source: { kind: 'url', url: stringOf(value, 'url', pointer) }, rewrite };
  }
  assertOnly(value, ['type', 'media_type', 'data'], pointer);
  return { source: { kind: 'base64', base64: stringOf(value, 'data', pointer) }, rewrite };
}

interface OpenAiPlace {
  readonly pointer: string;
  readonly member: string;
  readonly labels: readonly string[];
}

function openaiSource(value: JsonObject, { pointer, member, labels }: OpenAiPlace): WrittenImage {
  assertOnly(value, [...labels, member, ...(member === 'image_url' ? ['prompt_cache_breakpoint', 'file_id'] : [])], pointer);
  const kept: JsonObject = {};
  for (const name of labels) {
    const label = value[name];
    if (label === undefined || label === null) continue;
    if (typeof label !== 'string' || !isLabel(label)) throw wrong(pointerTo(pointer, name), 'a short identifier');
    kept[name] = label;
  }
  return {
    source: urlSource(stringOf(value, member, pointer)),
    rewrite: (mediaType, base64) => ({ ...kept, [member]: `data:${mediaType};base64,${base64}` }),
  };
}

/** RFC 2397. What the URL says of the type plays no part. */
function urlSource(url: string): ImageSource {
  if (!/^data:/i.test(url)) return { kind: 'url', url };
  const comma = url.indexOf(',');
  const isBase64 = comma > 0 && comma < 128 && /;base64$/i.test(url.slice(0, comma));
  // Without base64 there is no picture that anybody sends: an empty text is refused as one.
  return { kind: 'base64', base64: isBase64 ? url.slice(comma + 1) : '' };
}

function stringOf(value: JsonObject, name: string, pointer: string): string {
  const found = value[name];
  const at = pointerTo(pointer, name);
  if (found === undefined) throw gatewayFault('missing_field', { pointer: at }, { pointer: at });
  if (typeof found !== 'string') throw wrong(at, 'a string');
  return found;
}

function assertOnly(value: JsonObject, names: readonly string[], pointer: string): void {
  for (const name of Object.keys(value)) {
    const at = pointerTo(pointer, name);
    if (!names.includes(name)) throw gatewayFault('unknown_field', { pointer: at }, { pointer: at });
  }
}

const wrong = (pointer: string, expected: string) => gatewayFault('wrong_type', { pointer, expected }, { pointer });

const isObject = (value: Json): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);
