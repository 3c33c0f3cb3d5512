// A request in OpenAI's chat format as one in Anthropic's: https://docs.anthropic.com/en/api/messages
import type { Json, JsonObject } from '../../core/types.ts';
import { isObject } from '../wire/json-shape.ts';
import { as, carriers, carry, drop, elsewhere, only, onlyEmpty, refuse, untranslatable, word, type Carrier } from './carry.ts';
import { chatTurns } from './chat-turns.ts';

/** OpenAI's scale goes to 2, Anthropic's to 1: the same number is not the same heat, but below 1 it is what people mean by it. */
const TEMPERATURE_MAX = 1;

const temperature: Carrier = (value, to, pointer) => {
  if (typeof value === 'number' && value > TEMPERATURE_MAX) throw untranslatable(pointer);
  to['temperature'] = value;
};

/** Anthropic refuses stop words that are nothing but blanks. */
const stop: Carrier = (value, to, pointer) => {
  const words = Array.isArray(value) ? value : [value];
  const blank = words.findIndex((said) => typeof said === 'string' && said.trim() === '');
  if (blank >= 0) throw untranslatable(Array.isArray(value) ? `${pointer}/${blank}` : pointer);
  if (words.length > 0) to['stop_sequences'] = words;
};

const userId: Carrier = (value, to, pointer) => {
  const known = to['metadata'];
  if (isObject(known) && known['user_id'] !== value) throw untranslatable(pointer);
  to['metadata'] = { user_id: value };
};

const responseFormat: Carrier = (value, to, pointer) => {
  const format = isObject(value) ? value : {};
  if (format['type'] === 'text') return;
  const wanted = format['json_schema'];
  if (format['type'] !== 'json_schema' || !isObject(wanted) || !isObject(wanted['schema'])) throw untranslatable(`${pointer}/type`);
  carry(wanted, SCHEMA_MEMBERS, { to: {}, pointer: `${pointer}/json_schema` });
  to['output_config'] = { ...objectIn(to, 'output_config'), format: { type: 'json_schema', schema: wanted['schema'] } };
};

/** The name is a handle for humans, and Anthropic always keeps to the schema. */
const SCHEMA_MEMBERS = carriers({ schema: elsewhere, name: drop, strict: drop, description: refuse });

const effort: Carrier = (value, to, pointer) => {
  const said: JsonObject = {};
  word('effort', { low: 'low', medium: 'medium', high: 'high' })(value, said, pointer);
  to['output_config'] = { ...objectIn(to, 'output_config'), ...said };
};

const objectIn = (body: JsonObject, name: string): JsonObject => {
  const value = body[name];
  return isObject(value) ? value : {};
};

const MEMBERS = carriers({
  model: as('model'),
  stream: as('stream'),
  temperature,
  top_p: as('top_p'),
  top_k: as('top_k'),
  stop,
  user: userId,
  safety_identifier: userId,
  response_format: responseFormat,
  reasoning_effort: effort,
  service_tier: word('service_tier', { auto: 'auto', default: 'standard_only' }),
  messages: elsewhere,
  tools: elsewhere,
  tool_choice: elsewhere,
  parallel_tool_calls: elsewhere,
  max_tokens: elsewhere,
  max_completion_tokens: elsewhere,
  // Usage always comes, and is given to the caller who asked.
  stream_options: drop,
  // Hints for a provider's own cache.
  prompt_cache_key: drop,
  prompt_cache_retention: drop,
  prompt_cache_options: drop,
  store: drop,
  n: only(1),
  frequency_penalty: only(0),
  presence_penalty: only(0),
  repetition_penalty: only(1),
  min_p: only(0),
  logit_bias: onlyEmpty,
  logprobs: only(false),
  metadata: onlyEmpty,
  verbosity: only('medium'),
  modalities: drop,
  seed: refuse,
  top_logprobs: only(0),
  functions: refuse,
  function_call: refuse,
  prediction: refuse,
  chat_template_kwargs: onlyEmpty,
});

export interface RequestCaps {
  readonly outputTokens: number;
  /** Members beyond the table of the format, which the upstream is known to take. */
  readonly isExtra: (name: string) => boolean;
}

/** Throws `untranslatable_field`. */
export function chatToMessages(body: JsonObject, caps: RequestCaps): JsonObject {
  const to: JsonObject = {};
  const extra = (name: string): Carrier => (caps.isExtra(name) ? as(name) : refuse);
  carry(body, MEMBERS, { to, pointer: '', otherwise: extra });
  Object.assign(to, chatTurns(body['messages'] ?? []));
  to['max_tokens'] = body['max_completion_tokens'] ?? body['max_tokens'] ?? caps.outputTokens;
  const tools = Array.isArray(body['tools']) ? body['tools'].map((tool, at) => toolOf(tool, `/tools/${at}`)) : [];
  if (tools.length > 0) to['tools'] = tools;
  const choice = choiceOf(body, tools.length > 0);
  if (choice !== undefined) to['tool_choice'] = choice;
  return to;
}

const FUNCTION_MEMBERS = carriers({
  name: as('name'),
  description: as('description'),
  parameters: as('input_schema'),
  strict: (value, to) => {
    if (value === true) to['strict'] = true;
  },
});

function toolOf(tool: Json, pointer: string): Json {
  const wanted = isObject(tool) ? tool['function'] : undefined;
  if (!isObject(tool) || tool['type'] !== 'function' || !isObject(wanted)) throw untranslatable(`${pointer}/type`);
  // A function without parameters takes none.
  const to: JsonObject = { input_schema: { type: 'object', properties: {} } };
  carry(wanted, FUNCTION_MEMBERS, { to, pointer: `${pointer}/function` });
  return to;
}

const CHOICES: Readonly<Record<string, string>> = { auto: 'auto', required: 'any', none: 'none' };

function choiceOf(body: JsonObject, hasTools: boolean): JsonObject | undefined {
  const choice = body['tool_choice'] ?? 'auto';
  const isSerial = body['parallel_tool_calls'] === false;
  // Without tools there is nothing to choose, and Anthropic refuses a choice of nothing.
  if (!hasTools && (choice === 'auto' || choice === 'none')) return undefined;
  const to = isObject(choice) ? namedChoice(choice) : wordChoice(choice);
  if (to['type'] === 'auto' && !isSerial) return undefined;
  return isSerial && to['type'] !== 'none' ? { ...to, disable_parallel_tool_use: true } : to;
}

function wordChoice(choice: Json): JsonObject {
  const type = typeof choice === 'string' && Object.hasOwn(CHOICES, choice) ? CHOICES[choice] : undefined;
  if (type === undefined) throw untranslatable('/tool_choice');
  return { type };
}

const CHOICE_MEMBERS = carriers({ type: elsewhere, function: elsewhere });
const CHOSEN_MEMBERS = carriers({ name: elsewhere });

function namedChoice(choice: JsonObject): JsonObject {
  const wanted = choice['function'];
  if (choice['type'] !== 'function' || !isObject(wanted) || typeof wanted['name'] !== 'string') throw untranslatable('/tool_choice');
  carry(choice, CHOICE_MEMBERS, { to: {}, pointer: '/tool_choice' });
  carry(wanted, CHOSEN_MEMBERS, { to: {}, pointer: '/tool_choice/function' });
  return { type: 'tool', name: wanted['name'] };
}
