// Answers as Anthropic writes them, for scripted upstreams.
import type { JsonObject } from '../../src/core/types.ts';

export const event = (body: JsonObject): string => `event: ${body['type'] as string}\ndata: ${JSON.stringify(body)}\n\n`;

export const anthropicAnswer = (content: readonly JsonObject[], stopReason = 'end_turn'): JsonObject => ({
  id: 'msg_01abc',
  type: 'message',
  role: 'assistant',
  model: 'claude-test',
  content: [...content],
  stop_reason: stopReason,
  stop_sequence: null,
  usage: { input_tokens: 9, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 7, service_tier: 'standard' },
});

export const textBlock = (text: string): JsonObject => ({ type: 'text', text, citations: null });
export const thinkingBlock = (thinking: string): JsonObject => ({ type: 'thinking', thinking, signature: 'c2lnbmF0dXJlLW9mLXRoaW5raW5n' });
export const toolUseBlock = (id: string, name: string, input: JsonObject): JsonObject => ({ type: 'tool_use', id, name, input });

/** Opens a streamed message. */
export const messageStart = (): string =>
  event({
    type: 'message_start',
    message: { ...anthropicAnswer([]), stop_reason: null, usage: { input_tokens: 9, output_tokens: 1 } },
  });

export const messageEnd = (stopReason = 'end_turn'): string[] => [
  event({ type: 'message_delta', delta: { stop_reason: stopReason, stop_sequence: null }, usage: { output_tokens: 7 } }),
  event({ type: 'message_stop' }),
];

/** The events of one block whose text comes in pieces. */
export function blockEvents(block: JsonObject, index: number, piecesEach = 3): string[] {
  const bodies: JsonObject[] = [];
  const start = (content_block: JsonObject): void => void bodies.push({ type: 'content_block_start', index, content_block });
  const delta = (body: JsonObject): void => void bodies.push({ type: 'content_block_delta', index, delta: body });
  if (block['type'] === 'text') {
    start({ type: 'text', text: '' });
    for (const text of piecesOf(block['text'] as string, piecesEach)) delta({ type: 'text_delta', text });
  } else if (block['type'] === 'thinking') {
    start({ type: 'thinking', thinking: '', signature: '' });
    for (const thinking of piecesOf(block['thinking'] as string, piecesEach)) delta({ type: 'thinking_delta', thinking });
    delta({ type: 'signature_delta', signature: block['signature'] ?? '' });
  } else {
    start({ ...block, input: {} });
    for (const partial_json of piecesOf(JSON.stringify(block['input']), piecesEach)) delta({ type: 'input_json_delta', partial_json });
  }
  return [...bodies.map(event), event({ type: 'content_block_stop', index })];
}

export const anthropicStream = (blocks: readonly JsonObject[], stopReason = 'end_turn'): string[] => [
  messageStart(),
  event({ type: 'ping' }),
  ...blocks.flatMap((block, index) => blockEvents(block, index)),
  ...messageEnd(stopReason),
];

function piecesOf(text: string, count: number): string[] {
  const size = Math.max(1, Math.ceil(text.length / count));
  return Array.from({ length: Math.ceil(text.length / size) }, (_, at) => text.slice(at * size, (at + 1) * size));
}

export const anthropicErrorBody = (type: string, message: string): JsonObject => ({ type: 'error', error: { type, message } });
