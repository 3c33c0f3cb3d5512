// Crossed formats through the front door, over real loopback HTTP: what odd servers and odd conversations become on the other side.
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../core/types.ts';
import { anthropicAnswer, textBlock } from '../../../test/support/anthropic-replies.ts';
import { chatAnswer, chatChunk, chatUsage, DONE } from '../../../test/support/openai-replies.ts';
import { post, readAll } from '../../../test/support/plain-client.ts';
import { useGateway } from '../../../test/support/running-gateway.ts';
import { at, eventsIn } from '../../../test/support/stream-channels.ts';

const gateway = useGateway();

/** A gateway in front of an upstream of the other format. */
function inFrontOf(kind: 'openai' | 'anthropic'): void {
  const upstreams = { main: { kind, url: gateway().upstream.url, key: 'env:UPSTREAM_KEY' } };
  gateway().sallyport.reload(gateway().configOf({ upstreams }), 'test');
  gateway().upstream.forget();
}

const hi = { role: 'user', content: 'hi' };
const send = (path: string, body: JsonObject): Promise<Response> =>
  post({ url: gateway().openaiUrl, key: gateway().key }, { model: 'm', ...body }, { path, headers: { 'anthropic-version': '2023-06-01' } });
const jsonOf = async (response: Response): Promise<JsonObject> => (await response.json()) as JsonObject;

const chatCall = (id: string, text = '{}'): JsonObject => ({ id, type: 'function', function: { name: 'f', arguments: text } });

describe('a chat in front of Anthropic', () => {
  const ask = (body: JsonObject): Promise<Response> => {
    inFrontOf('anthropic');
    gateway().upstream.answer((_, reply) => reply.json(anthropicAnswer([textBlock('fine')])));
    return send('/chat/completions', { messages: [hi], ...body });
  };

  it.each<readonly [string, string, JsonObject]>([
    ['an answer that would be gone on with', '/messages/1', { messages: [hi, { role: 'assistant', content: 'The answer is' }] }],
    ['a conversation of instructions alone', '/messages', { messages: [{ role: 'system', content: 'Be kind.' }] }],
    ['a stop word of blanks', '/stop', { stop: '\n' }],
    ['a stop word of blanks among others', '/stop/1', { stop: ['END', ' '] }],
    ['a turn of empty texts', '/messages/0/content', { messages: [{ role: 'user', content: [{ type: 'text', text: '' }] }] }],
    [
      'a member of a choice that nobody knows',
      '/tool_choice/function/strict',
      {
        tools: [{ type: 'function', function: { name: 'f' } }],
        tool_choice: { type: 'function', function: { name: 'f', strict: true } },
      },
    ],
  ])('%s is refused by its place, and nobody is asked', async (_, pointer, body) => {
    const response = await ask(body);
    expect([response.status, at(await jsonOf(response), 'error', 'code'), gateway().upstream.received.length]).toEqual([
      400,
      'untranslatable_field',
      0,
    ]);
    const again = await jsonOf(await ask(body));
    expect(at(again, 'error', 'param')).toBe(pointer);
  });

  it('what says nothing is left out, and names of calls that Anthropic does not take are written anew on both ends', async () => {
    const messages = [
      { role: 'system', content: '' },
      {
        role: 'user',
        content: [
          { type: 'text', text: '' },
          { type: 'text', text: 'hi' },
        ],
      },
      { role: 'assistant', content: [], tool_calls: [chatCall('functions.f:0'), chatCall('call_1')] },
      { role: 'tool', tool_call_id: 'functions.f:0', content: [] },
      { role: 'tool', tool_call_id: 'call_1', content: 'done' },
    ];
    expect((await ask({ messages, stop: [] })).status).toBe(200);
    const sent = gateway().upstream.last.body;
    const [user, assistant, results] = sent['messages'] as [JsonObject, JsonObject, JsonObject];
    const blocksOf = ({ content }: JsonObject): JsonObject[] => content as JsonObject[];
    expect(user['content']).toBe('hi');
    const ids = blocksOf(assistant).map(({ id }) => id);
    expect(ids).toEqual([expect.stringMatching(/^call_[0-9a-f]{32}$/), 'call_1']);
    expect(blocksOf(results).map(({ tool_use_id: id }) => id)).toEqual(ids);
    expect(sent['stop_sequences']).toBeUndefined();
  });

  it('a cap that is none is refused, and nobody is asked', async () => {
    const response = await ask({ max_tokens: -5 });
    expect([response.status, at(await jsonOf(response), 'error', 'param'), gateway().upstream.received.length]).toEqual([
      400,
      '/max_tokens',
      0,
    ]);
  });

  const stream = (...events: JsonObject[]): string[] =>
    events.map((body) => `event: ${String(body['type'])}\ndata: ${JSON.stringify(body)}\n\n`);
  const start = { type: 'message_start', message: { id: 'msg_1', model: 'm', usage: { input_tokens: 4, cache_read_input_tokens: 6 } } };
  const end = [{ type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 3 } }, { type: 'message_stop' }];

  it('the arguments of a call come once, from a server that says them twice too', async () => {
    inFrontOf('anthropic');
    const use = { type: 'tool_use', id: 'toolu_1', name: 'f', input: { city: 'Oslo' } };
    gateway().upstream.answer((_, reply) =>
      reply.events(
        stream(
          start,
          { type: 'content_block_start', index: 0, content_block: use },
          { type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: '{"city":"Oslo"}' } },
          { type: 'content_block_stop', index: 0 },
          { type: 'content_block_start', index: 1, content_block: { ...use, id: 'toolu_2' } },
          { type: 'content_block_stop', index: 1 },
          ...end,
        ),
      ),
    );
    const { text } = await readAll(
      await send('/chat/completions', { messages: [hi], stream: true, stream_options: { include_usage: true } }),
    );
    const said: string[] = ['', ''];
    for (const event of eventsIn(text)) {
      const call = at(event, 'choices', 0, 'delta', 'tool_calls', 0) as JsonObject | undefined;
      if (call !== undefined) said[Number(call['index'])] += String(at(call, 'function', 'arguments') ?? '');
    }
    expect(said).toEqual(['{"city":"Oslo"}', '{"city":"Oslo"}']);
    expect(eventsIn(text).at(-1)?.['usage']).toEqual({
      prompt_tokens: 10,
      completion_tokens: 3,
      total_tokens: 13,
      prompt_tokens_details: { cached_tokens: 6 },
    });
  });
});

describe('messages in front of OpenAI', () => {
  const ask = (body: JsonObject = {}): Promise<Response> => send('/messages', { max_tokens: 9, messages: [hi], ...body });
  const answers = (answer: JsonObject): void => {
    inFrontOf('openai');
    gateway().upstream.answer((_, reply) => reply.json(answer));
  };
  const streams = (...events: string[]): void => {
    inFrontOf('openai');
    gateway().upstream.answer((_, reply) => reply.events([...events, chatUsage(), DONE]));
  };
  const finished = (answer: JsonObject, reason: string): JsonObject => {
    const [choice] = answer['choices'] as JsonObject[];
    return { ...answer, choices: [{ ...choice, finish_reason: reason }] };
  };
  const blocksIn = (text: string): JsonObject[] => {
    const blocks: JsonObject[] = [];
    for (const event of eventsIn(text)) {
      if (event['type'] === 'content_block_start') blocks.push({ ...(event['content_block'] as JsonObject), said: '' });
      const block = blocks.at(-1);
      const delta = event['delta'] as JsonObject | undefined;
      if (event['type'] === 'content_block_delta' && block !== undefined)
        block['said'] += String(delta?.['text'] ?? delta?.['thinking'] ?? delta?.['partial_json']);
    }
    return blocks;
  };

  it('an empty system prompt is none, an empty result is one, and a turn does not vanish', async () => {
    answers(chatAnswer({ content: 'fine' }));
    const use = { type: 'tool_use', id: 'c1', name: 'f', input: {} };
    const result = { type: 'tool_result', tool_use_id: 'c1', content: [] };
    const messages = [hi, { role: 'assistant', content: [use] }, { role: 'user', content: [result] }];
    expect((await ask({ system: [], messages })).status).toBe(200);
    const sent = gateway().upstream.last.body['messages'] as JsonObject[];
    // The first is of the envelope, which says that results of tools give no orders.
    expect(sent.filter(({ role }) => role !== 'system').map(({ role, content }) => [role, content])).toEqual([
      ['user', 'hi'],
      ['assistant', null],
      ['tool', ''],
    ]);
    const response = await ask({ messages: [{ role: 'user', content: [] }, hi] });
    expect([response.status, at(await jsonOf(response), 'error', 'code')]).toEqual([400, 'untranslatable_field']);
  });

  it('a call that ends with `stop`, as a named one does, ends as calls do', async () => {
    answers(finished(chatAnswer({ calls: [{ id: 'c1', name: 'f', arguments: '{}' }] }), 'stop'));
    expect(await jsonOf(await ask())).toMatchObject({ stop_reason: 'tool_use', content: [{ type: 'tool_use' }] });
    streams(chatChunk({ tool_calls: [{ index: 0, ...chatCall('c1') }] }), chatChunk({}, 'stop'));
    const { text } = await readAll(await ask({ stream: true }));
    expect(eventsIn(text).find(({ type }) => type === 'message_delta')).toMatchObject({ delta: { stop_reason: 'tool_use' } });
  });

  it('a call that the cap cut off is left out of a whole answer, which says that the cap was reached', async () => {
    answers(finished(chatAnswer({ content: 'Let me look.', calls: [{ id: 'c1', name: 'f', arguments: '{"city":"Os' }] }), 'length'));
    const response = await ask();
    expect(response.status).toBe(200);
    expect(await jsonOf(response)).toMatchObject({ stop_reason: 'max_tokens', content: [{ type: 'text', text: 'Let me look.' }] });
  });

  it('calls that all have one number, or none, are told apart by their ids', async () => {
    const piece = (call: JsonObject): string => chatChunk({ tool_calls: [call] });
    streams(
      piece({ index: 0, ...chatCall('c1', '{"city":') }),
      piece({ index: 0, id: '', function: { arguments: '"Oslo"}' } }),
      piece({ index: 0, ...chatCall('c2', '{"city":"Bergen"}') }),
      piece({ ...chatCall('c3', '{}') }),
      chatChunk({}, 'tool_calls'),
    );
    const { text } = await readAll(await ask({ stream: true }));
    expect(blocksIn(text).map(({ id, said }) => [id, said])).toEqual([
      ['c1', '{"city":"Oslo"}'],
      ['c2', '{"city":"Bergen"}'],
      ['c3', '{}'],
    ]);
  });

  it('thoughts that come under two names are thought once', async () => {
    const thought = (text: string): string => chatChunk({ reasoning: text, reasoning_content: text });
    streams(thought('It must '), thought('be Paris'), chatChunk({ content: 'Paris' }), chatChunk({}, 'stop'));
    const { text } = await readAll(await ask({ stream: true }));
    expect(blocksIn(text).map(({ type, said }) => [type, said])).toEqual([
      ['thinking', 'It must be Paris'],
      ['text', 'Paris'],
    ]);
  });

  it('cached input stands apart, in streams too', async () => {
    const usage = { prompt_tokens: 9, completion_tokens: 7, total_tokens: 16, prompt_tokens_details: { cached_tokens: 4 } };
    inFrontOf('openai');
    gateway().upstream.answer((_, reply) => reply.events([chatChunk({ content: 'Paris' }), chatChunk({}, 'stop'), chatUsage(usage), DONE]));
    const { text } = await readAll(await ask({ stream: true }));
    expect(eventsIn(text).find(({ type }) => type === 'message_delta')?.['usage']).toEqual({
      input_tokens: 5,
      cache_read_input_tokens: 4,
      cache_creation_input_tokens: 0,
      output_tokens: 7,
    });
  });
});

describe('a chat in front of a server that numbers all calls alike', () => {
  it('has a number for each, and the arguments of each whole', async () => {
    gateway().sallyport.reload(gateway().configOf({}), 'test');
    const piece = (call: JsonObject): string => chatChunk({ tool_calls: [call] });
    gateway().upstream.answer((_, reply) =>
      reply.events([
        piece({ index: 0, ...chatCall('c1', '{"mail":"ada@') }),
        piece({ index: 0, function: { arguments: 'example.org"}' } }),
        piece({ index: 0, ...chatCall('c2', '{"n":2}') }),
        chatChunk({}, 'tool_calls'),
        chatUsage({ prompt_tokens: 9, completion_tokens: 7, completion_tokens_details: { reasoning_tokens: 5 } }),
        DONE,
      ]),
    );
    const { text } = await readAll(
      await send('/chat/completions', { messages: [hi], stream: true, stream_options: { include_usage: true } }),
    );
    const calls: { id?: string; said: string }[] = [];
    for (const event of eventsIn(text)) {
      const call = at(event, 'choices', 0, 'delta', 'tool_calls', 0) as JsonObject | undefined;
      if (call === undefined) continue;
      const known = (calls[Number(call['index'])] ??= { said: '' });
      if (typeof call['id'] === 'string') known.id = call['id'];
      known.said += String(at(call, 'function', 'arguments') ?? '');
    }
    expect(calls.map(({ id }) => id)).toEqual(['c1', 'c2']);
    expect(calls.map(({ said }) => Object.keys(JSON.parse(said) as object))).toEqual([['mail'], ['n']]);
    expect(eventsIn(text).findLast((event) => 'usage' in event)?.['usage']).toMatchObject({
      completion_tokens_details: { reasoning_tokens: 5 },
    });
  });
});
