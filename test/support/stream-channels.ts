// Every channel through which a stream can carry text, format by format: how an upstream writes it, and how a client reads it.
import type { Json, JsonObject } from '../../src/core/types.ts';
import { createSpanScanner } from '../../src/detect/span/scanner.ts';
import { compilePolicy } from '../../src/app/config/compile.ts';
import { parseConfig } from '../../src/app/config/load.ts';
import { FORMATS } from '../../src/app/serve/formats.ts';
import { loadDetectors } from '../../src/app/serve/guards.ts';
import { Inspector } from '../../src/gateway/hold-back.ts';
import type { FormatId, StreamAdapter, WireFormat } from '../../src/gateway/wire/format.ts';
import { systemClock } from '../../src/io/clock.ts';
import { isObject } from '../../src/gateway/wire/json-shape.ts';

export interface StreamChannel {
  readonly name: string;
  readonly format: FormatId;
  /** Events that come before, each as the data of one server-sent event. */
  readonly opening: readonly JsonObject[];
  readonly delta: (piece: string) => JsonObject;
  /** Events that come after; `whole` is the complete text, for formats that repeat it. */
  readonly closing: (whole: string) => readonly (JsonObject | '[DONE]')[];
  /** The text of this channel in one event that a client received; undefined where it has none. */
  readonly read: (event: JsonObject) => string | undefined;
  /** Complete copies of the text that later events carry. */
  readonly copies?: (event: JsonObject) => readonly string[];
}

/** The value at a path of members and indexes; undefined where there is none. */
export function at(value: Json | undefined, ...path: readonly (string | number)[]): Json | undefined {
  let here: Json | undefined = value;
  for (const step of path) {
    if (Array.isArray(here) && typeof step === 'number') here = here[step];
    else if (isObject(here) && typeof step === 'string') here = here[step];
    else return undefined;
  }
  return here;
}

const textAt = (event: JsonObject, ...path: readonly (string | number)[]): string | undefined => {
  const found = at(event, ...path);
  return typeof found === 'string' ? found : undefined;
};

const CHAT = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'm' } as const;

function chat(
  name: string,
  index: number,
  part: { readonly delta: (piece: string) => JsonObject; readonly path: readonly (string | number)[] },
): StreamChannel {
  const chunk = (delta: JsonObject, finish: string | null = null): JsonObject => ({
    ...CHAT,
    choices: [{ index, delta, finish_reason: finish }],
  });
  return {
    name: `chat ${name}`,
    format: 'openai-chat',
    opening: [chunk({ role: 'assistant' })],
    delta: (piece) => chunk(part.delta(piece)),
    closing: () => [chunk({}, 'stop'), '[DONE]'],
    read: (event) => (at(event, 'choices', 0, 'index') === index ? textAt(event, 'choices', 0, 'delta', ...part.path) : undefined),
  };
}

const toolPart = (call: number, member: 'function' | 'custom') => {
  const argument = member === 'function' ? 'arguments' : 'input';
  return {
    delta: (piece: string): JsonObject => ({ tool_calls: [{ index: call, id: `call_${call}`, [member]: { [argument]: piece } }] }),
    path: ['tool_calls', 0, member, argument],
  };
};

const chatChannels = [
  ...['content', 'refusal', 'reasoning_content', 'reasoning'].map((member) =>
    chat(member, 0, { delta: (piece) => ({ [member]: piece }), path: [member] }),
  ),
  chat('content of the second choice', 1, { delta: (content) => ({ content }), path: ['content'] }),
  chat('arguments of a tool call', 0, toolPart(0, 'function')),
  chat('arguments of the third tool call', 0, toolPart(2, 'function')),
  chat('input of a custom tool call', 0, toolPart(0, 'custom')),
  chat('arguments of a function call', 0, {
    delta: (text) => ({ function_call: { arguments: text } }),
    path: ['function_call', 'arguments'],
  }),
];

const completion = (text: string, finish: string | null = null): JsonObject => ({
  id: 'cmpl-1',
  object: 'text_completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, text, finish_reason: finish }],
});
const completionsChannel: StreamChannel = {
  name: 'completions text',
  format: 'openai-completions',
  opening: [],
  delta: (piece) => completion(piece),
  closing: () => [completion('', 'stop'), '[DONE]'],
  read: (event) => textAt(event, 'choices', 0, 'text'),
};

interface ResponsesPlace {
  readonly stem: string;
  /** Member of the `.done` event that repeats the text. */
  readonly whole: string;
  readonly place: JsonObject;
  /** The finished item, and the path to the text in it. */
  readonly item: (text: string) => JsonObject;
  readonly path: readonly (string | number)[];
}

function responses({ stem, whole, place, item, path }: ResponsesPlace): StreamChannel {
  const where: JsonObject = { item_id: 'item_1', output_index: 0, ...place };
  return {
    name: `responses ${stem}`,
    format: 'openai-responses',
    opening: [
      { type: 'response.created', response: { id: 'resp_1', object: 'response', output: [] } },
      { type: 'response.output_item.added', output_index: 0, item: item('') },
    ],
    delta: (delta) => ({ type: `response.${stem}.delta`, ...where, delta }),
    closing: (text) => [
      { type: `response.${stem}.done`, ...where, [whole]: text },
      { type: 'response.output_item.done', output_index: 0, item: item(text) },
      { type: 'response.completed', response: { id: 'resp_1', object: 'response', status: 'completed', output: [item(text)] } },
    ],
    read: (event) => (event['type'] === `response.${stem}.delta` ? textAt(event, 'delta') : undefined),
    copies: (event) => {
      const found = {
        [`response.${stem}.done`]: textAt(event, whole),
        'response.output_item.done': textAt(event, 'item', ...path),
        'response.completed': textAt(event, 'response', 'output', 0, ...path),
      }[event['type'] as string];
      return found === undefined ? [] : [found];
    },
  };
}

const message = (part: JsonObject): JsonObject => ({
  type: 'message',
  id: 'item_1',
  role: 'assistant',
  status: 'completed',
  content: [part],
});
const call = (type: string, member: string, text: string): JsonObject => ({ type, id: 'item_1', call_id: 'c', name: 'f', [member]: text });

const responsesChannels = [
  {
    stem: 'output_text',
    whole: 'text',
    place: { content_index: 0 },
    item: (text: string) => message({ type: 'output_text', text, annotations: [] }),
    path: ['content', 0, 'text'],
  },
  {
    stem: 'refusal',
    whole: 'refusal',
    place: { content_index: 0 },
    item: (refusal: string) => message({ type: 'refusal', refusal }),
    path: ['content', 0, 'refusal'],
  },
  {
    stem: 'reasoning_text',
    whole: 'text',
    place: { content_index: 0 },
    item: (text: string): JsonObject => ({ type: 'reasoning', id: 'item_1', summary: [], content: [{ type: 'reasoning_text', text }] }),
    path: ['content', 0, 'text'],
  },
  {
    stem: 'reasoning_summary_text',
    whole: 'text',
    place: { summary_index: 0 },
    item: (text: string): JsonObject => ({ type: 'reasoning', id: 'item_1', summary: [{ type: 'summary_text', text }] }),
    path: ['summary', 0, 'text'],
  },
  {
    stem: 'function_call_arguments',
    whole: 'arguments',
    place: {},
    item: (text: string) => call('function_call', 'arguments', text),
    path: ['arguments'],
  },
  {
    stem: 'custom_tool_call_input',
    whole: 'input',
    place: {},
    item: (text: string) => call('custom_tool_call', 'input', text),
    path: ['input'],
  },
].map(responses);

function anthropic(name: string, delta: { readonly type: string; readonly member: string }, block: JsonObject): StreamChannel {
  return {
    name: `messages ${name}`,
    format: 'anthropic-messages',
    opening: [
      {
        type: 'message_start',
        message: { id: 'msg_1', type: 'message', role: 'assistant', model: 'm', usage: { input_tokens: 1, output_tokens: 1 } },
      },
      { type: 'content_block_start', index: 0, content_block: block },
    ],
    delta: (piece) => ({ type: 'content_block_delta', index: 0, delta: { type: delta.type, [delta.member]: piece } }),
    closing: () => [
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 3 } },
      { type: 'message_stop' },
    ],
    read: (event) => (event['type'] === 'content_block_delta' ? textAt(event, 'delta', delta.member) : undefined),
  };
}

const anthropicChannels = [
  anthropic('text', { type: 'text_delta', member: 'text' }, { type: 'text', text: '' }),
  anthropic('thinking', { type: 'thinking_delta', member: 'thinking' }, { type: 'thinking', thinking: '', signature: '' }),
  anthropic('input of a tool', { type: 'input_json_delta', member: 'partial_json' }, { type: 'tool_use', id: 't', name: 'f', input: {} }),
];

export const CHANNELS: readonly StreamChannel[] = [...chatChannels, completionsChannel, ...responsesChannels, ...anthropicChannels];

/** The scanner with every rule that ships. */
export const scanner = createSpanScanner((await loadDetectors()).spans);
const policy = compilePolicy(parseConfig('', 'test').policy, systemClock);

export const newInspector = (): Inspector =>
  new Inspector({
    guards: { meaning: () => ({ state: 'looked', findings: [] }), spans: scanner },
    look: { direction: 'output', origin: 'model', context: {} },
    policy,
    sentValues: new Set(),
    acceptances: { isAccepted: () => false, fingerprintOf: () => '' },
  });

export function formatOf(id: FormatId): WireFormat {
  const format = FORMATS.find((candidate) => candidate.id === id);
  if (format === undefined) throw new Error(`no format ${id}`);
  return format;
}

export function newAdapter(id: FormatId, inspector: Inspector): StreamAdapter {
  const adapter = formatOf(id).stream?.({ wantsUsage: true, channels: inspector, atMs: 0 });
  if (adapter === undefined) throw new Error(`${id} does not stream`);
  return adapter;
}

/** Data of the server-sent events in an output, parsed; `[DONE]` is left out. */
export const eventsIn = (output: string): JsonObject[] =>
  output
    .split('\n')
    .filter((line) => line.startsWith('data: ') && line !== 'data: [DONE]')
    .map((line) => JSON.parse(line.slice(6)) as JsonObject);

/** What a text becomes when it is judged in one piece. */
export const redacted = (text: string): string => newInspector().once(text);
