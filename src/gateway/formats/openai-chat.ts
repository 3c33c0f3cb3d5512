// OpenAI chat completions: https://platform.openai.com/docs/api-reference/chat
import type { JsonObject, Origin } from '../../core/types.ts';
import type { Told, WireFormat } from '../wire/format.ts';
import { asCap, isObject } from '../wire/json-shape.ts';
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
  tagged,
  text,
  textOrTexts,
  word,
  type Shape,
} from '../wire/shape.ts';
import { bytesOf } from './logprob-queue.ts';
import { openaiChatStream } from './openai-chat-stream.ts';
import { openaiUsage } from './openai-usage.ts';
import { openaiError } from './openai-errors.ts';
import { chatRefusal } from './refusals.ts';

const breakpoint = object({ mode: label, ttl: label });

const textPart = object({ type: word('text'), text: text(), prompt_cache_breakpoint: breakpoint }, { required: ['text'] });

const part = tagged('type', {
  text: textPart,
  refusal: object({ type: word('refusal'), refusal: text('refusal') }),
  image_url: object({ type: word('image_url'), image_url: media('image'), prompt_cache_breakpoint: breakpoint }),
  input_audio: object({ type: word('input_audio'), input_audio: media('audio') }),
  file: object({ type: word('file'), file: media('file') }),
});

const content = either({ string: text(), list: list(part) });

const functionCall = object({ name: text('name'), arguments: text('tool_arguments') });

const toolCall = tagged('type', {
  function: object({ id: text('id'), type: word('function'), index: number, function: functionCall }),
  '': object({ id: text('id'), index: number, function: functionCall }),
  custom: object({ id: text('id'), type: word('custom'), custom: object({ name: text('name'), input: text('tool_arguments') }) }),
});

const turn = (origin: Origin, more: Readonly<Record<string, Shape>> = {}) =>
  object({ role: label, content, name: text('name'), ...more }, { turn: origin });

const assistant = turn('model', {
  refusal: text('refusal'),
  reasoning_content: text('reasoning'),
  reasoning: text('reasoning'),
  tool_calls: list(toolCall),
  function_call: functionCall,
  audio: refused('opaque_reference'),
  annotations: free('annotations'),
});

const messages = list(
  tagged('role', {
    system: turn('operator'),
    developer: turn('operator'),
    user: turn('user'),
    assistant,
    tool: turn('tool', { tool_call_id: text('id') }),
    function: turn('tool'),
  }),
);

const functionTool = object({
  name: text('name'),
  description: text('tool_definition'),
  parameters: free('tool_definition'),
  strict: boolean,
});

const tools = list(
  tagged(
    'type',
    {
      function: object({ type: word('function'), function: functionTool }, { turn: 'operator' }),
      custom: object({ type: word('custom'), custom: free('tool_definition') }, { turn: 'operator' }),
    },
    'provider_hosted_tool',
  ),
);

const responseFormat = tagged('type', {
  text: object({ type: word('text') }),
  json_object: object({ type: word('json_object') }),
  json_schema: object({ type: word('json_schema'), json_schema: free('tool_definition') }, { turn: 'operator' }),
});

/** Sampling members that OpenAI-compatible servers (vLLM, llama.cpp, Ollama, LM Studio) take beside OpenAI's own. */
export const SAMPLING: Readonly<Record<string, Shape>> = {
  temperature: number,
  top_p: number,
  top_k: number,
  min_p: number,
  seed: number,
  n: number,
  frequency_penalty: number,
  presence_penalty: number,
  repetition_penalty: number,
  max_tokens: number,
  logit_bias: free('settings'),
  stop: textOrTexts('settings'),
};

const STREAM_OPTIONS = object({ include_usage: boolean, include_obfuscation: boolean });

/** Members that many endpoints of OpenAI share. */
export const ACCOUNTING: Readonly<Record<string, Shape>> = {
  model: text('model'),
  user: text('metadata'),
  metadata: free('metadata'),
  safety_identifier: text('metadata'),
  service_tier: label,
  prompt_cache_key: text('metadata'),
  prompt_cache_retention: label,
  prompt_cache_options: free('metadata'),
  stream: boolean,
  stream_options: STREAM_OPTIONS,
  // Stored answers can be fetched later past every guard, so only an explicit `false` crosses.
  store: either({ boolean: word(false) }),
};

const request = object(
  {
    ...SAMPLING,
    ...ACCOUNTING,
    messages,
    tools,
    functions: list(
      object({ name: text('name'), description: text('tool_definition'), parameters: free('tool_definition') }, { turn: 'operator' }),
    ),
    tool_choice: either({ string: label, object: free('settings') }),
    function_call: either({ string: label, object: free('settings') }),
    parallel_tool_calls: boolean,
    response_format: responseFormat,
    logprobs: boolean,
    top_logprobs: number,
    max_completion_tokens: number,
    reasoning_effort: label,
    verbosity: label,
    modalities: list(word('text')),
    prediction: object({ type: word('content'), content: either({ string: text(), list: list(textPart) }) }, { turn: 'user' }),
    chat_template_kwargs: free('settings'),
    web_search_options: refused('provider_hosted_tool'),
    moderation: refused('unsupported_part'),
    audio: refused('unsupported_part'),
  },
  { required: ['model', 'messages'] },
);

export const usageShape = object({
  prompt_tokens: number,
  completion_tokens: number,
  total_tokens: number,
  prompt_tokens_details: object({ cached_tokens: number, audio_tokens: number }),
  completion_tokens_details: object({
    reasoning_tokens: number,
    audio_tokens: number,
    accepted_prediction_tokens: number,
    rejected_prediction_tokens: number,
  }),
});

const logprob: Shape = object({
  token: text('logprobs'),
  logprob: number,
  bytes: list(number),
  // Tokens that were not chosen stand nowhere in the text, so they are judged by themselves.
  top_logprobs: list(object({ token: text('alternative'), logprob: number, bytes: list(number) })),
});

const response = object(
  {
    id: label,
    object: label,
    created: number,
    model: label,
    system_fingerprint: label,
    service_tier: label,
    usage: usageShape,
    choices: list(
      object({
        index: number,
        finish_reason: label,
        message: object(
          {
            role: label,
            content: text('content'),
            refusal: text('refusal'),
            reasoning_content: text('reasoning'),
            reasoning: text('reasoning'),
            function_call: functionCall,
            tool_calls: list(toolCall),
            annotations: free('annotations'),
          },
          { turn: 'model' },
        ),
        logprobs: object({ content: list(logprob), refusal: list(logprob) }),
      }),
    ),
  },
  { required: ['choices'] },
);

export const openaiChat: WireFormat = {
  id: 'openai-chat',
  path: '/chat/completions',
  provider: 'openai',
  request,
  response,
  demand: (body) => ({
    outputTokensMax: greater(asCap(body['max_completion_tokens']), asCap(body['max_tokens'])),
    choices: asCap(body['n']) ?? 1,
  }),
  prepare(body, caps) {
    if (body['max_completion_tokens'] == null && body['max_tokens'] == null)
      body[caps.isOpenAi ? 'max_completion_tokens' : 'max_tokens'] = caps.outputTokens;
    askForUsage(body);
  },
  usage: (answer) => openaiUsage(answer['usage']),
  instruct(body, addition) {
    const turns = body['messages'];
    if (!Array.isArray(turns)) return;
    const first = turns[0];
    if (isObject(first) && (first['role'] === 'system' || first['role'] === 'developer')) {
      if (typeof first['content'] === 'string') first['content'] += `\n\n${addition}`;
      else if (Array.isArray(first['content'])) first['content'].push({ type: 'text', text: addition });
      else first['content'] = addition;
    } else turns.unshift({ role: 'system', content: addition });
  },
  error: openaiError,
  refusal: chatRefusal,
  tidy: dropLooseLogprobs,
  stream: openaiChatStream,
};

/** Servers differ in which of two caps they heed. */
const greater = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? (a ?? b) : Math.max(a, b);

/** Log probabilities repeat the answer token by token: they stay only where they say exactly what was judged, unmasked. */
function dropLooseLogprobs(answer: JsonObject, { wasMasked }: Pick<Told, 'wasMasked'>): void {
  const choices = answer['choices'];
  for (const choice of Array.isArray(choices) ? choices : []) {
    if (!isObject(choice) || !isObject(choice['logprobs'])) continue;
    const message = isObject(choice['message']) ? choice['message'] : {};
    const isExact = !wasMasked && ['content', 'refusal'].every((name) => spelled(choice['logprobs'], name) === (message[name] ?? ''));
    if (isExact) for (const name of ['content', 'refusal']) entriesOf(choice['logprobs'], name).forEach(checkBytes);
    else choice['logprobs'] = null;
  }
}

function checkBytes(entry: JsonObject): void {
  entry['bytes'] = bytesOf(entry);
  const top = entry['top_logprobs'];
  for (const other of Array.isArray(top) ? top.filter(isObject) : []) other['bytes'] = bytesOf(other);
}

function entriesOf(logprobs: unknown, name: string): JsonObject[] {
  const entries = isObject(logprobs) ? logprobs[name] : undefined;
  return Array.isArray(entries) ? entries.filter(isObject) : [];
}

const spelled = (logprobs: unknown, name: string): string =>
  entriesOf(logprobs, name)
    .map((entry) => String(entry['token']))
    .join('');

/** A stream without usage cannot be settled, so it is always asked for, and taken out again for callers who did not. */
export function askForUsage(body: JsonObject): void {
  if (body['stream'] !== true) return;
  const options = body['stream_options'];
  body['stream_options'] = { ...(isObject(options) ? options : {}), include_usage: true };
}
