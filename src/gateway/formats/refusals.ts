// An answer that says no in the model's voice, for routes with `blockAs: refusal`: whole, and as the stream that the same client reads.
import type { JsonObject } from '../../core/types.ts';
import type { RefusalSaid, RefusalVoice } from '../wire/format.ts';
import { isObject } from '../wire/json-shape.ts';
import { sse } from './openai-event.ts';

const SECOND_MS = 1_000;

const named = (name: string, body: JsonObject): string => `event: ${name}\ndata: ${JSON.stringify({ type: name, ...body })}\n\n`;
const inSeconds = ({ atMs }: RefusalSaid): number => Math.floor(atMs / SECOND_MS);

/** The first member of a list that the answer holds. */
const firstOf = (answer: JsonObject, member: string): JsonObject => {
  const list = answer[member];
  const first = Array.isArray(list) ? list[0] : undefined;
  return isObject(first) ? first : {};
};

/** https://platform.openai.com/docs/api-reference/chat-streaming */
export const chatRefusal: RefusalVoice = {
  answer: (body, said) => ({
    id: `chatcmpl-${said.id}`,
    object: 'chat.completion',
    created: inSeconds(said),
    model: String(body['model']),
    choices: [{ index: 0, message: { role: 'assistant', content: null, refusal: said.words }, logprobs: null, finish_reason: 'stop' }],
    usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 },
  }),
  events(answer, wantsUsage) {
    const { choices: _, usage, ...head } = answer;
    const { message } = firstOf(answer, 'choices');
    const frame = { ...head, object: 'chat.completion.chunk' };
    const chunk = (delta: JsonObject, finish: string | null): string =>
      sse({ ...frame, choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }] });
    const accounts = wantsUsage ? sse({ ...frame, choices: [], usage: usage ?? null }) : '';
    return `${chunk(isObject(message) ? message : {}, null)}${chunk({}, 'stop')}${accounts}data: [DONE]\n\n`;
  },
};

/** https://docs.anthropic.com/en/docs/test-and-evaluate/strengthen-guardrails/handle-streaming-refusals */
export const messagesRefusal: RefusalVoice = {
  answer: (body, { id, words }) => ({
    id: `msg_${id}`,
    type: 'message',
    role: 'assistant',
    model: String(body['model']),
    content: [{ type: 'text', text: words }],
    stop_reason: 'refusal',
    stop_sequence: null,
    usage: { input_tokens: 0, output_tokens: 0 },
  }),
  events(answer) {
    const { stop_reason: reason, stop_sequence: sequence, ...head } = answer;
    const { text } = firstOf(answer, 'content');
    return [
      named('message_start', { message: { ...head, content: [], stop_reason: null, stop_sequence: null } }),
      named('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
      named('content_block_delta', { index: 0, delta: { type: 'text_delta', text: text ?? '' } }),
      named('content_block_stop', { index: 0 }),
      named('message_delta', { delta: { stop_reason: reason ?? null, stop_sequence: sequence ?? null }, usage: { output_tokens: 0 } }),
      named('message_stop', {}),
    ].join('');
  },
};

/** https://platform.openai.com/docs/api-reference/responses-streaming */
export const responsesRefusal: RefusalVoice = {
  answer: (body, said) => ({
    id: `resp_${said.id}`,
    object: 'response',
    created_at: inSeconds(said),
    model: String(body['model']),
    status: 'completed',
    error: null,
    incomplete_details: null,
    parallel_tool_calls: true,
    tool_choice: 'auto',
    tools: [],
    output: [
      {
        type: 'message',
        id: `msg_${said.id}`,
        role: 'assistant',
        status: 'completed',
        content: [{ type: 'refusal', refusal: said.words }],
      },
    ],
    usage: {
      input_tokens: 0,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: 0,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: 0,
    },
  }),
  events(answer) {
    const item = firstOf(answer, 'output');
    const part = firstOf(item, 'content');
    const opened = { ...answer, status: 'in_progress', output: [], usage: null };
    const place = { item_id: item['id'] ?? '', output_index: 0, content_index: 0 };
    const steps: readonly (readonly [string, JsonObject])[] = [
      ['response.created', { response: opened }],
      ['response.in_progress', { response: opened }],
      ['response.output_item.added', { output_index: 0, item: { ...item, status: 'in_progress', content: [] } }],
      ['response.content_part.added', { ...place, part: { type: 'refusal', refusal: '' } }],
      ['response.refusal.delta', { ...place, delta: part['refusal'] ?? '' }],
      ['response.refusal.done', { ...place, refusal: part['refusal'] ?? '' }],
      ['response.content_part.done', { ...place, part }],
      ['response.output_item.done', { output_index: 0, item }],
      ['response.completed', { response: answer }],
    ];
    return steps.map(([name, body], at) => named(name, { sequence_number: at, ...body })).join('');
  },
};
