// Money and tokens when many ask at once, some leave early, and some upstreams fail.
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../src/core/types.ts';
import { event, messageStart } from './support/anthropic-replies.ts';
import { chatAnswer, chatChunk, chatUsage, openaiErrorBody } from './support/openai-replies.ts';
import { chat, post } from './support/plain-client.ts';
import { freshGateway } from './support/running-gateway.ts';

describe('a budget', () => {
  it('is never overspent by racing requests, a third of them aborted, and agrees with what the upstream counted', async () => {
    const gateway = await freshGateway({ limits: { inFlight: 10_000 } });
    const budget = 40_000;
    const { key, id } = await gateway.newKey('racer', { perMinute: 1_000_000, concurrent: 1_000, tokens: { day: budget } });
    const door = { url: gateway.openaiUrl, key };
    const purse = gateway.sallyport.rooms.access.budgets.purses(`key:${id}`).day;
    let counted = 0;
    gateway.upstream.answer(async ({ body }, reply) => {
      const isAborted = JSON.stringify(body).includes('leave me');
      if (isAborted) {
        await reply.open().write(chatChunk({ content: 'waiting' }));
        return;
      }
      // The upstream never uses more than it was allowed.
      const usage = {
        prompt_tokens: 20,
        completion_tokens: Number(body['max_tokens']) - 10,
        total_tokens: 10 + Number(body['max_tokens']),
      };
      counted += usage.total_tokens;
      reply.json({ ...chatAnswer({ content: 'ok' }), usage });
    });
    const statuses: number[] = [];
    const left: number[] = [];
    await Promise.all(
      Array.from({ length: 1000 }, async (_, index) => {
        const control = new AbortController();
        const leaves = index % 3 === 0;
        const body = chat(leaves ? 'leave me' : 'Hello', { max_tokens: 60, ...(leaves ? { stream: true } : {}) });
        const response = await post(door, body, { signal: control.signal });
        statuses.push(response.status);
        left.push(purse.leftTokens(budget));
        if (leaves && response.status === 200) {
          const reader = response.body?.getReader();
          await reader?.read();
          control.abort();
        } else await response.text();
      }),
    );
    await Promise.all(gateway.upstream.received.map(({ closed }) => closed));
    await expect.poll(() => gateway.sallyport.rooms.access.budgets.openCount).toBe(0);
    expect(Math.min(...left)).toBeGreaterThanOrEqual(0);
    expect(statuses).toContain(429);
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThan(50);
    const closed = (await gateway.records())
      .filter(({ kind }) => kind === 'request.closed')
      .map(({ data }) => data['reservation'] as JsonObject);
    const tokensOf = (isEstimated: boolean): number =>
      closed.filter((row) => row['estimated'] === isEstimated).reduce((sum, row) => sum + Number(row['tokens']), 0);
    expect(tokensOf(false)).toBe(counted);
    expect(budget - purse.leftTokens(budget)).toBe(tokensOf(false) + tokensOf(true));
    expect(tokensOf(true)).toBeGreaterThan(0);
  });
});

describe('an upstream that says no, and callers who leave', () => {
  it('cost nothing where the upstream did nothing, and do not make it look down to others', async () => {
    const gateway = await freshGateway();
    const { key, id } = await gateway.newKey('clumsy', { perMinute: 1_000_000, concurrent: 100, tokens: { day: 1_000_000 } });
    const door = { url: gateway.openaiUrl, key };
    const spent = (): number => 1_000_000 - gateway.sallyport.rooms.access.budgets.purses(`key:${id}`).day.leftTokens(1_000_000);
    for (const status of [400, 401, 404, 422, 429, 400, 401, 404, 422, 429]) {
      gateway.upstream.answer((_, reply) => reply.json(openaiErrorBody('no'), status));
      await (await post(door, chat('Hello'))).text();
    }
    expect(spent()).toBe(0);
    for (let round = 0; round < 10; round++) {
      const arrived = Promise.withResolvers<void>();
      gateway.upstream.answer(() => arrived.resolve());
      const control = new AbortController();
      const asked = post(door, chat('Hello', { max_tokens: 5 }), { signal: control.signal }).catch(() => undefined);
      await arrived.promise;
      control.abort();
      await asked;
    }
    await expect.poll(() => gateway.sallyport.rooms.access.budgets.openCount).toBe(0);
    // What was under way may have been counted there: it is charged its bound.
    expect(spent()).toBeGreaterThan(50);
    gateway.upstream.answer((_, reply) => reply.json(chatAnswer({ content: 'fine' })));
    expect((await post(door, chat('Hello'))).status).toBe(200);
  });

  it('an upstream that is not there costs nothing and is given a rest', async () => {
    const gateway = await freshGateway({ upstreams: { gone: { kind: 'openai-compatible', url: 'http://127.0.0.1:9/v1' } } });
    const { key, id } = await gateway.newKey('patient', { perMinute: 1_000_000, tokens: { day: 1_000_000 } });
    const statuses: number[] = [];
    for (let round = 0; round < 8; round++) {
      const response = await post({ url: gateway.openaiUrl, key }, chat('Hello'));
      statuses.push(response.status);
      if (response.status === 503) expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
      await response.text();
    }
    expect(statuses.slice(0, 3)).toEqual([502, 502, 502]);
    expect(statuses.at(-1)).toBe(503);
    expect(gateway.sallyport.rooms.access.budgets.purses(`key:${id}`).day.leftTokens(1_000_000)).toBe(1_000_000);
  });
});

describe('a stream that is left early', () => {
  const WORDS = 'Once upon a time there was a gateway that counted every word of it. ';
  /** Its tail is held back, its beginning is not. */
  const END = 'This is the end of it. The gateway closed its books and went to sleep, and so did all of its clerks and counters.';
  const dayOf = 1_000_000;

  async function leftAfter(first: readonly string[], more: (text: string) => string, path: string): Promise<JsonObject> {
    const gateway = await freshGateway();
    const { key, id } = await gateway.newKey('leaver', { perMinute: 1_000, concurrent: 10, tokens: { day: dayOf } });
    gateway.upstream.answer(async (_, reply) => {
      reply.open();
      for (const event of first) await reply.write(event);
      for (let nth = 0; nth < 20; nth++) await reply.write(more(WORDS));
      await reply.write(more(END));
    });
    const control = new AbortController();
    const body = { model: 'm', stream: true, max_tokens: 5_000, messages: [{ role: 'user', content: 'Tell me a story.' }] };
    const response = await post({ url: gateway.openaiUrl, key }, body, { signal: control.signal, path });
    const reader = response.body?.getReader();
    for (let text = ''; !text.includes('the end of it');) {
      const { value, done } = (await reader?.read()) ?? { done: true };
      if (done) throw new Error('the stream ended by itself');
      text += Buffer.from(value ?? []).toString('utf8');
    }
    control.abort();
    await expect.poll(() => gateway.sallyport.rooms.access.budgets.openCount).toBe(0);
    const ending = async () => (await gateway.records()).findLast(({ kind }) => kind === 'request.closed');
    await expect.poll(ending).toBeDefined();
    const closed = await ending();
    const reservation = closed?.data['reservation'] as JsonObject;
    expect(dayOf - gateway.sallyport.rooms.access.budgets.purses(`key:${id}`).day.leftTokens(dayOf)).toBe(reservation['tokens']);
    return reservation;
  }

  const streamed = 20 * WORDS.length + END.length;

  it('pays for what was streamed, where the first chunk counted one token', async () => {
    const first = [chatUsage({ prompt_tokens: 9, completion_tokens: 1, total_tokens: 10 })];
    const closed = await leftAfter(first, (content) => chatChunk({ content }), '/chat/completions');
    expect(closed).toMatchObject({ estimated: true, tokens: 9 + streamed });
  });

  it('pays its bound where the first count is known to be none', async () => {
    const delta = (text: string) => event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } });
    const first = [messageStart(), event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } })];
    const closed = await leftAfter(first, delta, '/messages');
    expect(closed['estimated']).toBe(true);
    expect(closed['tokens']).toBeGreaterThan(5_000);
  });

  it('pays what the upstream counted, where that is more', async () => {
    const first = [chatUsage({ prompt_tokens: 9, completion_tokens: 4_000, total_tokens: 4_009 })];
    const closed = await leftAfter(first, (content) => chatChunk({ content }), '/chat/completions');
    expect(closed).toMatchObject({ estimated: false, tokens: 4_009 });
  });

  it('never pays more than its bound for a guess', async () => {
    const first = [chatUsage({ prompt_tokens: 9, completion_tokens: 1, total_tokens: 10 })];
    const long = (content: string) => chatChunk({ content: content === END ? content : content.repeat(10) });
    const closed = await leftAfter(first, long, '/chat/completions');
    expect(closed['tokens']).toBeLessThan(6_000);
    expect(closed['tokens']).toBeGreaterThan(5_000);
  });
});
