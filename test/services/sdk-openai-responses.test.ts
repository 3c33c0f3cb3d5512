// Responses, completions and embeddings through the official OpenAI client.
import OpenAI, { APIError, BadRequestError } from 'openai';
import { describe, expect, it } from 'vitest';
import {
  callItem,
  completionAnswer,
  completionChunk,
  DONE,
  messageItem,
  openaiErrorBody,
  reasoningItem,
  responseAnswer,
  responseStream,
} from '../support/openai-replies.ts';
import { useGateway } from '../support/running-gateway.ts';

const gateway = useGateway();
const client = (): OpenAI => new OpenAI({ baseURL: gateway().openaiUrl, apiKey: gateway().key, maxRetries: 0 });
const SECRET = ['AKIA', 'Z7QX', 'M2PL', 'K4WR', 'T6VB'].join('');

const weather: OpenAI.Responses.FunctionTool = {
  type: 'function',
  name: 'get_weather',
  description: 'Tells the weather of a city.',
  strict: true,
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false },
};

describe('responses through the OpenAI SDK', () => {
  it('answers whole, and never lets the provider keep the answer', async () => {
    gateway().upstream.answer((_, reply) => reply.json(responseAnswer([reasoningItem('Easy.'), messageItem('Paris.')])));
    const answer = await client().responses.create({ model: 'gpt-test', instructions: 'Be brief.', input: 'Capital of France?' });
    expect(answer.output_text).toBe('Paris.');
    expect(answer.usage).toMatchObject({ input_tokens: 9, output_tokens: 7 });
    expect(gateway().upstream.last.path).toBe('/v1/responses');
    expect(gateway().upstream.last.body['store']).toBe(false);
  });

  it('streams through the SDK’s accumulator, reasoning summaries included', async () => {
    gateway().upstream.answer((_, reply) =>
      reply.events(responseStream([reasoningItem('Let me think.'), messageItem('Once upon a time.')])),
    );
    const stream = client().responses.stream({ model: 'gpt-test', input: 'A story.', reasoning: { effort: 'low', summary: 'auto' } });
    const heard: string[] = [];
    stream.on('response.output_text.delta', (event) => heard.push(event.delta));
    const final = await stream.finalResponse();
    expect(heard.join('')).toBe('Once upon a time.');
    expect(heard.length).toBeGreaterThan(1);
    expect(final.output_text).toBe('Once upon a time.');
    expect(final.output[0]).toMatchObject({ type: 'reasoning', summary: [{ type: 'summary_text', text: 'Let me think.' }] });
  });

  it('masks a secret in every copy that the stream makes of a text', async () => {
    gateway().upstream.answer((_, reply) => reply.events(responseStream([messageItem(`The key is ${SECRET}, keep it.`)], 9)));
    const stream = await client().responses.create({ model: 'gpt-test', input: 'Settings?', stream: true });
    const events: OpenAI.Responses.ResponseStreamEvent[] = [];
    for await (const event of stream) events.push(event);
    expect(JSON.stringify(events)).not.toContain(SECRET.slice(0, 8));
    const masked = /^The key is \[[A-Z_]+\], keep it\.$/;
    expect(events.map((event) => (event.type === 'response.output_text.delta' ? event.delta : '')).join('')).toMatch(masked);
    const last = events.at(-1);
    expect(last?.type === 'response.completed' ? last.response.output : undefined).toMatchObject([
      { content: [{ text: expect.stringMatching(masked) }] },
    ]);
  });

  it.each([false, true])('runs a ReAct loop of three steps (streamed: %s)', async (isStreamed) => {
    gateway().upstream.forget();
    gateway().upstream.answer(({ text }, reply) => {
      const turns = text.split('"function_call_output"').length - 1;
      const city = ['Oslo', 'Rome'][turns];
      const output =
        city === undefined
          ? [messageItem('Rome is warmer.', 'msg_9')]
          : [
              reasoningItem('Look.', `rs_${turns}`),
              callItem({ id: `call_${turns}`, name: 'get_weather', arguments: JSON.stringify({ city }) }, `fc_${turns}`),
            ];
      return isStreamed ? reply.events(responseStream(output)) : reply.json(responseAnswer(output));
    });
    const input: OpenAI.Responses.ResponseInput = [{ role: 'user', content: 'Is Oslo or Rome warmer?' }];
    const asked: string[] = [];
    let text: string | undefined;
    while (text === undefined) {
      const request = { model: 'gpt-test', input, tools: [weather], parallel_tool_calls: false };
      const answer: OpenAI.Responses.Response = isStreamed
        ? await client().responses.stream(request).finalResponse()
        : await client().responses.create(request);
      // What the SDK's helper itself adds to items (`parsed_arguments`) is not part of the API.
      input.push(
        ...answer.output.map((item) => ({ ...item, parsed_arguments: undefined }) as unknown as OpenAI.Responses.ResponseInputItem),
      );
      const calls = answer.output.filter((item) => item.type === 'function_call');
      if (calls.length === 0) text = answer.output_text;
      for (const call of calls) {
        asked.push(call.arguments);
        input.push({ type: 'function_call_output', call_id: call.call_id, output: '21 degrees' });
      }
    }
    expect(text).toBe('Rome is warmer.');
    expect(asked).toEqual(['{"city":"Oslo"}', '{"city":"Rome"}']);
    expect(gateway().upstream.received).toHaveLength(3);
    expect(gateway().upstream.last.text).toMatch(/<untrusted-[0-9a-f]{12}>\\n21 degrees\\n<\/untrusted-/);
  });

  it('carries structured output', async () => {
    gateway().upstream.answer((_, reply) => reply.json(responseAnswer([messageItem('{"city":"Paris"}')])));
    const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false };
    const format = { type: 'json_schema' as const, name: 'city', strict: true, schema };
    const answer = await client().responses.parse({ model: 'gpt-test', input: 'A city?', text: { format } });
    expect(answer.output_parsed).toEqual({ city: 'Paris' });
    expect(gateway().upstream.last.body['text']).toEqual({ format });
  });

  it.each([
    ['previous_response_id', { previous_response_id: 'resp_1' }],
    ['conversation', { conversation: 'conv_1' }],
    ['background', { background: true }],
    ['an item that this key never got', { input: [{ type: 'item_reference', id: 'msg_never' }] }],
    ['a stored prompt', { prompt: { id: 'pmpt_1' } }],
    ['a tool that runs at the provider', { tools: [{ type: 'web_search' }] }],
  ] as const)('refuses %s, with the place', async (_, more) => {
    const request = { model: 'gpt-test', input: 'Hello', ...more } as OpenAI.Responses.ResponseCreateParamsNonStreaming;
    const error = await client()
      .responses.create(request)
      .catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error).toMatchObject({ param: expect.stringMatching(/^\//) });
  });

  it('an error in the stream is an APIError', async () => {
    gateway().upstream.answer((_, reply) =>
      reply.events([
        ...responseStream([messageItem('So')]).slice(0, 4),
        'event: error\ndata: {"type":"error","code":"x","message":"boom","sequence_number":4}\n\n',
      ]),
    );
    const read = async (): Promise<void> => {
      for await (const event of await client().responses.create({ model: 'gpt-test', input: 'Go.', stream: true }))
        expect(event.type).toBeDefined();
    };
    await expect(read()).rejects.toBeInstanceOf(APIError);
  });

  it('abort in mid-stream: the upstream sees its socket close within a second', async () => {
    gateway().upstream.answer(async (_, reply) => {
      reply.open();
      for (const event of responseStream([messageItem('one two three')]).slice(0, 6)) await reply.write(event);
    });
    const stream = await client().responses.create({ model: 'gpt-test', input: 'Count.', stream: true });
    for await (const event of stream) if (event.type === 'response.output_text.delta') break;
    const abortedAtMs = performance.now();
    await gateway().upstream.last.closed;
    expect((gateway().upstream.last.goneAtMs ?? Infinity) - abortedAtMs).toBeLessThan(1_000);
  });
});

describe('completions and embeddings through the OpenAI SDK', () => {
  it('completes whole and streamed', async () => {
    gateway().upstream.answer((_, reply) => reply.json(completionAnswer(' upon a time')));
    const whole = await client().completions.create({ model: 'gpt-test', prompt: 'Once', max_tokens: 16 });
    expect(whole.choices[0]?.text).toBe(' upon a time');
    gateway().upstream.answer((_, reply) =>
      reply.events([completionChunk(' upon'), completionChunk(' a time'), completionChunk('', 'stop'), DONE]),
    );
    const texts: string[] = [];
    for await (const chunk of await client().completions.create({ model: 'gpt-test', prompt: 'Once', stream: true }))
      texts.push(chunk.choices[0]?.text ?? '');
    expect(texts.join('')).toBe(' upon a time');
  });

  it('embeds, as the SDK asks for it: base64 on the wire, numbers for the caller', async () => {
    const bytes = Buffer.from(Float32Array.from([0.5, -0.25, 1]).buffer).toString('base64');
    gateway().upstream.answer(({ body }, reply) =>
      reply.json({
        object: 'list',
        model: 'embed-test',
        data: (body['input'] as string[]).map((_, index) => ({
          object: 'embedding',
          index,
          embedding: body['encoding_format'] === 'base64' ? bytes : [0.5, -0.25, 1],
        })),
        usage: { prompt_tokens: 4, total_tokens: 4 },
      }),
    );
    for (const encoding of [undefined, 'float'] as const) {
      const answer = await client().embeddings.create({
        model: 'embed-test',
        input: ['red', 'blue'],
        ...(encoding === undefined ? {} : { encoding_format: encoding }),
      });
      expect(answer.data.map((row) => row.embedding)).toEqual([
        [0.5, -0.25, 1],
        [0.5, -0.25, 1],
      ]);
      expect(answer.usage.prompt_tokens).toBe(4);
    }
  });

  it('masks secrets in what is embedded', async () => {
    gateway().upstream.answer((_, reply) => reply.json(openaiErrorBody('enough'), 400));
    await expect(client().embeddings.create({ model: 'embed-test', input: `token ${SECRET}` })).rejects.toBeInstanceOf(BadRequestError);
    expect(gateway().upstream.last.text).not.toContain(SECRET);
  });
});
