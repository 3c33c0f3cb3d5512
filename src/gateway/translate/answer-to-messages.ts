// A judged chat completion of OpenAI as a message of Anthropic.
import type { Json, JsonObject } from '../../core/types.ts';
import { gatewayFault } from '../faults.ts';
import { openaiUsage } from '../formats/openai-usage.ts';
import { asNumber, isObject } from '../wire/json-shape.ts';
import { argumentsOf } from './chat-turns.ts';
import { toStopReason } from './stop-reasons.ts';

/** Throws `upstream_invalid` for calls whose arguments are no object: Anthropic's clients take nothing else. */
export function answerToMessages(answer: JsonObject): JsonObject {
  const choice = Array.isArray(answer['choices']) ? answer['choices'].find(isObject) : undefined;
  const message = isObject(choice?.['message']) ? choice['message'] : {};
  const refusal = textIn(message, 'refusal');
  const content = [
    ...blockOf('thinking', textIn(message, 'reasoning_content') || textIn(message, 'reasoning')),
    ...blockOf('text', textIn(message, 'content')),
    ...blockOf('text', refusal),
    ...callsOf(message).map(toUse),
  ];
  return {
    id: answer['id'] ?? '',
    type: 'message',
    role: 'assistant',
    model: answer['model'] ?? '',
    content,
    stop_reason: refusal === '' ? toStopReason(choice?.['finish_reason']) : 'refusal',
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

function toUse(call: JsonObject): Json {
  const wanted = isObject(call['function']) ? call['function'] : {};
  const input = argumentsOf(wanted['arguments']);
  if (input === undefined) throw gatewayFault('upstream_invalid', { what: 'the arguments of a tool call are not a JSON object' });
  return { type: 'tool_use', id: call['id'] ?? '', name: wanted['name'] ?? '', input };
}

/** Absent where the upstream did not count: the bound is charged then, and no zero stands for it. */
function messagesUsage(usage: Json | undefined): JsonObject {
  const counted = openaiUsage(usage);
  if (counted === undefined || !isObject(usage)) return {};
  const details = usage['prompt_tokens_details'];
  const cached = Math.min(isObject(details) ? (asNumber(details['cached_tokens']) ?? 0) : 0, counted.inputTokens);
  return {
    usage: {
      input_tokens: counted.inputTokens - cached,
      cache_read_input_tokens: cached,
      cache_creation_input_tokens: 0,
      output_tokens: counted.outputTokens,
    },
  };
}
