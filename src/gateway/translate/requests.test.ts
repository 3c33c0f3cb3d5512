// Requests of each format as the other reads them: what is carried, what is left out, and what is refused with its pointer.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Fault } from '../../core/fault.ts';
import type { Json, JsonObject } from '../../core/types.ts';
import full from '../../../test/support/full-requests.json' with { type: 'json' };
import { walk } from '../wire/walk.ts';
import { anthropicMessages } from '../formats/anthropic-messages.ts';
import { openaiChat } from '../formats/openai-chat.ts';
import type { PrepareCaps, WireFormat } from '../wire/format.ts';
import { crossingOf } from './crossing.ts';

const CAPS: PrepareCaps = { outputTokens: 512, isOpenAi: true, passFields: new Set() };

function crossed(id: 'openai-chat' | 'anthropic-messages', body: unknown, caps: PrepareCaps = CAPS): JsonObject {
  const sent = structuredClone(body) as JsonObject;
  crossingOf(id)?.prepare(sent, caps);
  return sent;
}

const toMessages = (body: JsonObject, caps?: PrepareCaps): JsonObject =>
  crossed('openai-chat', { model: 'm', messages: [{ role: 'user', content: 'hi' }], ...body }, caps);
const toChat = (body: JsonObject, caps?: PrepareCaps): JsonObject =>
  crossed('anthropic-messages', { model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'hi' }], ...body }, caps);

function pointerOf(step: () => unknown): string | undefined {
  try {
    step();
  } catch (error) {
    if (error instanceof Fault && error.code === 'untranslatable_field') return error.pointer;
    throw error;
  }
  return undefined;
}

const CALL = { id: 'c1', type: 'function', function: { name: 'f', arguments: '{"city":"Oslo","n":[1,null]}' } };
const USE = { type: 'tool_use', id: 'c1', name: 'f', input: { city: 'Oslo', n: [1, null] } };

describe('a chat request over messages', () => {
  const carried: readonly (readonly [string, JsonObject, JsonObject])[] = [
    ['nothing set: the cap of the house', {}, { max_tokens: 512 }],
    ['a cap', { max_tokens: 7 }, { max_tokens: 7 }],
    ['the newer cap before the older', { max_tokens: 7, max_completion_tokens: 8 }, { max_tokens: 8 }],
    ['sampling', { temperature: 0.4, top_p: 0.9, top_k: 3 }, { temperature: 0.4, top_p: 0.9, top_k: 3 }],
    ['one stop word', { stop: 'END' }, { stop_sequences: ['END'] }],
    ['stop words', { stop: ['A', 'B'] }, { stop_sequences: ['A', 'B'] }],
    ['a user', { user: 'u' }, { metadata: { user_id: 'u' } }],
    ['a stream', { stream: true, stream_options: { include_usage: true } }, { stream: true }],
    ['effort', { reasoning_effort: 'low' }, { output_config: { effort: 'low' } }],
    ['a tier', { service_tier: 'default' }, { service_tier: 'standard_only' }],
    [
      'a schema for the answer',
      { response_format: { type: 'json_schema', json_schema: { name: 'n', strict: true, schema: { type: 'object' } } } },
      { output_config: { format: { type: 'json_schema', schema: { type: 'object' } } } },
    ],
    [
      'what says what is so anyway',
      { n: 1, frequency_penalty: 0, logit_bias: {}, logprobs: false, store: false, metadata: {}, seed: null, prompt_cache_key: 'k' },
      {},
    ],
  ];
  it.each(carried)('%s', (_, body, expected) => {
    expect(toMessages(body)).toEqual({ model: 'm', max_tokens: 512, messages: [{ role: 'user', content: 'hi' }], ...expected });
  });

  it('carries the instructions of the operator as the system prompt', () => {
    const messages = [
      { role: 'system', content: 'one' },
      { role: 'developer', content: [{ type: 'text', text: 'two' }] },
      { role: 'user', content: 'hi' },
    ];
    expect(toMessages({ messages })).toMatchObject({
      system: [
        { type: 'text', text: 'one' },
        { type: 'text', text: 'two' },
      ],
      messages: [{ role: 'user', content: 'hi' }],
    });
  });

  it('carries calls, and gathers their results and what the user adds in one turn', () => {
    const messages = [
      { role: 'user', content: 'hi' },
      { role: 'assistant', content: 'I look.', refusal: null, annotations: [], tool_calls: [CALL, { ...CALL, id: 'c2' }] },
      { role: 'tool', tool_call_id: 'c1', content: '4 degrees' },
      { role: 'tool', tool_call_id: 'c2', content: [{ type: 'text', text: '5 degrees' }] },
      { role: 'user', content: [{ type: 'text', text: 'and?' }] },
    ];
    expect(toMessages({ messages })['messages']).toEqual([
      { role: 'user', content: 'hi' },
      { role: 'assistant', content: [{ type: 'text', text: 'I look.' }, USE, { ...USE, id: 'c2' }] },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'c1', content: '4 degrees' },
          { type: 'tool_result', tool_use_id: 'c2', content: [{ type: 'text', text: '5 degrees' }] },
          { type: 'text', text: 'and?' },
        ],
      },
    ]);
  });

  it('carries images by address and as data', () => {
    const content = ['https://images.example/a.png', 'data:image/png;base64,aGk='].map((url) => ({
      type: 'image_url',
      image_url: { url },
    }));
    expect(toMessages({ messages: [{ role: 'user', content }] })['messages']).toMatchObject([
      {
        content: [
          { type: 'image', source: { type: 'url', url: 'https://images.example/a.png' } },
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aGk=' } },
        ],
      },
    ]);
  });

  const tool = { type: 'function', function: { name: 'f', description: 'd', parameters: { type: 'object' }, strict: true } };
  const choices: readonly (readonly [Json, JsonObject | undefined])[] = [
    ['auto', undefined],
    ['none', { type: 'none' }],
    ['required', { type: 'any' }],
    [
      { type: 'function', function: { name: 'f' } },
      { type: 'tool', name: 'f' },
    ],
  ];
  it.each(choices)('carries tools, and the choice among them: %j', (tool_choice, expected) => {
    const sent = toMessages({ tools: [tool], tool_choice });
    expect(sent['tools']).toEqual([{ name: 'f', description: 'd', input_schema: { type: 'object' }, strict: true }]);
    expect(sent['tool_choice']).toEqual(expected);
  });

  it('one call at a time', () => {
    expect(toMessages({ tools: [tool], parallel_tool_calls: false })['tool_choice']).toEqual({
      type: 'auto',
      disable_parallel_tool_use: true,
    });
  });

  it('a field that the upstream is known to take passes', () => {
    expect(toMessages({ inference_geo: 'eu' }, { ...CAPS, passFields: new Set(['inference_geo']) })).toMatchObject({ inference_geo: 'eu' });
  });

  const user = (content: Json): Json => ({ role: 'user', content });
  const refused: readonly (readonly [string, JsonObject])[] = [
    ['/temperature', { temperature: 1.5 }],
    ['/seed', { seed: 7 }],
    ['/n', { n: 2 }],
    ['/logprobs', { logprobs: true }],
    ['/frequency_penalty', { frequency_penalty: 0.1 }],
    ['/logit_bias', { logit_bias: { '1': 1 } }],
    ['/metadata', { metadata: { a: 'b' } }],
    ['/functions', { functions: [] }],
    ['/prediction', { prediction: { type: 'content', content: 'x' } }],
    ['/verbosity', { verbosity: 'high' }],
    ['/reasoning_effort', { reasoning_effort: 'minimal' }],
    ['/response_format/type', { response_format: { type: 'json_object' } }],
    ['/service_tier', { service_tier: 'flex' }],
    ['/safety_identifier', { user: 'a', safety_identifier: 'b' }],
    ['/tools/0/type', { tools: [{ type: 'custom', custom: { name: 'g' } }] }],
    ['/tool_choice', { tools: [tool], tool_choice: { type: 'allowed_tools' } }],
    ['/messages/1/role', { messages: [user('hi'), { role: 'system', content: 'late' }] }],
    ['/messages/0/name', { messages: [{ role: 'user', name: 'n', content: 'hi' }] }],
    ['/messages/0/content', { messages: [user('')] }],
    ['/messages/0/content/0/type', { messages: [user([{ type: 'file', file: {} }])] }],
    [
      '/messages/0/content/0/image_url/detail',
      { messages: [user([{ type: 'image_url', image_url: { url: 'https://a.example', detail: 'low' } }])] },
    ],
    ['/messages/0/content/0/image_url/url', { messages: [user([{ type: 'image_url', image_url: { url: 'file:///etc/passwd' } }])] }],
    ['/messages/0/content/0/prompt_cache_breakpoint', { messages: [user([{ type: 'text', text: 'a', prompt_cache_breakpoint: {} }])] }],
    ['/messages/0/role', { messages: [{ role: 'function', name: 'f', content: 'x' }] }],
    ['/messages/0/function_call', { messages: [{ role: 'assistant', content: 'x', function_call: { name: 'f', arguments: '{}' } }] }],
    [
      '/messages/0/tool_calls/0/function/arguments',
      { messages: [{ role: 'assistant', tool_calls: [{ ...CALL, function: { name: 'f', arguments: '{"a":1,"a":2}' } }] }] },
    ],
    ['/messages/0/tool_calls/0', { messages: [{ role: 'assistant', tool_calls: [{ id: 'c', type: 'custom', custom: {} }] }] }],
  ];
  it.each(refused)('refuses what cannot be carried: %s', (pointer, body) => {
    expect(pointerOf(() => toMessages(body))).toBe(pointer);
  });
});

describe('a messages request over chat', () => {
  const hi = [{ role: 'user', content: 'hi' }];
  const carried: readonly (readonly [string, JsonObject, JsonObject])[] = [
    ['the system prompt', { system: 'be kind' }, { messages: [{ role: 'system', content: 'be kind' }, ...hi] }],
    [
      'the system prompt in blocks',
      { system: ['a', 'b'].map((text) => ({ type: 'text', text, cache_control: { type: 'ephemeral' } })) },
      { messages: [{ role: 'system', content: ['a', 'b'].map((text) => ({ type: 'text', text })) }, ...hi] },
    ],
    ['sampling', { temperature: 0.4, top_p: 0.9 }, { temperature: 0.4, top_p: 0.9 }],
    ['stop words', { stop_sequences: ['A', 'B'] }, { stop: ['A', 'B'] }],
    ['a user', { metadata: { user_id: 'u' } }, { user: 'u' }],
    ['thinking that is off', { thinking: { type: 'disabled' } }, {}],
    ['effort', { output_config: { effort: 'high' } }, { reasoning_effort: 'high' }],
    ['a stream, and its accounts', { stream: true }, { stream: true, stream_options: { include_usage: true } }],
    [
      'tools, and one call at a time',
      {
        tools: [{ name: 'f', description: 'd', input_schema: { type: 'object' } }],
        tool_choice: { type: 'any', disable_parallel_tool_use: true },
      },
      {
        tools: [{ type: 'function', function: { name: 'f', description: 'd', parameters: { type: 'object' } } }],
        tool_choice: 'required',
        parallel_tool_calls: false,
      },
    ],
    ['a named tool', { tool_choice: { type: 'tool', name: 'f' } }, { tool_choice: { type: 'function', function: { name: 'f' } } }],
  ];
  it.each(carried)('%s', (_, body, expected) => {
    expect(toChat(body)).toEqual({ model: 'm', max_completion_tokens: 9, messages: hi, ...expected });
  });

  it('says the cap as servers other than OpenAI read it, and gives them top_k', () => {
    const sent = toChat({ top_k: 4 }, { ...CAPS, isOpenAi: false });
    expect(sent).toMatchObject({ max_tokens: 9, top_k: 4 });
  });

  it('carries calls and results, failures in words, and leaves thinking where it belongs', () => {
    const messages = [
      ...hi,
      { role: 'assistant', content: [{ type: 'thinking', thinking: 'hm', signature: 's' }, { type: 'text', text: 'I look.' }, USE] },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'c1', content: [{ type: 'text', text: 'no net' }], is_error: true },
          { type: 'text', text: 'and?' },
        ],
      },
    ];
    expect(toChat({ messages })['messages']).toEqual([
      ...hi,
      { role: 'assistant', content: 'I look.', tool_calls: [{ ...CALL, function: { ...CALL.function } }] },
      { role: 'tool', tool_call_id: 'c1', content: 'Error: no net' },
      { role: 'user', content: 'and?' },
    ]);
  });

  it('carries images by address and as data', () => {
    const content = [
      { type: 'image', source: { type: 'url', url: 'https://images.example/a.png' } },
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aGk=' } },
    ];
    expect(toChat({ messages: [{ role: 'user', content }] })['messages']).toMatchObject([
      {
        content: [
          { type: 'image_url', image_url: { url: 'https://images.example/a.png' } },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,aGk=' } },
        ],
      },
    ]);
  });

  const user = (...content: Json[]): JsonObject => ({ messages: [{ role: 'user', content }] });
  const refused: readonly (readonly [string, JsonObject])[] = [
    ['/thinking', { thinking: { type: 'enabled', budget_tokens: 1024 } }],
    ['/top_k', { top_k: 4 }],
    ['/stop_sequences/4', { stop_sequences: ['a', 'b', 'c', 'd', 'e'] }],
    ['/inference_geo', { inference_geo: 'eu' }],
    ['/speed', { speed: 'fast' }],
    ['/output_config/effort', { output_config: { effort: 'max' } }],
    ['/tools/0/input_examples', { tools: [{ name: 'f', input_schema: {}, input_examples: [{}] }] }],
    ['/tools/0/defer_loading', { tools: [{ name: 'f', input_schema: {}, defer_loading: true }] }],
    ['/messages/1', { messages: [...hi, { role: 'assistant', content: 'The answer is' }] }],
    ['/messages/0/content/0/type', user({ type: 'document', source: { type: 'text', data: 'x' } })],
    ['/messages/0/content/0/citations', user({ type: 'text', text: 'a', citations: [{ type: 'char_location' }] })],
    ['/messages/0/content/0/source', user({ type: 'image', source: { type: 'file', file_id: 'f' } })],
    ['/messages/0/content/1', user({ type: 'text', text: 'a' }, { type: 'tool_result', tool_use_id: 'c' })],
    ['/messages/0/content/0/content/0/type', user({ type: 'tool_result', tool_use_id: 'c', content: [{ type: 'image', source: {} }] })],
  ];
  it.each(refused)('refuses what cannot be carried: %s', (pointer, body) => {
    expect(pointerOf(() => toChat(body))).toBe(pointer);
  });
});

describe('nothing is lost in silence', () => {
  // A member that somebody adds to a table of a format is refused here until somebody says what becomes of it.
  it.each([
    ['openai-chat', openaiChat],
    ['anthropic-messages', anthropicMessages],
  ] as const)('every member of %s is carried, left out for a reason, or refused by name', (id, format: WireFormat) => {
    for (const name of format.request.fields.keys()) {
      const value = (full[id] as JsonObject)[name];
      if (value === undefined || name === 'messages' || name === 'system') continue;
      const body = { model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'hi' }], [name]: value };
      const pointer = pointerOf(() => crossed(id, body));
      if (pointer !== undefined) expect(pointer).toMatch(new RegExp(`^/${name}(/|$)`));
    }
  });

  const text = fc.string({ minLength: 1, maxLength: 12 }).filter((said) => said.trim() !== '');
  const json = fc.dictionary(
    fc.string({ maxLength: 4 }).filter((key) => key !== '__proto__'),
    fc.oneof(fc.string(), fc.integer(), fc.constant(null)),
    { maxKeys: 3 },
  );
  const round = fc.record({ asks: text, says: text, id: fc.stringMatching(/^[\w-]{1,40}$/), input: json, result: text });

  it('a conversation that went there and back is the same conversation', () => {
    fc.assert(
      fc.property(fc.array(round, { minLength: 1, maxLength: 4 }), text, (rounds, last) => {
        const messages = [
          ...rounds.flatMap(({ asks, says, id, input, result }) => [
            { role: 'user', content: asks },
            {
              role: 'assistant',
              content: [
                { type: 'text', text: says },
                { type: 'tool_use', id, name: 'f', input },
              ],
            },
            { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: result }] },
            { role: 'assistant', content: says },
          ]),
          { role: 'user', content: last },
        ];
        const there = toChat({ messages });
        const { max_completion_tokens: _, ...chat } = there;
        expect(toMessages(chat)['messages']).toEqual(JSON.parse(JSON.stringify(messages)));
      }),
      { numRuns: 100 },
    );
  });

  it('what is carried is a request that the other format allows, text for text', () => {
    const body = toMessages({
      messages: [
        { role: 'system', content: 'sys' },
        { role: 'user', content: 'hi' },
        { role: 'assistant', content: 'x', tool_calls: [CALL] },
        { role: 'tool', tool_call_id: 'c1', content: 'res' },
      ],
    });
    const reading = walk(body, anthropicMessages.request, { mode: 'refuse-unknown', origin: 'user' });
    expect(reading.turns.map(({ origin }) => origin)).toEqual(['user', 'user', 'model', 'tool', 'operator']);
  });
});
