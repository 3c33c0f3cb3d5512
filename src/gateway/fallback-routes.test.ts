// Routes with several upstreams: of different formats, with names of their own, and callers who leave in between.
import { describe, expect, it } from 'vitest';
import { anthropicAnswer, anthropicStream, textBlock } from '../../test/support/anthropic-replies.ts';
import { chatAnswer } from '../../test/support/openai-replies.ts';
import { chat, post, readAll } from '../../test/support/plain-client.ts';
import type { RunningGateway, Settings } from '../../test/support/running-gateway.ts';
import { contentOf, usePair } from './fallback.fixture.ts';

const { pair, running } = usePair();

describe('a caller who goes while one upstream is given up for the next', () => {
  it.each([false, true])('takes the next with it (a stream: %s)', async (stream) => {
    const { gateway, a, b } = pair();
    const abort = new AbortController();
    a.answer(async (_, reply) => {
      abort.abort();
      await new Promise((resolve) => void setTimeout(resolve, 50));
      reply.json({}, 500);
    });
    const { key, id } = await gateway.newKey('gone', { perMinute: 1_000, concurrent: 1, tokens: { day: 1_000_000 } });
    await post({ url: gateway.openaiUrl, key }, chat('Hello', { stream }), { signal: abort.signal }).catch(() => undefined);
    await expect.poll(() => gateway.sallyport.rooms.access.inFlight.size).toBe(0);
    expect(b.received).toHaveLength(0);
    // Its place among the key's requests is free again, and what it may have cost is on the books.
    a.answer((_, reply) => reply.json(chatAnswer({ content: 'from a' })));
    expect(await contentOf(await post({ url: gateway.openaiUrl, key }, chat('Hello')))).toBe('from a');
    expect(gateway.sallyport.rooms.access.budgets.purses(`key:${id}`).day.leftTokens(1_000_000)).toBeLessThan(1_000_000 - 16);
    expect(gateway.log).toEqual([]);
  });
});

describe('upstreams of different formats', () => {
  const kinds = { a: { kind: 'openai' }, b: { kind: 'anthropic' } };

  it('a chat goes on as messages, whole and streamed', async () => {
    const { a, b, ask, records } = pair({ upstreams: ['a', { upstream: 'b', model: 'claude-test' }] }, kinds);
    a.answer((_, reply) => reply.json({}, 500));
    b.answer(({ body }, reply) =>
      body['stream'] === true ? reply.events(anthropicStream([textBlock('from b')])) : reply.json(anthropicAnswer([textBlock('from b')])),
    );
    expect(await contentOf(await ask({ temperature: 0.5 }))).toBe('from b');
    expect(b.last).toMatchObject({ path: '/v1/messages', body: { model: 'claude-test', temperature: 0.5, max_tokens: 4096 } });
    expect((await records())[1]?.data).toMatchObject({ upstreamFormat: 'anthropic-messages', upstreamModel: 'claude-test' });
    const { text } = await readAll(await ask({ stream: true }));
    expect(text).toContain('"chat.completion.chunk"');
    expect(text).toContain('data: [DONE]');
  });

  it('one that cannot carry the request is left out', async () => {
    const { a, b, ask } = pair({}, kinds);
    a.answer((_, reply) => reply.json({}, 500));
    expect((await ask({ seed: 7 })).status).toBe(500);
    expect(b.received).toHaveLength(0);
    a.answer((_, reply) => reply.json(chatAnswer({ content: 'from a' })));
    const turned = pair({ upstreams: ['b', 'a'] }, kinds);
    expect(await contentOf(await turned.ask({ seed: 7 }))).toBe('from a');
    expect(turned.b.received).toHaveLength(0);
  });
});

describe('the names that a key may use', () => {
  const list = async (gateway: RunningGateway): Promise<string[]> => {
    const response = await fetch(`${gateway.openaiUrl}/models`, { headers: { authorization: `Bearer ${gateway.key}` } });
    return ((await response.json()) as { data: { id: string }[] }).data.map(({ id }) => id);
  };

  it('are those of the route, and not those by which a model goes to an upstream', async () => {
    const names = (...models: string[]): Settings => ({ models });
    const own = pair(
      {
        models: 'house-model',
        upstreams: [
          { upstream: 'a', model: 'name-at-a' },
          { upstream: 'b', model: 'name-at-b' },
        ],
      },
      {
        a: names('name-at-a'),
        b: names('name-at-b'),
      },
    );
    expect(await list(own.gateway)).toEqual(['house-model']);
    const one = await fetch(`${own.gateway.openaiUrl}/models/house-model`, { headers: { authorization: `Bearer ${own.gateway.key}` } });
    expect(one.status).toBe(200);
    expect(await contentOf(await own.ask({ model: 'house-model' }))).toBe('from a');
    const any = pair(
      { models: '*', upstreams: ['a', { upstream: 'b', model: 'name-at-b' }] },
      {
        a: names('name-at-a'),
        b: names('name-at-b', 'another-at-b'),
      },
    );
    expect(await list(any.gateway)).toEqual(['name-at-a']);
  });
});

describe('a configuration is refused', () => {
  const upstreams = { a: { kind: 'demo' }, b: { kind: 'openai', trust: 'external' } };
  it.each([
    ['with one and several', { upstream: 'a', upstreams: ['a', 'b'] }, 'route_without_upstream'],
    ['with none', {}, 'route_without_upstream'],
    ['that chooses among one', { upstream: 'a', choose: 'price' }, 'route_without_upstream'],
    ['that names nobody', { upstreams: ['a', 'c'] }, 'upstream_unknown'],
    ['that would leave the house', { upstreams: ['a', 'b'] }, 'route_less_trusted'],
  ])('%s', async (_, route, code) => {
    const gateway = running();
    const config = gateway.configOf({ upstreams, routes: [{ models: '*', ...route }] });
    expect(() => gateway.sallyport.reload(config, 'test')).toThrow(expect.objectContaining({ code }));
  });
});
