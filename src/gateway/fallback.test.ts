// Several upstreams for one route, over real loopback HTTP: who is asked, who is asked next, and what is on record.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject, LedgerEvent } from '../core/types.ts';
import { openaiChat } from './formats/openai-chat.ts';
import { FallbackOrder } from './fallback-order.ts';
import type { Route } from './routes.ts';
import { anthropicAnswer, anthropicStream, textBlock } from '../../test/support/anthropic-replies.ts';
import { chatAnswer, chatChunk, chatStream } from '../../test/support/openai-replies.ts';
import { chat, post, readAll } from '../../test/support/plain-client.ts';
import { useGateway, type RunningGateway, type Settings } from '../../test/support/running-gateway.ts';
import { startUpstream, type ScriptedUpstream } from '../../test/support/scripted-upstream.ts';

interface Pair {
  readonly gateway: RunningGateway;
  readonly a: ScriptedUpstream;
  readonly b: ScriptedUpstream;
  readonly nameOf: (upstream: string) => string;
  readonly ask: (more?: JsonObject, key?: string) => Promise<Response>;
  /** Records of the last request. */
  readonly records: () => Promise<readonly LedgerEvent[]>;
}

const running = useGateway();
let second: ScriptedUpstream | undefined;
beforeAll(async () => {
  second = await startUpstream();
});
afterAll(() => second?.close());
/** Names are used once: what one test taught about an upstream must not be known in the next. */
let pairs = 0;

const DEAD = 'http://127.0.0.1:9/v1';

/** A gateway in front of two upstreams; both answer with their name until a test says otherwise. */
function pair(route: Settings = {}, upstreams: { readonly a?: Settings; readonly b?: Settings } = {}): Pair {
  const gateway = running();
  const a = gateway.upstream;
  const b = second;
  if (b === undefined) throw new Error('the second upstream has not started');
  a.forget();
  b.forget();
  pairs += 1;
  const nameOf = (name: string): string => `${name}${pairs}`;
  a.answer((_, reply) => reply.json(chatAnswer({ content: 'from a' })));
  b.answer((_, reply) => reply.json(chatAnswer({ content: 'from b' })));
  const common = { kind: 'openai-compatible', trust: 'self-hosted' };
  const listed = ((route['upstreams'] as (string | { upstream: string })[] | undefined) ?? ['a', 'b']).map((one) =>
    typeof one === 'string' ? nameOf(one) : { ...one, upstream: nameOf(one.upstream) },
  );
  const settings = {
    upstreams: {
      [nameOf('a')]: { ...common, url: a.url, ...upstreams.a },
      [nameOf('b')]: { ...common, url: b.url, ...upstreams.b },
    },
    routes: [{ models: '*', ...route, upstreams: listed }],
  };
  gateway.sallyport.reload(gateway.configOf(settings), 'test');
  return {
    gateway,
    a,
    b,
    nameOf,
    ask: (more = {}, key = gateway.key) => post({ url: gateway.openaiUrl, key }, chat('Hello', more)),
    records: async () => {
      const all = await gateway.records();
      const last = all.findLast(({ requestId }) => requestId !== undefined)?.requestId;
      const plain = (value: unknown): LedgerEvent => JSON.parse(JSON.stringify(value).replaceAll(/"([ab])\d+"/g, '"$1"')) as LedgerEvent;
      return all.filter(({ requestId }) => requestId === last).map(plain);
    },
  };
}

const contentOf = async (response: Response): Promise<unknown> => {
  const body = (await response.json()) as { choices?: { message: { content: string } }[]; error?: { code: string } };
  return body.choices?.[0]?.message.content ?? body.error?.code;
};

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
