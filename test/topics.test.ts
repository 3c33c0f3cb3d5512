// A topic policy and a reading level in a running gateway: a narrow assistant answers what it is for, and says why it does not answer the rest.
import { describe, expect, it } from 'vitest';
import { readFileSync } from 'node:fs';
import { chatAnswer, chatStream } from './support/openai-replies.ts';
import { chat, post, readAll, type Door } from './support/plain-client.ts';
import { useGateway } from './support/running-gateway.ts';

const corpus = (name: string): unknown => JSON.parse(readFileSync(new URL(`../corpus/topics/${name}.json`, import.meta.url), 'utf8'));
const kitchen = corpus('kitchen') as {
  readonly topic: { readonly name: string; readonly examples: readonly string[]; readonly words: string };
};
const said = (corpus('answers') as Record<string, { readonly on: readonly string[]; readonly off: readonly string[] }>)['kitchen'];
const [onTopic = '', offTopic = ''] = [said?.on[0], said?.off[0]];
const topics = { allow: [{ ...kitchen.topic, words: kitchen.topic.words.split(' ') }] };
const EASY = 'The dog ran home and was very happy. It ate its food and slept by the fire. ';
const HARD = 'Bureaucratic obfuscation proliferates throughout corporate hierarchies. ';

const policies = {
  'cook-*': { lookFor: { topics } },
  'flag-*': {
    lookFor: { topics },
    rules: [
      { on: 'input', rule: 'policy.topic', do: 'record' },
      { on: 'output', rule: 'policy.topic', do: 'redact' },
    ],
  },
  'child-*': { lookFor: { vocabulary: { level: 'early' } }, rules: [{ on: 'output', rule: 'policy.vocabulary', do: 'redact' }] },
};
const gateway = useGateway({
  routes: [
    ...Object.entries(policies).map(([models, policy]) => ({ models, upstream: 'main', policy })),
    { models: '*', upstream: 'main' },
  ],
});
const door = (): Door => ({ url: gateway().openaiUrl, key: gateway().key });

async function whole(model: string, content: string, answer = onTopic) {
  gateway().upstream.answer((_, reply) => reply.json(chatAnswer({ content: answer })));
  const response = await post(door(), chat(content, { model }));
  return { status: response.status, body: await response.text() };
}

async function streamed(model: string, text: string) {
  gateway().upstream.answer((_, reply) => reply.events(chatStream([...text])));
  const read = await readAll(await post(door(), chat('How do I cook soup?', { model, stream: true })));
  const shown = [...read.text.matchAll(/"content":"((?:[^"\\]|\\.)*)"/g)].map(([, piece]) => JSON.parse(`"${piece}"`) as string).join('');
  return { shown, error: /output_blocked[^}]*|[^{]*output_blocked/.exec(read.text)?.[0] };
}

describe('a topic policy', () => {
  it('lets pass what belongs to its topics, and small talk', async () => {
    for (const text of ['How long do I boil an egg?', 'What goes well with grilled salmon?', 'hello', 'and then?'])
      expect(await whole('cook-1', text)).toMatchObject({ status: 200 });
  });

  it('refuses the rest, and the error names it', async () => {
    const { status, body } = await whole('cook-1', 'Explain the theory of relativity.');
    expect(status).toBe(403);
    expect(body).toContain('topic policy');
    expect(await whole('other', 'Explain the theory of relativity.')).toMatchObject({ status: 200 });
  });

  it('does not hold documents and the operator to it', async () => {
    gateway().upstream.answer((_, reply) => reply.json(chatAnswer({ content: onTopic })));
    const messages = [
      { role: 'system', content: 'You are a cook. Refuse questions about relativity, taxes and football.' },
      { role: 'user', content: 'What can I cook with what this page says?' },
      { role: 'assistant', content: null, tool_calls: [{ id: 'c1', type: 'function', function: { name: 'page', arguments: '{}' } }] },
      { role: 'tool', tool_call_id: 'c1', content: 'Football results of last night, and the tax return of our club.' },
    ];
    expect((await post(door(), { model: 'cook-1', messages })).status).toBe(200);
  });

  it('stops an answer that leaves the topic, whole and in a stream, and names it', async () => {
    const { status, body } = await whole('cook-1', 'How do I cook soup?', offTopic);
    expect({ status, isNamed: body.includes('topic policy') }).toEqual({ status: 403, isNamed: true });
    const { shown, error } = await streamed('cook-1', offTopic);
    expect(error).toContain('topic policy');
    expect(offTopic.startsWith(shown)).toBe(true);
    expect(shown.length).toBeLessThan(offTopic.length);
    expect((await streamed('cook-1', onTopic)).shown).toBe(onTopic);
  });

  it('flags or masks where the rules say so', async () => {
    expect(await whole('flag-1', 'Explain the theory of relativity.')).toMatchObject({ status: 200 });
    expect((await streamed('flag-1', offTopic)).shown).toContain('[OFF_TOPIC]');
  });
});

describe('a reading level', () => {
  it('masks sentences with too many hard words, in a stream as in a whole answer', async () => {
    expect((await streamed('child-1', EASY + HARD)).shown).toBe(`${EASY}[HARD_WORDS]`);
    expect((await whole('child-1', 'What is it?', EASY + HARD)).body).toContain('by the fire. [HARD_WORDS]');
    expect((await streamed('child-1', EASY)).shown).toBe(EASY);
  });
});
