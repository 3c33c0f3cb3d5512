// Answers as OpenAI's endpoints write them, for scripted upstreams.
import type { Json, JsonObject } from '../../src/core/types.ts';

export const sse = (body: Json): string => `data: ${JSON.stringify(body)}\n\n`;
export const DONE = 'data: [DONE]\n\n';
const named = (body: JsonObject): string => `event: ${body['type'] as string}\ndata: ${JSON.stringify(body)}\n\n`;

const CHAT = { id: 'chatcmpl-abc123', created: 1_760_000_000, model: 'gpt-test', system_fingerprint: 'fp_1' } as const;
const CHAT_USAGE = { prompt_tokens: 9, completion_tokens: 7, total_tokens: 16 } as const;

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
}

export function chatAnswer(message: {
  readonly content?: string | null;
  readonly calls?: readonly ToolCall[];
  readonly refusal?: string;
}): JsonObject {
  const calls = message.calls?.map(({ id, name, arguments: text }) => ({ id, type: 'function', function: { name, arguments: text } }));
  return {
    ...CHAT,
    object: 'chat.completion',
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: message.content ?? null,
          refusal: message.refusal ?? null,
          ...(calls === undefined ? {} : { tool_calls: calls }),
        },
        logprobs: null,
        finish_reason: calls === undefined ? 'stop' : 'tool_calls',
      },
    ],
    usage: { ...CHAT_USAGE },
  };
}

/** A chunk of a chat stream with one delta of one choice. */
export const chatChunk = (delta: JsonObject, finish: string | null = null, index = 0): string =>
  sse({ ...CHAT, object: 'chat.completion.chunk', choices: [{ index, delta, logprobs: null, finish_reason: finish }] });

export const chatUsage = (usage: JsonObject = { ...CHAT_USAGE }): string =>
  sse({ ...CHAT, object: 'chat.completion.chunk', choices: [], usage });

/** A whole chat stream: an opening, the given pieces, an end with usage. */
export const chatStream = (pieces: readonly string[]): string[] => [
  chatChunk({ role: 'assistant', content: '' }),
  ...pieces.map((content) => chatChunk({ content })),
  chatChunk({}, 'stop'),
  chatUsage(),
  DONE,
];

/** A streamed tool call whose arguments come in pieces. */
export const chatCallStream = (call: ToolCall, pieces: readonly string[]): string[] => [
  chatChunk({
    role: 'assistant',
    content: null,
    tool_calls: [{ index: 0, id: call.id, type: 'function', function: { name: call.name, arguments: '' } }],
  }),
  ...pieces.map((piece) => chatChunk({ tool_calls: [{ index: 0, function: { arguments: piece } }] })),
  chatChunk({}, 'tool_calls'),
  chatUsage(),
  DONE,
];

const RESPONSE_USAGE = {
  input_tokens: 9,
  input_tokens_details: { cached_tokens: 0 },
  output_tokens: 7,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: 16,
} as const;

export function responseAnswer(output: readonly JsonObject[], more: JsonObject = {}): JsonObject {
  return {
    id: 'resp_abc123',
    object: 'response',
    created_at: 1_760_000_000,
    status: 'completed',
    background: false,
    error: null,
    incomplete_details: null,
    instructions: null,
    max_output_tokens: null,
    model: 'gpt-test',
    output: [...output],
    parallel_tool_calls: true,
    previous_response_id: null,
    reasoning: { effort: null, summary: null },
    service_tier: 'default',
    store: false,
    temperature: 1,
    text: { format: { type: 'text' } },
    tool_choice: 'auto',
    tools: [],
    top_p: 1,
    truncation: 'disabled',
    usage: { ...RESPONSE_USAGE },
    user: null,
    metadata: {},
    ...more,
  };
}

export const messageItem = (text: string, id = 'msg_1'): JsonObject => ({
  type: 'message',
  id,
  status: 'completed',
  role: 'assistant',
  content: [{ type: 'output_text', text, annotations: [], logprobs: [] }],
});

export const callItem = (call: ToolCall, id = 'fc_1'): JsonObject => ({
  type: 'function_call',
  id,
  status: 'completed',
  call_id: call.id,
  name: call.name,
  arguments: call.arguments,
});

export const reasoningItem = (summary: string, id = 'rs_1'): JsonObject => ({
  type: 'reasoning',
  id,
  summary: [{ type: 'summary_text', text: summary }],
});

/** The events with which OpenAI streams the items; texts are cut into the given number of pieces. */
export function responseStream(output: readonly JsonObject[], piecesEach = 3): string[] {
  const events: JsonObject[] = [
    { type: 'response.created', response: responseAnswer([], { status: 'in_progress', usage: null }) },
    { type: 'response.in_progress', response: responseAnswer([], { status: 'in_progress', usage: null }) },
  ];
  for (const [index, item] of output.entries()) events.push(...itemEvents(item, index, piecesEach));
  events.push({ type: 'response.completed', response: responseAnswer(output) });
  return events.map((event, sequence) => named({ ...event, sequence_number: sequence }));
}

function itemEvents(item: JsonObject, index: number, piecesEach: number): JsonObject[] {
  const at = { item_id: item['id'] as string, output_index: index };
  const parts = {
    message: ['content', 'content_part', 'output_text'],
    reasoning: ['summary', 'reasoning_summary_part', 'reasoning_summary_text'],
  };
  if (item['type'] === 'function_call') {
    const text = item['arguments'] as string;
    return [
      { type: 'response.output_item.added', output_index: index, item: { ...item, arguments: '', status: 'in_progress' } },
      ...piecesOf(text, piecesEach).map((delta) => ({ type: 'response.function_call_arguments.delta', ...at, delta })),
      { type: 'response.function_call_arguments.done', ...at, arguments: text },
      { type: 'response.output_item.done', output_index: index, item },
    ];
  }
  const [list = '', part = '', stem = ''] = parts[item['type'] === 'reasoning' ? 'reasoning' : 'message'];
  const inner = (item[list] as JsonObject[]).flatMap((raw, place) => {
    const where = { ...at, [list === 'content' ? 'content_index' : 'summary_index']: place };
    const text = raw['text'] as string;
    return [
      { type: `response.${part}.added`, ...where, part: { ...raw, text: '' } },
      ...piecesOf(text, piecesEach).map((delta) => ({ type: `response.${stem}.delta`, ...where, delta })),
      { type: `response.${stem}.done`, ...where, text },
      { type: `response.${part}.done`, ...where, part: raw },
    ];
  });
  return [
    { type: 'response.output_item.added', output_index: index, item: { ...item, [list]: [], status: 'in_progress' } },
    ...inner,
    { type: 'response.output_item.done', output_index: index, item },
  ];
}

function piecesOf(text: string, count: number): string[] {
  const size = Math.max(1, Math.ceil(text.length / count));
  return Array.from({ length: Math.ceil(text.length / size) }, (_, at) => text.slice(at * size, (at + 1) * size));
}

export const completionAnswer = (text: string): JsonObject => ({
  id: 'cmpl-abc123',
  object: 'text_completion',
  created: 1_760_000_000,
  model: 'gpt-test',
  choices: [{ index: 0, text, logprobs: null, finish_reason: 'stop' }],
  usage: { ...CHAT_USAGE },
});

export const completionChunk = (text: string, finish: string | null = null, index = 0): string =>
  sse({
    id: 'cmpl-abc123',
    object: 'text_completion',
    created: 1_760_000_000,
    model: 'gpt-test',
    choices: [{ index, text, logprobs: null, finish_reason: finish }],
  });

export const openaiErrorBody = (message: string, code: string | null = null): JsonObject => ({
  error: { message, type: 'invalid_request_error', param: null, code },
});
