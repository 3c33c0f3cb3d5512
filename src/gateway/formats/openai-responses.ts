// OpenAI responses: https://platform.openai.com/docs/api-reference/responses
import type { JsonObject } from '../../core/types.ts';
import type { WireFormat } from '../wire/format.ts';
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
  spoken,
  tagged,
  text,
  word,
  type Shape,
} from '../wire/shape.ts';
import { recallItems, rememberItems } from './openai-responses-memory.ts';
import { RESPONSE_FIELDS } from './openai-response-fields.ts';
import { ACCOUNTING } from './openai-chat.ts';
import { openaiError } from './openai-errors.ts';
import { openaiUsage } from './openai-usage.ts';
import { responsesRefusal } from './refusals.ts';
import { ResponsesStream } from './openai-responses-stream.ts';

const breakpoint = object({ mode: label, ttl: label });

const part = tagged('type', {
  input_text: object({ type: label, text: text(), prompt_cache_breakpoint: breakpoint }),
  output_text: object({ type: label, text: text(), annotations: free('annotations'), logprobs: refused('unsupported_part') }),
  text: object({ type: label, text: text() }),
  refusal: object({ type: label, refusal: text('refusal') }),
  summary_text: object({ type: label, text: text('reasoning') }),
  reasoning_text: object({ type: label, text: text('reasoning') }),
  input_image: media('image'),
  input_audio: media('audio'),
  input_file: media('file'),
});

const content = either({ string: text(), list: list(part) });
const messageFields: Readonly<Record<string, Shape>> = {
  type: word('message'),
  id: text('id'),
  role: label,
  status: label,
  phase: label,
  content,
};

const message = tagged('role', {
  user: object(messageFields, { turn: 'user' }),
  assistant: object(messageFields, { turn: 'model' }),
  system: object(messageFields, { turn: 'operator' }),
  developer: object(messageFields, { turn: 'operator' }),
});

const callFields: Readonly<Record<string, Shape>> = {
  type: label,
  id: text('id'),
  call_id: text('id'),
  name: text('name'),
  namespace: text('name'),
  status: label,
  async: boolean,
};
const functionCall = object({ ...callFields, arguments: text('tool_arguments') }, { turn: 'model' });
const customCall = object({ ...callFields, input: text('tool_arguments') }, { turn: 'model' });
const output = object({ ...callFields, output: content }, { turn: 'tool' });
const reasoning = object(
  { type: label, id: text('id'), status: label, summary: list(part), content: list(part), encrypted_content: refused('opaque_reference') },
  { turn: 'model' },
);

const item = tagged(
  'type',
  {
    '': message,
    message,
    function_call: functionCall,
    function_call_output: output,
    custom_tool_call: customCall,
    custom_tool_call_output: output,
    reasoning,
    item_reference: refused('opaque_reference'),
    compaction: refused('opaque_reference'),
  },
  'provider_hosted_tool',
);

const functionTool = object(
  {
    type: label,
    name: text('name'),
    description: text('tool_definition'),
    parameters: free('tool_definition'),
    output_schema: free('tool_definition'),
    strict: boolean,
    async: boolean,
    defer_loading: boolean,
  },
  { turn: 'operator' },
);
const customTool = object(
  { type: label, name: text('name'), description: text('tool_definition'), format: free('tool_definition') },
  { turn: 'operator' },
);

const textConfig = object({ format: spoken('operator', free('tool_definition')), verbosity: label });

const request = object(
  {
    ...ACCOUNTING,
    stream_options: object({ include_obfuscation: boolean }),
    input: either({ string: text(), list: list(item) }),
    instructions: spoken('operator', text()),
    tools: list(tagged('type', { function: functionTool, custom: customTool }, 'provider_hosted_tool')),
    tool_choice: either({ string: label, object: free('settings') }),
    parallel_tool_calls: boolean,
    max_output_tokens: number,
    max_tool_calls: number,
    temperature: number,
    top_p: number,
    truncation: label,
    reasoning: object({ effort: label, summary: label, generate_summary: label }),
    text: textConfig,
    background: either({ boolean: word(false) }),
    // Clients that keep nothing at the provider ask for this by themselves. The wish is dropped: see `prepare`.
    include: list(word('reasoning.encrypted_content')),
    // Everything below refers to what no guard has seen.
    previous_response_id: refused('opaque_reference'),
    conversation: refused('opaque_reference'),
    prompt: refused('opaque_reference'),
    context_management: refused('opaque_reference'),
    top_logprobs: refused('unsupported_part'),
  },
  { required: ['model', 'input'] },
);

const outputItem = tagged('type', { message, function_call: functionCall, custom_tool_call: customCall, reasoning });

const response = object({ ...RESPONSE_FIELDS, output: list(outputItem), output_text: text() }, { required: ['output'] });

export const openaiResponses: WireFormat = {
  id: 'openai-responses',
  path: '/responses',
  provider: 'openai',
  request,
  response,
  demand: (body) => ({ outputTokensMax: asCap(body['max_output_tokens']), choices: 1 }),
  prepare(body, caps) {
    body['max_output_tokens'] ??= caps.outputTokens;
    // The provider keeps answers unless told not to, and what it keeps can be read past every guard.
    body['store'] = false;
    if (caps.isOpenAi) dropReasoning(body);
    // Reasoning that only the provider can read cannot be judged when it comes back, so it is not asked for.
    delete body['include'];
  },
  recall: recallItems,
  remember: rememberItems,
  usage: (answer) => openaiUsage(answer['usage']),
  instruct(body, addition) {
    const own = body['instructions'];
    body['instructions'] = typeof own === 'string' && own !== '' ? `${own}\n\n${addition}` : addition;
  },
  error: openaiError,
  refusal: responsesRefusal,
  stream: (options) => new ResponsesStream(options),
};

/** OpenAI takes reasoning back only by an id that it keeps, or encrypted; neither crosses, and an answer needs neither. */
function dropReasoning(body: JsonObject): void {
  const { input } = body;
  if (Array.isArray(input)) body['input'] = input.filter((item) => !isObject(item) || item['type'] !== 'reasoning');
}
