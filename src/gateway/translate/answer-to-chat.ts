// A judged answer of Anthropic as a chat completion of OpenAI.
import type { Json, JsonObject } from '../../core/types.ts';
import { anthropicUsage } from '../formats/anthropic-usage.ts';
import { asNumber, isObject } from '../wire/json-shape.ts';
import { toFinishReason } from './stop-reasons.ts';

/** Between two blocks of thinking, which were judged one by one. */
export const THINKING_BREAK = '\n\n';

/** Anthropic does not say when; OpenAI's clients read it as seconds. */
export const createdAt = (atMs: number): number => Math.floor(atMs / 1_000);

export function answerToChat(answer: JsonObject, atMs: number): JsonObject {
  const blocks = Array.isArray(answer['content']) ? answer['content'].filter(isObject) : [];
  const textsOf = (type: string, member: string): string[] =>
    blocks.filter((block) => block['type'] === type).map((block) => String(block[member] ?? ''));
  const text = textsOf('text', 'text').join('');
  const thinking = textsOf('thinking', 'thinking').join(THINKING_BREAK);
  const calls = blocks.filter((block) => block['type'] === 'tool_use').map(toCall);
  const message: JsonObject = { role: 'assistant', content: text === '' && calls.length > 0 ? null : text, refusal: refusalOf(answer) };
  if (thinking !== '') message['reasoning_content'] = thinking;
  if (calls.length > 0) message['tool_calls'] = calls;
  return {
    id: answer['id'] ?? '',
    object: 'chat.completion',
    created: createdAt(atMs),
    model: answer['model'] ?? '',
    choices: [{ index: 0, message, logprobs: null, finish_reason: toFinishReason(answer['stop_reason']) }],
    ...chatUsage(answer['usage']),
  };
}

function toCall(block: JsonObject): Json {
  const { id, name, input } = block;
  return { id: id ?? '', type: 'function', function: { name: name ?? '', arguments: JSON.stringify(input ?? {}) } };
}

function refusalOf(answer: JsonObject): Json {
  const details = answer['stop_details'];
  return answer['stop_reason'] === 'refusal' && isObject(details) ? (details['explanation'] ?? null) : null;
}

/** Absent where the upstream did not count: the bound is charged then, and no zero stands for it. */
export function chatUsage(usage: Json | undefined): JsonObject {
  const counted = anthropicUsage(usage);
  if (counted === undefined || !isObject(usage)) return {};
  const { inputTokens, outputTokens } = counted;
  return {
    usage: {
      prompt_tokens: inputTokens,
      completion_tokens: outputTokens,
      total_tokens: inputTokens + outputTokens,
      prompt_tokens_details: { cached_tokens: asNumber(usage['cache_read_input_tokens']) ?? 0 },
    },
  };
}
