// A judged chat completion of OpenAI as a message of Anthropic.
import type { Json, JsonObject } from '../../core/types.ts';
import { gatewayFault } from '../faults.ts';
import { openaiUsage } from '../formats/openai-usage.ts';
import type { Usage } from '../wire/format.ts';
import { isObject } from '../wire/json-shape.ts';
import { argumentsOf } from './chat-turns.ts';
import { toStopReason, withCalls } from './stop-reasons.ts';

/** Throws `upstream_invalid` for calls whose arguments are no object: Anthropic's clients take nothing else. */
export function answerToMessages(answer: JsonObject): JsonObject {
  const choice = Array.isArray(answer['choices']) ? answer['choices'].find(isObject) : undefined;
  const message = isObject(choice?.['message']) ? choice['message'] : {};
  const refusal = textIn(message, 'refusal');
  const stopReason = refusal === '' ? toStopReason(choice?.['finish_reason']) : 'refusal';
  const uses = callsOf(message).flatMap((call) => toUse(call, stopReason));
  const content = [
    ...blockOf('thinking', textIn(message, 'reasoning_content') || textIn(message, 'reasoning')),
    ...blockOf('text', textIn(message, 'content')),
    ...blockOf('text', refusal),
    ...uses,
  ];
  return {
    id: answer['id'] ?? '',
    type: 'message',
    role: 'assistant',
    model: answer['model'] ?? '',
    content,
    stop_reason: uses.length > 0 ? withCalls(stopReason) : stopReason,
    stop_sequence: null,
    ...messagesUsage(answer['usage']),
  };
}

const textIn = (message: JsonObject, member: string): string => {
  const text = message[member];
  return typeof text === 'string' ? text : '';
};

const callsOf = (message: JsonObject): readonly JsonObject[] =>
  Array.isArray(message['tool_calls']) ? message['tool_calls'].filter(isObject) : [];

function blockOf(type: 'thinking' | 'text', text: string): Json[] {
  if (text === '') return [];
  return [type === 'text' ? { type, text } : { type, thinking: text, signature: '' }];
}

/** None for a call that the cap of tokens cut off: nobody could carry it out, and the reason of the end says what happened. */
function toUse(call: JsonObject, stopReason: string): Json[] {
  const wanted = isObject(call['function']) ? call['function'] : {};
  const input = argumentsOf(wanted['arguments']);
  if (input === undefined && stopReason === 'max_tokens') return [];
  if (input === undefined) throw gatewayFault('upstream_invalid', { what: 'the arguments of a tool call are not a JSON object' });
  return [{ type: 'tool_use', id: call['id'] ?? '', name: wanted['name'] ?? '', input }];
}

/** Absent where the upstream did not count: the bound is charged then, and no zero stands for it. */
function messagesUsage(usage: Json | undefined): JsonObject {
  const counted = openaiUsage(usage);
  if (counted === undefined) return {};
  return { usage: toMessagesUsage(counted) };
}

/** Cached input stands apart at Anthropic's, and among the rest at OpenAI's. */
export function toMessagesUsage({ inputTokens, outputTokens, cachedTokens = 0 }: Usage): JsonObject {
  const cached = Math.min(cachedTokens, inputTokens);
  return {
    input_tokens: inputTokens - cached,
    cache_read_input_tokens: cached,
    cache_creation_input_tokens: 0,
    output_tokens: outputTokens,
  };
}
