// Anthropic's turns as those of an OpenAI chat: results of tools become turns of their own, calls stand beside the text.
import type { Json, JsonObject } from '../../core/types.ts';
import { isObject } from '../wire/json-shape.ts';
import { carriedId } from './call-id.ts';
import { carriers, carry, drop, elsewhere, onlyEmpty, untranslatable } from './carry.ts';

const TEXT_MEMBERS = carriers({ type: elsewhere, text: elsewhere, cache_control: drop, citations: onlyEmpty });
const IMAGE_MEMBERS = carriers({ type: elsewhere, source: elsewhere, cache_control: drop });
const USE_MEMBERS = carriers({ type: elsewhere, id: elsewhere, name: elsewhere, input: elsewhere, cache_control: drop });
const RESULT_MEMBERS = carriers({
  type: elsewhere,
  tool_use_id: elsewhere,
  content: elsewhere,
  is_error: elsewhere,
  cache_control: drop,
});

/** OpenAI has no member for it; models read the word. */
const ERROR_WORD = 'Error: ';

/** The operator's turn, if there is one. */
export function systemTurn(system: Json): JsonObject[] {
  if (system === null || system === '') return [];
  if (typeof system === 'string') return [{ role: 'system', content: system }];
  const parts = textParts(system, '/system');
  return parts.length === 0 ? [] : [{ role: 'system', content: plain(parts) }];
}

/** Throws `untranslatable_field`. */
export function messageTurns(messages: Json): JsonObject[] {
  const turns = Array.isArray(messages) ? messages : [];
  return turns.flatMap((turn, at) => {
    const pointer = `/messages/${at}`;
    if (!isObject(turn)) throw untranslatable(pointer);
    // An answer that the caller began is gone on with by Anthropic, and by nobody else.
    if (turn['role'] === 'assistant' && at === turns.length - 1) throw untranslatable(pointer);
    const content = turn['content'] ?? '';
    if (typeof content === 'string') return [{ role: turn['role'] ?? 'user', content }];
    const blocks = blocksOf(content, `${pointer}/content`);
    // A turn must not vanish.
    if (blocks.length === 0) throw untranslatable(`${pointer}/content`);
    return turn['role'] === 'assistant' ? [assistantTurn(blocks, pointer)] : userTurns(blocks);
  });
}

interface Block {
  readonly block: JsonObject;
  readonly pointer: string;
}

function blocksOf(content: Json, pointer: string): Block[] {
  if (!Array.isArray(content)) throw untranslatable(pointer);
  return content.map((block, at) => {
    if (!isObject(block)) throw untranslatable(`${pointer}/${at}`);
    return { block, pointer: `${pointer}/${at}` };
  });
}

function plain(parts: readonly JsonObject[]): Json {
  const [only] = parts;
  return parts.length === 1 && only?.['type'] === 'text' ? (only['text'] ?? '') : [...parts];
}

function userTurns(blocks: readonly Block[]): JsonObject[] {
  const turns: JsonObject[] = [];
  const parts: JsonObject[] = [];
  for (const { block, pointer } of blocks) {
    if (block['type'] === 'tool_result') {
      // OpenAI wants results directly behind their calls, so nothing can stand before them.
      if (parts.length > 0) throw untranslatable(pointer);
      turns.push(resultTurn(block, pointer));
    } else if (block['type'] === 'text') parts.push(textPart(block, pointer));
    else if (block['type'] === 'image') parts.push(imagePart(block, pointer));
    else throw untranslatable(`${pointer}/type`);
  }
  return parts.length === 0 ? turns : [...turns, { role: 'user', content: plain(parts) }];
}

function resultTurn(block: JsonObject, pointer: string): JsonObject {
  carry(block, RESULT_MEMBERS, { to: {}, pointer });
  const content = block['content'] ?? '';
  const parts = typeof content === 'string' ? [{ type: 'text', text: content }] : textParts(content, `${pointer}/content`);
  // A result may be that nothing came back; OpenAI wants a text all the same.
  const said = parts.length === 0 ? '' : plain(parts);
  return {
    role: 'tool',
    tool_call_id: carriedId(String(block['tool_use_id'] ?? '')),
    content: block['is_error'] === true ? failed(said) : said,
  };
}

function failed(content: Json): Json {
  if (typeof content === 'string') return ERROR_WORD + content;
  return [{ type: 'text', text: ERROR_WORD }, ...(Array.isArray(content) ? content : [])];
}

function textParts(content: Json, pointer: string): JsonObject[] {
  return blocksOf(content, pointer).map(({ block, pointer: at }) => {
    if (block['type'] !== 'text') throw untranslatable(`${at}/type`);
    return textPart(block, at);
  });
}

function textPart(block: JsonObject, pointer: string): JsonObject {
  carry(block, TEXT_MEMBERS, { to: {}, pointer });
  return { type: 'text', text: block['text'] ?? '' };
}

const MEDIA_TYPE = /^image\/[a-z+.-]{1,32}$/;

function imagePart(block: JsonObject, pointer: string): JsonObject {
  carry(block, IMAGE_MEMBERS, { to: {}, pointer });
  const source = isObject(block['source']) ? block['source'] : {};
  if (source['type'] === 'url' && typeof source['url'] === 'string') return { type: 'image_url', image_url: { url: source['url'] } };
  const type = source['media_type'];
  if (source['type'] !== 'base64' || typeof type !== 'string' || !MEDIA_TYPE.test(type) || typeof source['data'] !== 'string')
    throw untranslatable(`${pointer}/source`);
  return { type: 'image_url', image_url: { url: `data:${type};base64,${source['data']}` } };
}

function assistantTurn(blocks: readonly Block[], pointer: string): JsonObject {
  let text = '';
  const calls: JsonObject[] = [];
  for (const { block, pointer: at } of blocks) {
    if (block['type'] === 'text') text += String(textPart(block, at)['text']);
    else if (block['type'] === 'tool_use') calls.push(callOf(block, at));
    // Thinking is sealed by the provider that wrote it; no other reads it.
    else if (block['type'] !== 'thinking') throw untranslatable(`${at}/type`);
  }
  if (text === '' && calls.length === 0) throw untranslatable(`${pointer}/content`);
  return { role: 'assistant', content: text === '' ? null : text, ...(calls.length === 0 ? {} : { tool_calls: calls }) };
}

function callOf(block: JsonObject, pointer: string): JsonObject {
  carry(block, USE_MEMBERS, { to: {}, pointer });
  const { id, name, input } = block;
  return { id: carriedId(String(id ?? '')), type: 'function', function: { name: name ?? '', arguments: JSON.stringify(input ?? {}) } };
}
