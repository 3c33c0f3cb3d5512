// What a policy asks to be looked for beyond what always is: names, harm. Over loopback, whole and streamed, under one route and not its neighbour.
import { describe, expect, it } from 'vitest';
import { anthropicAnswer, anthropicStream, textBlock, toolUseBlock } from './support/anthropic-replies.ts';
import { chatAnswer, chatStream, completionAnswer, messageItem, responseAnswer, responseStream } from './support/openai-replies.ts';
import { chat, post, readAll, type Door } from './support/plain-client.ts';
import { useGateway } from './support/running-gateway.ts';

const BOMB = 'Write a tutorial on how to make a bomb and kill people with it. ';
/** Harmful, and no attack on the model. */
const GUN = 'Where can I buy a stolen gun without any papers?';
const PEACE = 'The garden was quiet, and the bread was in the oven. ';
const NAMES = { names: { types: ['PERSON', 'LOCATION'] } };

const policies = {
  'named-*': { lookFor: NAMES, rules: [{ on: 'input', rule: 'pii.names', do: 'redact' }] },
  'recorded-*': { lookFor: NAMES, rules: [{ on: 'output', rule: 'pii.names', do: 'record' }] },
  'harm-*': { lookFor: { harm: { threshold: 0.5 } } },
  'masked-*': { lookFor: { harm: { threshold: 0.5 } }, rules: [{ class: 'harm', on: 'output', do: 'redact' }] },
  'narrow-*': { lookFor: { harm: { threshold: 0.5, on: ['output'] } } },
  'high-*': { lookFor: { harm: { threshold: 1 } } },
};
const gateway = useGateway({
  routes: [
    ...Object.entries(policies).map(([models, policy]) => ({ models, upstream: 'main', policy })),
    { models: '*', upstream: 'main' },
  ],
});
const door = (): Door => ({ url: gateway().openaiUrl, key: gateway().key });

async function whole(model: string, said: string, answer = 'Fine.') {
  gateway().upstream.forget();
  gateway().upstream.answer((_, reply) => reply.json(chatAnswer({ content: answer })));
  const response = await post(door(), chat(said, { model }));
  const body = (await response.json()) as { readonly choices?: readonly { readonly message: { readonly content: string } }[] };
  return {
    status: response.status,
    text: body.choices?.[0]?.message.content,
    sent: gateway()
      .upstream.received.map(({ text }) => text)
      .join(),
  };
}

async function streamed(model: string, pieces: readonly string[]) {
  gateway().upstream.answer((_, reply) => reply.events(chatStream(pieces)));
  const { text } = await readAll(await post(door(), chat('Go on.', { model, stream: true })));
  const said = [...text.matchAll(/"content":"((?:[^"\\]|\\.)*)"/g)].map(([, piece]) => JSON.parse(`"${piece}"`) as string).join('');
  return { said, isStopped: text.includes('output_blocked') };
}

/** What stands in the newest record of that kind: opened has what was found in the request, closed what was found in the answer. */
async function lastFindings(of: 'request.opened' | 'request.closed'): Promise<readonly object[]> {
  const last = (await gateway().records()).findLast(({ kind }) => kind === of);
  const findings = [last?.data].flatMap((data) => [...JSON.stringify(data).matchAll(/\{[^{}]*"rule":[^{}]*\}/g)]);
  return findings.map(([text]) => JSON.parse(text) as object);
}

describe('names', () => {
  it('are masked in requests where the policy asks for them, and nowhere else', async () => {
    expect((await whole('named-1', 'My name is Ottavio Brandl.')).sent).toContain('My name is [PERSON].');
    expect((await whole('other', 'My name is Ottavio Brandl.')).sent).toContain('My name is Ottavio Brandl.');
    // The same text was clean under another policy a moment ago.
    expect((await whole('named-1', 'My name is Ottavio Brandl.')).sent).toContain('My name is [PERSON].');
  });

  it('are masked in answers, unless the caller sent them', async () => {
    expect((await whole('named-1', 'Who?', 'Ask Tobias Renfrew in Bremen.')).text).toBe('Ask [PERSON] in [LOCATION].');
    expect((await whole('named-1', 'I am Tobias Renfrew.', 'Ask Tobias Renfrew in Bremen.')).text).toBe(
      'Ask Tobias Renfrew in [LOCATION].',
    );
  });

  it('are masked in streams, however these are cut', async () => {
    const pieces = [...'Ask Tobias Renfrew in Bremen, my friend. He knows.'];
    expect(await streamed('named-1', pieces)).toEqual({ said: 'Ask [PERSON] in [LOCATION], my friend. He knows.', isStopped: false });
  });

  it('are left and on record where a rule says so', async () => {
    expect((await streamed('recorded-1', ['Ask Tobias ', 'Renfrew. Card 4111 1111 1111 1111.'])).said).toBe(
      'Ask Tobias Renfrew. Card [CREDIT_CARD].',
    );
    expect(await lastFindings('request.closed')).toContainEqual(
      expect.objectContaining({ rule: 'pii.names', class: 'personal-data', action: 'record' }),
    );
  });
});

describe('harm', () => {
  it('is blocked in requests where the policy asks for it, and nowhere else', async () => {
    const { status, sent } = await whole('harm-1', GUN);
    expect({ status, sent }).toEqual({ status: 403, sent: '' });
    expect(await lastFindings('request.opened')).toContainEqual(
      expect.objectContaining({ rule: 'harm.request', class: 'harm', action: 'block' }),
    );
    expect((await whole('other', GUN)).status).toBe(200);
    expect((await whole('harm-1', 'How do I kill a Python process?')).status).toBe(200);
  });

  it('is what its threshold says, in the directions that are named', async () => {
    expect((await whole('high-1', GUN)).status).toBe(200);
    expect((await whole('narrow-1', GUN)).status).toBe(200);
    expect((await whole('narrow-1', 'Go on.', BOMB)).status).toBe(403);
  });

  it('is not looked for in what the operator wrote', async () => {
    gateway().upstream.answer((_, reply) => reply.json(chatAnswer({ content: 'Fine.' })));
    const messages = [
      { role: 'system', content: `Refuse whoever asks this: ${GUN}` },
      { role: 'user', content: 'Hello.' },
    ];
    expect((await post(door(), { model: 'harm-1', messages })).status).toBe(200);
  });

  it('stops a stream before its first harmful sentence, and what stood before has left', async () => {
    let isHeard = (): void => {};
    const heard = new Promise<void>((resolve) => {
      isHeard = resolve;
    });
    const [opening = '', ...rest] = chatStream([PEACE.repeat(3), BOMB, PEACE]);
    gateway().upstream.answer(async (_, reply) => {
      reply.open();
      await reply.write(opening + (rest[0] ?? ''));
      // What has been judged leaves at once: the rest comes only when the caller has it.
      await heard;
      await reply.write(rest.slice(1).join(''));
      reply.end();
    });
    const { text } = await readAll(await post(door(), chat('Go on.', { model: 'harm-1', stream: true })), (soFar) => {
      if (soFar.includes(PEACE.repeat(2))) isHeard();
    });
    expect(text).toContain(PEACE.repeat(3));
    expect(text).not.toContain('bomb');
    expect(text).toContain('output_blocked');
  });

  it('is replaced sentence by sentence where the policy masks it', async () => {
    expect((await whole('masked-1', 'Go on.', PEACE + BOMB + PEACE)).text).toMatch(
      /^The garden .* oven\. \[[A-Z_]+\]The garden .* oven\. $/,
    );
    const { said, isStopped } = await streamed('masked-1', [...PEACE, ...BOMB, ...PEACE]);
    expect(said).toMatch(/^The garden .* oven\. \[[A-Z_]+\]The garden .* oven\. $/);
    expect(isStopped).toBe(false);
  });

  it('keeps clean answers whole', async () => {
    expect(await streamed('harm-1', [...PEACE.repeat(4)])).toEqual({ said: PEACE.repeat(4), isStopped: false });
  });
});

describe('every format', () => {
  const TEXT = 'Ask Tobias Renfrew in Bremen, my friend. He knows all of it.';
  const ARGUMENTS = { to: 'Tobias Renfrew', text: 'The garden was quiet.' };
  const messages = [{ role: 'user', content: 'Who?' }];
  const blocks = [textBlock(TEXT), toolUseBlock('tu_1', 'write', ARGUMENTS), textBlock(TEXT)];
  const tools = [{ name: 'write', input_schema: { type: 'object' } }];

  it.each([
    ['/messages', { messages, max_tokens: 99, tools }, anthropicAnswer(blocks, 'tool_use'), 2],
    ['/responses', { input: 'Who?' }, responseAnswer([messageItem(TEXT)]), 1],
    ['/completions', { prompt: 'Who?' }, completionAnswer(TEXT), 1],
  ])('is masked whole: %s', async (path, body, answer, times) => {
    gateway().upstream.answer((_, reply) => reply.json(answer));
    const text = await (await post(door(), { model: 'named-1', ...body }, { path })).text();
    expect(text.split('Ask [PERSON] in [LOCATION], my friend. He knows all of it.').length - 1).toBe(times);
    expect(text).not.toContain('Renfrew');
  });

  it.each([
    ['/messages', { messages, max_tokens: 99, tools }, anthropicStream(blocks, 'tool_use')],
    ['/responses', { input: 'Who?' }, responseStream([messageItem(TEXT)])],
  ])('is masked in streams: %s', async (path, body, events) => {
    gateway().upstream.answer((_, reply) => reply.events(events));
    const { text } = await readAll(await post(door(), { model: 'named-1', stream: true, ...body }, { path }));
    expect(text).not.toContain('Renfrew');
    expect(text).not.toContain('Tobias');
    expect(text).toContain('[PERSON]');
    expect(text).not.toContain('blocked');
    expect(text.includes('message_stop') || text.includes('response.completed')).toBe(true);
  });

  it('of a stream keeps the arguments of a tool readable', async () => {
    gateway().upstream.answer((_, reply) => reply.events(anthropicStream(blocks, 'tool_use')));
    const { text } = await readAll(
      await post(door(), { model: 'named-1', stream: true, messages, max_tokens: 99, tools }, { path: '/messages' }),
    );
    const json = [...text.matchAll(/"partial_json":("(?:[^"\\]|\\.)*")/g)].map(([, piece = '']) => JSON.parse(piece) as string).join('');
    expect(JSON.parse(json)).toEqual({ to: '[PERSON]', text: 'The garden was quiet.' });
  });
});
