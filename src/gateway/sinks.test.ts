// Routes that say where their answers go, over real loopback HTTP: made harmless or refused, whole and streamed, in each format.
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../core/types.ts';
import { anthropicAnswer, anthropicStream, textBlock, toolUseBlock } from '../../test/support/anthropic-replies.ts';
import {
  chatAnswer,
  chatCallStream,
  chatStream,
  completionAnswer,
  messageItem,
  responseAnswer,
  responseStream,
} from '../../test/support/openai-replies.ts';
import { chat, post, readAll } from '../../test/support/plain-client.ts';
import { useGateway, type Settings } from '../../test/support/running-gateway.ts';
import { at, eventsIn } from '../../test/support/stream-channels.ts';

const gateway = useGateway({
  routes: [
    ...['html', 'markdown', 'sql', 'shell', 'url', 'code', 'spreadsheet', 'terminal'].map((sink) => ({
      models: sink,
      upstream: 'main',
      sink,
    })),
    { models: 'strict-html', upstream: 'main', sink: { kind: 'html', do: 'block' } },
    { models: 'observed', upstream: 'main', sink: 'html', policy: { extends: 'observe' } },
    { models: 'own-rule', upstream: 'main', sink: 'html', policy: { rules: [{ on: 'output', rule: 'sinks.html-tags', do: 'record' }] } },
    { models: '*', upstream: 'main' },
  ],
} satisfies Settings);

const ask = (body: JsonObject, path = '/chat/completions'): Promise<Response> =>
  post({ url: gateway().openaiUrl, key: gateway().key }, body, {
    path,
    headers: { 'anthropic-version': '2023-06-01', 'x-api-key': gateway().key },
  });

const UNSAFE = 'Hi <img src=x onerror=alert(1)> and <b>bye</b>';
const SAFE = 'Hi &lt;img src=x onerror=alert(1)> and <b>bye</b>';
const cut = (text: string, size: number): string[] =>
  Array.from({ length: Math.ceil(text.length / size) }, (_, index) => text.slice(index * size, (index + 1) * size));

describe('an answer is made harmless where it goes', () => {
  it.each([
    ['html', UNSAFE, SAFE],
    ['markdown', 'See [this](javascript:alert(1)).', 'See [this](unsafe:alert(1)).'],
    ['sql', 'SELECT 1; DROP TABLE users', 'SELECT 1 [STACKED_STATEMENT]  [DESTROYING_STATEMENT]  users'],
    ['shell', 'a.txt; rm -rf /', 'a.txt  rm -rf /'],
    ['url', 'javascript:alert(1)', 'unsafe:alert(1)'],
    ['code', 'x = eval(text)', 'x = __blocked_by_sallyport__(text)'],
    ['spreadsheet', 'a,=1+1', "a,'=1+1"],
    ['terminal', 'a\u001b[2Jb', 'a\u241b[2Jb'],
  ])('%s, whole and streamed', async (model, unsafe, safe) => {
    gateway().upstream.answer(({ body }, reply) =>
      body['stream'] === true ? reply.events(chatStream(cut(unsafe, 3))) : reply.json(chatAnswer({ content: unsafe })),
    );
    const whole = await ask(chat('Hello', { model }));
    expect(whole.headers.get('x-sallyport-verdict')).toBe('redact');
    expect(at((await whole.json()) as JsonObject, 'choices', 0, 'message', 'content')).toBe(safe);
    const { text } = await readAll(await ask(chat('Hello', { model, stream: true })));
    expect(
      eventsIn(text)
        .map((event) => at(event, 'choices', 0, 'delta', 'content') ?? '')
        .join(''),
    ).toBe(safe);
  });

  // Each of them once passed: readers that differ over white space, over escapes, over slashes, over where a cell begins.
  it.each([
    ['html', '<a x=\u000b" onclick=alert(1) y=">go</a>', '&lt;a x=\u000b" onclick=alert(1) y=">go</a>'],
    ['html', '<p @click="go()">go</p>', '&lt;p @click="go()">go</p>'],
    ['markdown', '[go](javascript\\:alert(1))', '[go](unsafe:alert(1))'],
    ['markdown', '> [go]:\n> javascript:alert(1)', '> [go]:\n> unsafe:alert(1)'],
    ['sql', "x'or'1'='1", "x' [TAUTOLOGY] "],
    ['sql', '1 UNION TABLE users', '1  [READING_ON] sers'],
    ['url', 'http:127.0.0.1/admin', 'unsafe:127.0.0.1/admin'],
    ['url', 'http://10.1/', 'http://blocked.invalid/'],
    ['url', 'http://www.example.org @127.0.0.1/', 'http://blocked.invalid?/'],
    ['spreadsheet', '\ufeff=1+1', "\ufeff'=1+1"],
    ['spreadsheet', '+""&HYPERLINK("x")', '\'+""&HYPERLINK("x")'],
  ])('%s: %j, whole and streamed', async (model, unsafe, safe) => {
    gateway().upstream.answer(({ body }, reply) =>
      body['stream'] === true ? reply.events(chatStream(cut(unsafe, 2))) : reply.json(chatAnswer({ content: unsafe })),
    );
    const whole = (await (await ask(chat('Hello', { model }))).json()) as JsonObject;
    expect(at(whole, 'choices', 0, 'message', 'content')).toBe(safe);
    const { text } = await readAll(await ask(chat('Hello', { model, stream: true })));
    const pieces = eventsIn(text).map((event) => at(event, 'choices', 0, 'delta', 'content') ?? '');
    expect(pieces.join('')).toBe(safe);
  });

  it.each<readonly [string, string, JsonObject, JsonObject, (answer: JsonObject) => unknown]>([
    [
      'messages',
      '/messages',
      { max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] },
      anthropicAnswer([textBlock(UNSAFE)]),
      (answer) => at(answer, 'content', 0, 'text'),
    ],
    [
      'responses',
      '/responses',
      { input: 'hi' },
      responseAnswer([messageItem(UNSAFE)]),
      (answer) => at(answer, 'output', 0, 'content', 0, 'text'),
    ],
    ['completions', '/completions', { prompt: 'hi' }, completionAnswer(UNSAFE), (answer) => at(answer, 'choices', 0, 'text')],
  ])('in %s', async (_, path, body, answer, read) => {
    gateway().upstream.answer((_request, reply) => reply.json(answer));
    const response = await ask({ model: 'html', ...body }, path);
    expect(read((await response.json()) as JsonObject)).toBe(SAFE);
  });

  it('in streams of messages and responses', async () => {
    gateway().upstream.answer(({ path }, reply) =>
      reply.events(path.endsWith('/messages') ? anthropicStream([textBlock(UNSAFE)]) : responseStream([messageItem(UNSAFE)], 7)),
    );
    const messages = await readAll(
      await ask({ model: 'html', max_tokens: 9, messages: [{ role: 'user', content: 'hi' }], stream: true }, '/messages'),
    );
    expect(
      eventsIn(messages.text)
        .map((event) => at(event, 'delta', 'text') ?? '')
        .join(''),
    ).toBe(SAFE);
    const responses = await readAll(await ask({ model: 'html', input: 'hi', stream: true }, '/responses'));
    const deltas = eventsIn(responses.text).filter(({ type }) => type === 'response.output_text.delta');
    expect(deltas.map(({ delta }) => delta).join('')).toBe(SAFE);
    expect(responses.text).not.toContain('<img');
  });

  it('what was found is on record, by rule and place, and never quoted', async () => {
    gateway().upstream.answer((_, reply) => reply.json(chatAnswer({ content: UNSAFE })));
    await ask(chat('Hello', { model: 'html' }));
    const closed = (await gateway().records()).findLast(({ kind }) => kind === 'request.closed');
    expect(closed?.data).toMatchObject({
      verdict: 'redact',
      findings: { count: 1, listed: [{ rule: 'sinks.html-tags', class: 'unsafe-output', type: 'event_handler', action: 'redact' }] },
    });
    expect(JSON.stringify(closed)).not.toContain('onerror');
  });

  it('a tag that is cut over two blocks, which clients join, is stopped', async () => {
    gateway().upstream.answer((_, reply) => reply.json(anthropicAnswer([textBlock('Hi <scr'), textBlock('ipt>alert(1)</script>')])));
    const response = await ask({ model: 'html', max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] }, '/messages');
    expect(await response.text()).not.toMatch(/<scr.*ipt>/);
  });
});

describe('an answer is refused where the operator says so', () => {
  it('whole: 403, in the words of the format', async () => {
    gateway().upstream.answer((_, reply) => reply.json(chatAnswer({ content: UNSAFE })));
    const response = await ask(chat('Hello', { model: 'strict-html' }));
    expect(response.status).toBe(403);
    expect(at((await response.json()) as JsonObject, 'error', 'code')).toBe('output_blocked');
  });

  it('streamed: what came before has left, then one error', async () => {
    gateway().upstream.answer((_, reply) => reply.events(chatStream(cut(`All is well here. ${UNSAFE}`, 4))));
    const { text } = await readAll(await ask(chat('Hello', { model: 'strict-html', stream: true })));
    expect(text).toContain('output_blocked');
    expect(text).not.toContain('<img');
  });
});

describe('what is left as it is', () => {
  const contentOf = async (model: string, content: string): Promise<unknown> => {
    gateway().upstream.answer((_, reply) => reply.json(chatAnswer({ content })));
    return at((await (await ask(chat('Hello', { model }))).json()) as JsonObject, 'choices', 0, 'message', 'content');
  };

  it.each([
    ['a route without a sink', 'other', UNSAFE],
    ['a route that only observes', 'observed', UNSAFE],
    ['a rule of one’s own that says so', 'own-rule', UNSAFE],
    ['another sink', 'spreadsheet', UNSAFE],
    ['what is harmless there', 'html', '<p>1 < 2, and <a href="https://www.example.org">a link</a></p>'],
  ])('%s', async (_, model, content) => {
    expect(await contentOf(model, content)).toBe(content);
  });

  it('the arguments of tools, which go to a program', async () => {
    const call = { id: 'c1', name: 'run', arguments: '{"command":"a | b; c > d"}' };
    gateway().upstream.answer(({ body }, reply) =>
      body['stream'] === true
        ? reply.events(chatCallStream({ ...call, arguments: '' }, cut(call.arguments, 5)))
        : reply.json(chatAnswer({ calls: [call] })),
    );
    const whole = (await (await ask(chat('Hello', { model: 'shell' }))).json()) as JsonObject;
    expect(at(whole, 'choices', 0, 'message', 'tool_calls', 0, 'function', 'arguments')).toBe(call.arguments);
    const { text } = await readAll(await ask(chat('Hello', { model: 'shell', stream: true })));
    const pieces = eventsIn(text).map((event) => at(event, 'choices', 0, 'delta', 'tool_calls', 0, 'function', 'arguments') ?? '');
    expect(pieces.join('')).toBe(call.arguments);
    gateway().upstream.answer((_, reply) => reply.json(anthropicAnswer([toolUseBlock('t', 'run', { command: 'a | b' })], 'tool_use')));
    const messages = await ask({ model: 'shell', max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] }, '/messages');
    expect(at((await messages.json()) as JsonObject, 'content', 0, 'input', 'command')).toBe('a | b');
  });
});
