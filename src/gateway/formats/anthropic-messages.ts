// Anthropic messages and count_tokens: https://docs.anthropic.com/en/api/messages
import type { WireFormat } from '../wire/format.ts';
import { asCap } from '../wire/json-shape.ts';
import {
  boolean,
  either,
  free,
  label,
  list,
  media,
  number,
  object,
  refused,
  seal,
  spoken,
  tagged,
  text,
  word,
  type Shape,
} from '../wire/shape.ts';
import { anthropicError } from './anthropic-errors.ts';
import { AnthropicStream } from './anthropic-stream.ts';
import { anthropicUsage } from './anthropic-usage.ts';
import { messagesRefusal } from './refusals.ts';

const cacheControl = object({ type: word('ephemeral'), ttl: word('5m', '1h') });
const textFields = { type: word('text'), text: text(), cache_control: cacheControl, citations: free('annotations') };
const textBlock = object(textFields, { required: ['text'] });

const image = object({ type: word('image'), source: media('image'), cache_control: cacheControl, transformations: free('settings') });

const documentSource = tagged('type', {
  text: object({ type: word('text'), media_type: label, data: text() }),
  content: object({ type: word('content'), content: either({ string: text(), list: list(tagged('type', { text: textBlock, image })) }) }),
  base64: media('file'),
  url: refused('opaque_reference'),
  file: refused('opaque_reference'),
});

// Documents and search results are what somebody else wrote, wherever they stand.
const document = object(
  {
    type: word('document'),
    source: documentSource,
    title: text(),
    context: text(),
    cache_control: cacheControl,
    citations: free('settings'),
  },
  { turn: 'retrieved' },
);
const searchResult = object(
  {
    type: word('search_result'),
    source: text(),
    title: text(),
    content: list(textBlock),
    cache_control: cacheControl,
    citations: free('settings'),
  },
  { turn: 'retrieved' },
);

const toolResult = object(
  {
    type: word('tool_result'),
    tool_use_id: text('id'),
    toolset_name: text('name'),
    is_error: boolean,
    cache_control: cacheControl,
    content: either({ string: text(), list: list(tagged('type', { text: textBlock, image, document, search_result: searchResult })) }),
  },
  { turn: 'tool' },
);

const toolUse = object({
  type: word('tool_use'),
  id: text('id'),
  name: text('name'),
  toolset_name: text('name'),
  input: free('tool_arguments'),
  cache_control: cacheControl,
  caller: free('settings'),
});

const block = tagged('type', {
  text: textBlock,
  image,
  document,
  search_result: searchResult,
  tool_use: toolUse,
  tool_result: toolResult,
  thinking: object({ type: word('thinking'), thinking: text('reasoning'), signature: seal }),
  redacted_thinking: refused('opaque_reference'),
});

const content = either({ string: text(), list: list(block) });

const messages = list(
  tagged('role', {
    user: object({ role: label, content }, { turn: 'user' }),
    assistant: object({ role: label, content }, { turn: 'model' }),
  }),
);

const tool = object(
  {
    type: word('custom'),
    name: text('name'),
    description: text('tool_definition'),
    input_schema: free('tool_definition'),
    input_examples: free('tool_definition'),
    strict: boolean,
    defer_loading: boolean,
    eager_input_streaming: boolean,
    allowed_callers: list(label),
    cache_control: cacheControl,
  },
  { turn: 'operator' },
);

const system = spoken('operator', either({ string: text(), list: list(textBlock) }));

const shared: Readonly<Record<string, Shape>> = {
  model: text('model'),
  messages,
  system,
  tools: list(tagged('type', { '': tool, custom: tool }, 'provider_hosted_tool')),
  tool_choice: object({ type: label, name: text('name'), disable_parallel_tool_use: boolean }),
  thinking: object({ type: label, budget_tokens: number, display: label }),
  output_config: object({ effort: label, format: free('tool_definition') }),
  cache_control: cacheControl,
  speed: label,
  mcp_servers: refused('provider_hosted_tool'),
  container: refused('opaque_reference'),
  // A conversation that the provider keeps: what it says later, no guard here has seen.
  thread: refused('opaque_reference'),
};

const request = object(
  {
    ...shared,
    max_tokens: number,
    metadata: object({ user_id: text('metadata') }),
    stop_sequences: list(text('settings')),
    stream: boolean,
    temperature: number,
    top_p: number,
    top_k: number,
    service_tier: label,
    inference_geo: label,
  },
  { required: ['model', 'messages', 'max_tokens'] },
);

export const usageShape = object({
  input_tokens: number,
  output_tokens: number,
  cache_creation_input_tokens: number,
  cache_read_input_tokens: number,
  cache_creation: object({ ephemeral_5m_input_tokens: number, ephemeral_1h_input_tokens: number }),
  output_tokens_details: object({ thinking_tokens: number }),
  service_tier: label,
  inference_geo: label,
  speed: label,
});

const response = object(
  {
    id: label,
    type: label,
    role: label,
    model: label,
    stop_reason: label,
    stop_sequence: text('content'),
    stop_details: object({ type: label, category: label, explanation: text('refusal') }),
    usage: usageShape,
    content: list(
      tagged('type', {
        text: object({ type: label, text: text(), citations: free('annotations') }, { turn: 'model' }),
        thinking: object({ type: label, thinking: text('reasoning'), signature: seal }, { turn: 'model' }),
        tool_use: object(
          { type: label, id: text('id'), name: text('name'), input: free('tool_arguments'), toolset_name: text('name') },
          { turn: 'model' },
        ),
      }),
    ),
  },
  { required: ['content'] },
);

export const anthropicMessages: WireFormat = {
  id: 'anthropic-messages',
  path: '/messages',
  provider: 'anthropic',
  request,
  response,
  demand: (body) => ({ outputTokensMax: asCap(body['max_tokens']), choices: 1 }),
  // The cap is a required member here, and usage always comes.
  prepare() {},
  usage: (answer) => anthropicUsage(answer['usage']),
  instruct(body, addition) {
    const own = body['system'];
    if (typeof own === 'string' && own !== '') body['system'] = `${own}\n\n${addition}`;
    else if (Array.isArray(own)) own.push({ type: 'text', text: addition });
    else body['system'] = addition;
  },
  error: anthropicError,
  refusal: messagesRefusal,
  stream: (options) => new AnthropicStream(options),
};

export const anthropicCountTokens: WireFormat = {
  id: 'anthropic-count-tokens',
  path: '/messages/count_tokens',
  provider: 'anthropic',
  request: object(shared, { required: ['model', 'messages'] }),
  response: object({ input_tokens: number, context_management: refused('unsupported_part') }, { required: ['input_tokens'] }),
  demand: () => ({ outputTokensMax: 0, choices: 1 }),
  prepare() {},
  // Counting is free at the provider, and settled as such.
  usage: () => ({ inputTokens: 0, outputTokens: 0 }),
  instruct() {},
  error: anthropicError,
};
