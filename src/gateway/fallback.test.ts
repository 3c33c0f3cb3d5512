// Several upstreams for one route, over real loopback HTTP: who is asked, who is asked next, and what is on record.
import { describe, expect, it } from 'vitest';
import { openaiChat } from './formats/openai-chat.ts';
import { contentOf, usePair } from './fallback.fixture.ts';
import { FallbackOrder } from './fallback-order.ts';
import type { Route } from './routes.ts';
import { chatAnswer, chatChunk, chatStream } from '../../test/support/openai-replies.ts';
import { chat, post, readAll } from '../../test/support/plain-client.ts';
import type { Settings } from '../../test/support/running-gateway.ts';
import type { ScriptedUpstream } from '../../test/support/scripted-upstream.ts';

const { pair } = usePair();
const DEAD = 'http://127.0.0.1:9/v1';

describe('another upstream is asked', () => {
  it.each<readonly [string, string, Settings, ((upstream: ScriptedUpstream) => void) | undefined]>([
    ['cannot be reached', 'unreachable', { url: DEAD }, undefined],
    ['fails', 'status 500', {}, (up) => up.answer((_, reply) => reply.json({}, 500))],
    ['is overloaded', 'status 529', {}, (up) => up.answer((_, reply) => reply.json({}, 529))],
    ['is over its limits', 'status 429', {}, (up) => up.answer((_, reply) => reply.json({}, 429))],
    ['refuses our key', 'status 401', {}, (up) => up.answer((_, reply) => reply.json({}, 401))],
    ['leads elsewhere', 'status 302', {}, (up) => up.answer((_, reply) => reply.json({}, 302, { location: 'http://127.0.0.1:9/' }))],
    ['drops the connection', 'broken', {}, (up) => up.answer((_, reply) => reply.drop())],
    ['says nothing in time', 'timeout', { timeouts: { firstByteMs: 60 } }, (up) => up.answer(() => {})],
  ])('when the first %s: every try is on record, the request is charged once', async (_, what, settings, script) => {
    const { gateway, a, ask, records } = pair({}, { a: settings });
    script?.(a);
    const { key, id } = await gateway.newKey('once', { perMinute: 1_000, tokens: { day: 1_000_000 } });
    const response = await ask({}, key);
    expect(await contentOf(response)).toBe('from b');
    const [opened, rerouted, closed] = await records();
    expect(opened).toMatchObject({ kind: 'request.opened', data: { upstream: 'a' } });
    expect(rerouted).toMatchObject({ kind: 'request.rerouted', data: { from: 'a', upstream: 'b', because: what, trust: 'self-hosted' } });
    expect(closed).toMatchObject({
      kind: 'request.closed',
      data: {
        status: 200,
        tries: [
          { upstream: 'a', what },
          { upstream: 'b', what: 'status 200' },
        ],
      },
    });
    expect(gateway.sallyport.rooms.access.budgets.purses(`key:${id}`).day.leftTokens(1_000_000)).toBe(1_000_000 - 16);
    expect(gateway.log).toEqual([]);
  });

  it('in a stream whose first upstream fails before its first byte', async () => {
    const { a, b, ask } = pair();
    a.answer((_, reply) => reply.json({}, 503));
    b.answer((_, reply) => reply.events(chatStream(['from ', 'b'])));
    const { text } = await readAll(await ask({ stream: true }));
    expect(text).toContain('"content":"from "');
    expect(text).toContain('data: [DONE]');
  });

  it('and when that fails too, its error is the answer', async () => {
    const { a, b, ask, records } = pair();
    a.answer((_, reply) => reply.json({}, 503));
    b.answer((_, reply) => reply.json({ error: { message: 'b is tired' } }, 500));
    const response = await ask();
    expect(response.status).toBe(500);
    expect(await response.text()).toContain('b is tired');
    const closed = (await records()).at(-1);
    expect(closed?.data['tries']).toMatchObject([{ what: 'status 503' }, { what: 'status 500' }]);
    expect(closed?.data['reservation']).toMatchObject({ microUnits: 0, tokens: 0 });
  });

  it('while the first rests after too many failures, or is stopped by an order: the first is left alone', async () => {
    const { a, ask } = pair();
    a.answer((_, reply) => reply.json({}, 500));
    for (let count = 0; count < 5; count++) expect(await contentOf(await ask())).toBe('from b');
    a.forget();
    expect(await contentOf(await ask())).toBe('from b');
    expect(a.received).toHaveLength(0);
  });

  it('not one that an order stops', async () => {
    const { gateway, a, b, ask, nameOf } = pair();
    const stop = (upstream: string): unknown =>
      gateway.sallyport.rooms.access.killSwitch.order({ scope: 'upstream', subject: nameOf(upstream), who: 'ada', reason: 'drill' });
    stop('b');
    a.answer((_, reply) => reply.json({}, 500));
    expect((await ask()).status).toBe(500);
    expect(b.received).toHaveLength(0);
    stop('a');
    const response = await ask();
    expect(response.status).toBe(503);
    expect(await contentOf(response)).toBe('stopped_by_order');
  });
});

describe('an order on the name by which a model goes to one upstream', () => {
  it('stops it there, before it is asked and in the midst of it, and nowhere else', async () => {
    const { gateway, a, b, ask } = pair({ upstreams: [{ upstream: 'a', model: 'name-at-a' }, 'b'] });
    const { killSwitch } = gateway.sallyport.rooms.access;
    const order = { scope: 'model', subject: 'name-at-a', who: 'ada', reason: 'drill' } as const;
    a.answer(() => void killSwitch.order(order));
    expect(await contentOf(await ask())).toBe('stopped');
    expect(b.received).toHaveLength(0);
    expect(await contentOf(await ask())).toBe('from b');
    expect(a.received).toHaveLength(1);
    killSwitch.resume({ ...order, reason: 'over' });
    a.answer((_, reply) => reply.json(chatAnswer({ content: 'from a' })));
    expect(await contentOf(await ask())).toBe('from a');
  });
});

describe('nobody else is asked', () => {
  it('about what the request itself did wrong', async () => {
    const { a, b, ask } = pair();
    a.answer((_, reply) => reply.json({ error: { message: 'no such parameter' } }, 400));
    expect((await ask()).status).toBe(400);
    expect(b.received).toHaveLength(0);
  });

  it('after the first byte of a whole answer', async () => {
    const { a, b, ask } = pair();
    a.answer((_, reply) => reply.raw('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 999\r\n\r\n{"choices":['));
    expect((await ask()).status).toBe(502);
    expect(b.received).toHaveLength(0);
  });

  it('after the first byte of a stream', async () => {
    const { a, b, ask } = pair();
    a.answer(async (_, reply) => {
      await reply.open().write(chatChunk({ content: 'One two three ' }));
      reply.drop();
    });
    const { text } = await readAll(await ask({ stream: true }));
    expect(text).toContain('upstream_invalid');
    expect(b.received).toHaveLength(0);
  });

  it('who is less trusted than those before, whatever the order that is chosen', async () => {
    const cheap = { input: 0.1, output: 0.1 };
    const { a, b, ask } = pair(
      {
        upstreams: [
          { upstream: 'a', price: { input: 9, output: 9 } },
          { upstream: 'b', price: cheap },
        ],
        choose: 'price',
      },
      { a: { trust: 'external' } },
    );
    b.answer((_, reply) => reply.json({}, 500));
    expect((await ask()).status).toBe(500);
    expect(a.received).toHaveLength(0);
  });

  it('for a caller who has gone', async () => {
    const { gateway, a, b } = pair();
    const abort = new AbortController();
    const asked = Promise.withResolvers<void>();
    a.answer(() => asked.resolve());
    const response = post({ url: gateway.openaiUrl, key: gateway.key }, chat('Hello'), { signal: abort.signal }).catch(() => undefined);
    await asked.promise;
    abort.abort();
    await response;
    await a.last.closed;
    expect(b.received).toHaveLength(0);
  });
});

describe('whom to ask first', () => {
  it('the cheapest, which is charged at its own price', async () => {
    const { gateway, a, ask, records } = pair({
      upstreams: [
        { upstream: 'a', price: { input: 10, output: 20 } },
        { upstream: 'b', model: 'other-name', price: { input: 1, output: 2 } },
      ],
      choose: 'price',
    });
    expect(await contentOf(await ask())).toBe('from b');
    expect(a.received).toHaveLength(0);
    const [opened, closed] = await records();
    expect(opened?.data).toMatchObject({ upstream: 'b', model: 'm', upstreamModel: 'other-name' });
    // 9 tokens in at 1, 7 tokens out at 2.
    expect(closed?.data['reservation']).toMatchObject({ microUnits: 9 + 14, tokens: 16 });
    expect(gateway.log).toEqual([]);
  });

  it('the bound of the dearest is set aside, because it may be asked in the end', async () => {
    const { ask, records } = pair({
      upstreams: [
        { upstream: 'a', price: { input: 0, output: 1 } },
        { upstream: 'b', price: { input: 0, output: 50 } },
      ],
    });
    await ask({ max_tokens: 100 });
    expect((await records())[0]?.data['reservation']).toMatchObject({ microUnits: 5_000 });
  });

  it('not one that has just said it is over its limits', async () => {
    const { a, ask } = pair();
    a.answer((_, reply) => reply.json({}, 429, { 'retry-after': '30' }));
    expect(await contentOf(await ask())).toBe('from b');
    a.forget();
    expect(await contentOf(await ask())).toBe('from b');
    expect(a.received).toHaveLength(0);
  });

  it('not one whose wait is a date', async () => {
    const { a, ask } = pair();
    const headers = { date: 'Sun, 22 Nov 2026 12:00:00 GMT', 'retry-after': 'Sun, 22 Nov 2026 12:00:30 GMT' };
    a.answer((_, reply) => reply.json({}, 429, headers));
    expect(await contentOf(await ask())).toBe('from b');
    await new Promise((resolve) => void setTimeout(resolve, 1_100));
    a.forget();
    expect(await contentOf(await ask())).toBe('from b');
    expect(a.received).toHaveLength(0);
  });

  it('the quickest, once both are known', async () => {
    const { a, b, ask } = pair({ choose: 'latency' });
    a.answer(async (_, reply) => {
      await new Promise((resolve) => void setTimeout(resolve, 80));
      reply.json(chatAnswer({ content: 'from a' }));
    });
    for (let count = 0; count < 2; count++) await ask();
    expect([a.received.length, b.received.length]).toEqual([1, 1]);
    for (let count = 0; count < 3; count++) expect(await contentOf(await ask())).toBe('from b');
  });
});

describe('an old measurement', () => {
  it('is worth less and less, so that what was slow once is tried again, by one request', () => {
    let nowMs = 0;
    const order = new FallbackOrder({ nowMs: () => nowMs, steadyMs: () => nowMs });
    const legs = ['slow', 'quick'].map((name) => ({ route: { upstream: { name } } as Route, format: openaiChat }));
    const first = (): string | undefined => order.sort(legs, 'latency', { isStream: true, costOf: () => 0 })[0]?.route.upstream.name;
    const [slow, quick] = legs.map(({ route }) => route);
    if (slow === undefined || quick === undefined) throw new Error('two were made');
    order.answered(slow, true, 400);
    order.answered(quick, true, 100);
    expect(first()).toBe('quick');
    // Whole answers tell nothing of streams.
    order.answered(quick, false, 9_000);
    expect(first()).toBe('quick');
    nowMs = 61_000;
    order.answered(quick, true, 100);
    expect(first()).toBe('slow');
    expect(first()).toBe('quick');
  });
});
