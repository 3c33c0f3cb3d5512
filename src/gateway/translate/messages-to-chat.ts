// A request in Anthropic's messages format as one in OpenAI's chat format: https://platform.openai.com/docs/api-reference/chat
import type { Json, JsonObject } from '../../core/types.ts';
import { isObject } from '../wire/json-shape.ts';
import { as, carriers, carry, drop, elsewhere, only, onlyEmpty, refuse, untranslatable, word, type Carrier } from './carry.ts';
import type { RequestCaps } from './chat-to-messages.ts';
import { messageTurns, systemTurn } from './message-turns.ts';

/** OpenAI takes no more: https://platform.openai.com/docs/api-reference/chat/create */
const STOPS_MAX = 4;

const stops: Carrier = (value, to, pointer) => {
  if (!Array.isArray(value)) throw untranslatable(pointer);
  if (value.length > STOPS_MAX) throw untranslatable(`${pointer}/${STOPS_MAX}`);
  if (value.length > 0) to['stop'] = value;
};

const metadata: Carrier = (value, to) => {
  if (isObject(value) && value['user_id'] != null) to['user'] = value['user_id'];
};

/** Thinking that is switched off is what chat completions do anyway. */
const thinking: Carrier = (value, _to, pointer) => {
  if (!isObject(value) || value['type'] !== 'disabled') throw untranslatable(pointer);
};

const OUTPUT_MEMBERS = carriers({
  effort: word('reasoning_effort', { low: 'low', medium: 'medium', high: 'high' }),
  format(value, to, pointer) {
    if (!isObject(value) || value['type'] !== 'json_schema' || !isObject(value['schema'])) throw untranslatable(pointer);
    to['response_format'] = { type: 'json_schema', json_schema: { name: 'answer', strict: true, schema: value['schema'] } };
  },
});

const outputConfig: Carrier = (value, to, pointer) => {
  if (isObject(value)) carry(value, OUTPUT_MEMBERS, { to, pointer });
};

const MEMBERS = carriers({
  model: as('model'),
  stream: as('stream'),
  temperature: as('temperature'),
  top_p: as('top_p'),
  stop_sequences: stops,
  metadata,
  thinking,
  output_config: outputConfig,
  service_tier: word('service_tier', { auto: 'auto', standard_only: 'default' }),
  speed: only('standard'),
  inference_geo: refuse,
  top_k: elsewhere,
  max_tokens: elsewhere,
  messages: elsewhere,
  system: elsewhere,
  tools: elsewhere,
  tool_choice: elsewhere,
  // A hint for the provider's own cache.
  cache_control: drop,
});

export interface MessagesCaps extends RequestCaps {
  /** OpenAI itself, which knows fewer sampling members than the servers that speak its format. */
  readonly isOpenAi: boolean;
}

/** Throws `untranslatable_field`. */
export function messagesToChat(body: JsonObject, caps: MessagesCaps): JsonObject {
  const to: JsonObject = {};
  const extra = (name: string): Carrier => (caps.isExtra(name) ? as(name) : refuse);
  carry(body, MEMBERS, { to, pointer: '', otherwise: extra });
  to['messages'] = [...systemTurn(body['system'] ?? null), ...messageTurns(body['messages'] ?? [])];
  to[caps.isOpenAi ? 'max_completion_tokens' : 'max_tokens'] = body['max_tokens'] ?? caps.outputTokens;
  if (body['top_k'] != null) {
    if (caps.isOpenAi) throw untranslatable('/top_k');
    to['top_k'] = body['top_k'];
  }
  const tools = Array.isArray(body['tools']) ? body['tools'].map((tool, at) => toolOf(tool, `/tools/${at}`)) : [];
  if (tools.length > 0) to['tools'] = tools;
  if (isObject(body['tool_choice'])) choose(body['tool_choice'], to);
  return to;
}

const TOOL_MEMBERS = carriers({
  type: elsewhere,
  name: as('name'),
  description: as('description'),
  input_schema: as('parameters'),
  strict: as('strict'),
  input_examples: onlyEmpty,
  defer_loading: only(false),
  eager_input_streaming: drop,
  allowed_callers: refuse,
  cache_control: drop,
});

function toolOf(tool: Json, pointer: string): Json {
  if (!isObject(tool)) throw untranslatable(pointer);
  const to: JsonObject = {};
  carry(tool, TOOL_MEMBERS, { to, pointer });
  return { type: 'function', function: to };
}

const CHOICES: Readonly<Record<string, Json>> = { auto: 'auto', any: 'required', none: 'none' };

const CHOICE_MEMBERS = carriers({
  type: elsewhere,
  name: elsewhere,
  disable_parallel_tool_use(value, to) {
    if (value === true) to['parallel_tool_calls'] = false;
  },
});

function choose(choice: JsonObject, to: JsonObject): void {
  carry(choice, CHOICE_MEMBERS, { to, pointer: '/tool_choice' });
  const { type, name } = choice;
  if (type === 'tool' && typeof name === 'string') to['tool_choice'] = { type: 'function', function: { name } };
  else if (typeof type === 'string' && Object.hasOwn(CHOICES, type)) to['tool_choice'] = CHOICES[type] ?? null;
  else throw untranslatable('/tool_choice/type');
}
