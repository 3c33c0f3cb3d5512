// The turns of an OpenAI chat as Anthropic's: one system prompt, then users and assistants with blocks.
import { parseStrictJson } from '../../core/strict-json.ts';
import type { Json, JsonObject } from '../../core/types.ts';
import { JSON_LIMITS } from '../read.ts';
import { isObject } from '../wire/json-shape.ts';
import { carriers, carry, drop, elsewhere, only, onlyEmpty, untranslatable } from './carry.ts';
import { carriedId } from './call-id.ts';

/** What was said in one go, as Anthropic sees it. */
interface Said {
  readonly role: 'user' | 'assistant';
  readonly content: JsonObject[];
}

export interface ChatTurns {
  readonly [member: string]: Json;
}

/** `system` (where there is one) and `messages`. Throws `untranslatable_field`. */
export function chatTurns(messages: Json): ChatTurns {
  const system: JsonObject[] = [];
  const turns: Said[] = [];
  const given = Array.isArray(messages) ? messages : [];
  for (const [at, turn] of given.entries()) {
    const pointer = `/messages/${at}`;
    if (!isObject(turn)) throw untranslatable(pointer);
    if (turn['role'] === 'system' || turn['role'] === 'developer') {
      // Anthropic knows instructions at the beginning only; moved there, later ones would change what they refer to.
      if (turns.length > 0) throw untranslatable(`${pointer}/role`);
      carry(turn, SYSTEM_MEMBERS, { to: {}, pointer });
      // Instructions that say nothing are none.
      system.push(...textBlocks(turn['content'] ?? '', `${pointer}/content`));
    } else take(turns, turn, pointer);
  }
  // Anthropic answers somebody, and goes on with an answer that is begun; OpenAI does neither.
  if (turns.length === 0) throw untranslatable('/messages');
  if (turns.at(-1)?.role === 'assistant') throw untranslatable(`/messages/${given.length - 1}`);
  const said = turns.map(({ role, content }) => ({ role, content: plain(content) }));
  return { messages: said, ...(system.length > 0 ? { system: plain(system) } : {}) };
}

const SYSTEM_MEMBERS = carriers({ role: elsewhere, content: elsewhere });
const TOOL_MEMBERS = carriers({ role: elsewhere, content: elsewhere, tool_call_id: elsewhere });

/** A single text as a string, as people write it. */
function plain(content: readonly JsonObject[]): Json {
  const [only] = content;
  return content.length === 1 && only?.['type'] === 'text' ? (only['text'] ?? '') : [...content];
}

function take(turns: Said[], turn: JsonObject, pointer: string): void {
  if (turn['role'] === 'assistant') turns.push({ role: 'assistant', content: assistantBlocks(turn, pointer) });
  else if (turn['role'] === 'tool') answerOf(turns).push(toolResult(turn, pointer));
  else if (turn['role'] === 'user') {
    carry(turn, SYSTEM_MEMBERS, { to: {}, pointer });
    const blocks = userBlocks(turn['content'] ?? '', `${pointer}/content`);
    // Anthropic refuses a turn without content.
    if (blocks.length === 0) throw untranslatable(`${pointer}/content`);
    // What follows results belongs to the same turn: Anthropic wants all results at the beginning of the turn behind the calls.
    const last = turns.at(-1);
    if (last?.role === 'user') last.content.push(...blocks);
    else turns.push({ role: 'user', content: blocks });
  } else throw untranslatable(`${pointer}/role`);
}

/** The turn in which results stand: the one that is open for them, or a new one. */
function answerOf(turns: Said[]): JsonObject[] {
  const last = turns.at(-1);
  if (last?.role === 'user' && last.content.every((block) => block['type'] === 'tool_result')) return last.content;
  const content: JsonObject[] = [];
  turns.push({ role: 'user', content });
  return content;
}

function toolResult(turn: JsonObject, pointer: string): JsonObject {
  carry(turn, TOOL_MEMBERS, { to: {}, pointer });
  const id = turn['tool_call_id'];
  if (typeof id !== 'string') throw untranslatable(`${pointer}/tool_call_id`);
  const content = turn['content'] ?? '';
  const said = typeof content === 'string' ? content : textBlocks(content, `${pointer}/content`);
  return { type: 'tool_result', tool_use_id: carriedId(id), content: said };
}

const ASSISTANT_MEMBERS = carriers({
  role: elsewhere,
  content: elsewhere,
  refusal: elsewhere,
  tool_calls: elsewhere,
  annotations: onlyEmpty,
  // Reasoning is sealed by the provider that wrote it; no other reads it.
  reasoning: drop,
  reasoning_content: drop,
});

function assistantBlocks(turn: JsonObject, pointer: string): JsonObject[] {
  carry(turn, ASSISTANT_MEMBERS, { to: {}, pointer });
  const calls = Array.isArray(turn['tool_calls']) ? turn['tool_calls'] : [];
  const refusal = turn['refusal'];
  const blocks = [
    ...textBlocks(turn['content'] ?? '', `${pointer}/content`),
    ...(typeof refusal === 'string' && refusal !== '' ? [{ type: 'text', text: refusal }] : []),
    ...calls.map((call, at) => toolUse(call, `${pointer}/tool_calls/${at}`)),
  ];
  if (blocks.length === 0) throw untranslatable(`${pointer}/content`);
  return blocks;
}

function toolUse(call: Json, pointer: string): JsonObject {
  const wanted = isObject(call) ? call['function'] : undefined;
  if (!isObject(call) || !isObject(wanted) || typeof call['id'] !== 'string') throw untranslatable(pointer);
  const input = argumentsOf(wanted['arguments']);
  if (input === undefined) throw untranslatable(`${pointer}/function/arguments`);
  return { type: 'tool_use', id: carriedId(call['id']), name: wanted['name'] ?? '', input };
}

/** Arguments as an object, if they are one and mean one thing only; no arguments are an empty one. */
export function argumentsOf(text: unknown): JsonObject | undefined {
  if (text === undefined || text === null || (typeof text === 'string' && text.trim() === '')) return {};
  if (typeof text !== 'string') return undefined;
  const parsed = parseStrictJson(text, JSON_LIMITS);
  return parsed.ok && isObject(parsed.value) ? parsed.value : undefined;
}

function textBlocks(content: Json, pointer: string): JsonObject[] {
  return blocksOf(content, pointer, (part, at) => {
    if (part['type'] === 'text') return textOf(part, at);
    if (part['type'] === 'refusal') return { type: 'text', text: part['refusal'] ?? '' };
    throw untranslatable(`${at}/type`);
  });
}

function userBlocks(content: Json, pointer: string): JsonObject[] {
  return blocksOf(content, pointer, (part, at) => {
    if (part['type'] === 'text') return textOf(part, at);
    if (part['type'] === 'image_url') return imageOf(part, at);
    throw untranslatable(`${at}/type`);
  });
}

/** Without empty texts: they say nothing, and Anthropic refuses them. */
function blocksOf(content: Json, pointer: string, toBlock: (part: JsonObject, pointer: string) => JsonObject): JsonObject[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }];
  if (!Array.isArray(content)) throw untranslatable(pointer);
  const blocks = content.map((part, at) => {
    if (!isObject(part)) throw untranslatable(`${pointer}/${at}`);
    return toBlock(part, `${pointer}/${at}`);
  });
  return blocks.filter((block) => block['type'] !== 'text' || block['text'] !== '');
}

/** OpenAI's mark for its cache stands where Anthropic's would, but does not say for how long in the same words. */
const TEXT_MEMBERS = carriers({ type: elsewhere, text: elsewhere });
const IMAGE_MEMBERS = carriers({ type: elsewhere, image_url: elsewhere });
const IMAGE_URL_MEMBERS = carriers({
  url: elsewhere,
  // Anthropic looks at all of a picture.
  detail: only('auto', 'high'),
});

function textOf(part: JsonObject, pointer: string): JsonObject {
  carry(part, TEXT_MEMBERS, { to: {}, pointer });
  return { type: 'text', text: part['text'] ?? '' };
}

/** RFC 2397, as clients write it. */
const DATA_URL = /^data:(image\/[a-z+.-]{1,32});base64,/;

function imageOf(part: JsonObject, pointer: string): JsonObject {
  carry(part, IMAGE_MEMBERS, { to: {}, pointer });
  const image = part['image_url'];
  if (!isObject(image) || typeof image['url'] !== 'string') throw untranslatable(`${pointer}/image_url`);
  carry(image, IMAGE_URL_MEMBERS, { to: {}, pointer: `${pointer}/image_url` });
  const { url } = image;
  const [head, type] = DATA_URL.exec(url) ?? [];
  if (head !== undefined && type !== undefined)
    return { type: 'image', source: { type: 'base64', media_type: type, data: url.slice(head.length) } };
  if (!/^https?:\/\//.test(url)) throw untranslatable(`${pointer}/image_url/url`);
  return { type: 'image', source: { type: 'url', url } };
}
