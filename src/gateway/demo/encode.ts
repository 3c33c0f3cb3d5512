// The demonstration's replies in the words of each wire format.
import type { Json, JsonObject } from '../../core/types.ts';
import type { Reply } from './script.ts';

export interface Encoded {
  /** Whole answers: one JSON text. Streams: one text an event. */
  readonly events: readonly string[];
  readonly isStream: boolean;
}

export interface Asking {
  readonly path: string;
  readonly model: string;
  readonly isStream: boolean;
  readonly inputs: number;
}

const CREATED = 1_767_225_600;
const data = (value: Json): string => `data: ${JSON.stringify(value)}\n\n`;
const named = (event: string, value: JsonObject): string => `event: ${event}\n${data({ type: event, ...value })}`;

/** Encodes a reply of status 200. */
export function encode(reply: Reply, asking: Asking): Encoded {
  const build = ENCODERS[asking.path] ?? chat;
  return { isStream: asking.isStream, events: build(reply, asking) };
}

type Encoder = (reply: Reply, asking: Asking) => readonly string[];

const textOf = (reply: Reply): string => reply.pieces.join('');
const openaiUsage = (reply: Reply) => ({
  prompt_tokens: 12,
  completion_tokens: reply.pieces.length + 1,
  total_tokens: 13 + reply.pieces.length,
});

const chat: Encoder = (reply, { model, isStream }) => {
  const call = reply.toolCall;
  const finish = call === undefined ? 'stop' : 'tool_calls';
  const frame = { id: 'chatcmpl-demo', created: CREATED, model };
  if (!isStream) {
    const message =
      call === undefined
        ? { role: 'assistant', content: textOf(reply), refusal: null }
        : { role: 'assistant', content: null, refusal: null, tool_calls: [{ id: 'call_demo', type: 'function', function: { ...call } }] };
    return [
      JSON.stringify({
        ...frame,
        object: 'chat.completion',
        choices: [{ index: 0, message, finish_reason: finish }],
        usage: openaiUsage(reply),
      }),
    ];
  }
  const chunk = (delta: JsonObject, end: string | null = null): string =>
    data({ ...frame, object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason: end }] });
  const said =
    call === undefined
      ? reply.pieces.map((content) => chunk({ content }))
      : [
          chunk({ tool_calls: [{ index: 0, id: 'call_demo', type: 'function', function: { name: call.name, arguments: '' } }] }),
          ...(call.arguments.match(/.{1,8}/g) ?? []).map((part) => chunk({ tool_calls: [{ index: 0, function: { arguments: part } }] })),
        ];
  const usage = data({ ...frame, object: 'chat.completion.chunk', choices: [], usage: openaiUsage(reply) });
  return [chunk({ role: 'assistant', content: '' }), ...said, chunk({}, finish), usage, 'data: [DONE]\n\n'];
};

const completions: Encoder = (reply, { model, isStream }) => {
  const frame = { id: 'cmpl-demo', object: 'text_completion', created: CREATED, model };
  const piece = (text: string, end: string | null): JsonObject => ({
    ...frame,
    choices: [{ index: 0, text, logprobs: null, finish_reason: end }],
  });
  if (!isStream) return [JSON.stringify({ ...piece(textOf(reply), 'stop'), usage: openaiUsage(reply) })];
  return [
    ...reply.pieces.map((text) => data(piece(text, null))),
    data(piece('', 'stop')),
    data({ ...frame, choices: [], usage: openaiUsage(reply) }),
    'data: [DONE]\n\n',
  ];
};

const embeddings: Encoder = (_reply, { model, inputs }) => {
  const embedding = Array.from({ length: 16 }, (_, i) => Math.round(Math.sin(i + 1) * 1e4) / 1e4);
  const rows = Array.from({ length: inputs }, (_, index) => ({ object: 'embedding', index, embedding }));
  return [JSON.stringify({ object: 'list', model, data: rows, usage: { prompt_tokens: 8, total_tokens: 8 } })];
};

const messages: Encoder = (reply, { model, isStream }) => {
  const call = reply.toolCall;
  const block: JsonObject =
    call === undefined
      ? { type: 'text', text: textOf(reply) }
      : { type: 'tool_use', id: 'toolu_demo', name: call.name, input: JSON.parse(call.arguments) as Json };
  const stop = call === undefined ? 'end_turn' : 'tool_use';
  const frame = { id: 'msg_demo', type: 'message', role: 'assistant', model, stop_sequence: null };
  if (!isStream)
    return [
      JSON.stringify({
        ...frame,
        content: [block],
        stop_reason: stop,
        usage: { input_tokens: 12, output_tokens: reply.pieces.length + 1 },
      }),
    ];
  const opening: JsonObject = call === undefined ? { type: 'text', text: '' } : { ...block, input: {} };
  const deltas: JsonObject[] =
    call === undefined
      ? reply.pieces.map((text) => ({ type: 'text_delta', text }))
      : (call.arguments.match(/.{1,8}/g) ?? []).map((part) => ({ type: 'input_json_delta', partial_json: part }));
  return [
    named('message_start', { message: { ...frame, content: [], stop_reason: null, usage: { input_tokens: 12, output_tokens: 1 } } }),
    named('content_block_start', { index: 0, content_block: opening }),
    ...deltas.map((delta) => named('content_block_delta', { index: 0, delta })),
    named('content_block_stop', { index: 0 }),
    named('message_delta', { delta: { stop_reason: stop, stop_sequence: null }, usage: { output_tokens: reply.pieces.length + 1 } }),
    named('message_stop', {}),
  ];
};

const countTokens: Encoder = () => [JSON.stringify({ input_tokens: 12 })];

const responses: Encoder = (reply, { model, isStream }) => {
  const call = reply.toolCall;
  const item: JsonObject =
    call === undefined
      ? {
          type: 'message',
          id: 'msg_demo',
          role: 'assistant',
          status: 'completed',
          content: [{ type: 'output_text', text: textOf(reply), annotations: [] }],
        }
      : { type: 'function_call', id: 'fc_demo', call_id: 'call_demo', name: call.name, arguments: call.arguments, status: 'completed' };
  const usage = { input_tokens: 12, output_tokens: reply.pieces.length + 1, total_tokens: 13 + reply.pieces.length };
  const whole: JsonObject = { id: 'resp_demo', object: 'response', created_at: CREATED, model, status: 'completed', output: [item], usage };
  if (!isStream) return [JSON.stringify(whole)];
  let sequence = 0;
  const event = (name: string, value: JsonObject): string => named(name, { sequence_number: sequence++, ...value });
  const at = { item_id: String(item['id']), output_index: 0 };
  const started = { ...whole, status: 'in_progress', output: [], usage: null };
  const body =
    call === undefined
      ? [
          event('response.output_item.added', { output_index: 0, item: { ...item, status: 'in_progress', content: [] } }),
          event('response.content_part.added', { ...at, content_index: 0, part: { type: 'output_text', text: '', annotations: [] } }),
          ...reply.pieces.map((delta) => event('response.output_text.delta', { ...at, content_index: 0, delta })),
          event('response.output_text.done', { ...at, content_index: 0, text: textOf(reply) }),
          event('response.content_part.done', {
            ...at,
            content_index: 0,
            part: { type: 'output_text', text: textOf(reply), annotations: [] },
          }),
        ]
      : [
          event('response.output_item.added', { output_index: 0, item: { ...item, status: 'in_progress', arguments: '' } }),
          ...(call.arguments.match(/.{1,8}/g) ?? []).map((delta) => event('response.function_call_arguments.delta', { ...at, delta })),
          event('response.function_call_arguments.done', { ...at, arguments: call.arguments, name: call.name }),
        ];
  return [
    event('response.created', { response: started }),
    event('response.in_progress', { response: started }),
    ...body,
    event('response.output_item.done', { output_index: 0, item }),
    event('response.completed', { response: whole }),
  ];
};

const ENCODERS: Readonly<Record<string, Encoder>> = {
  '/v1/chat/completions': chat,
  '/v1/completions': completions,
  '/v1/embeddings': embeddings,
  '/v1/messages': messages,
  '/v1/messages/count_tokens': countTokens,
  '/v1/responses': responses,
};
