// Money and tokens when many ask at once, some leave early, and some upstreams fail.
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../src/core/types.ts';
import { chatAnswer, chatChunk, openaiErrorBody } from './support/openai-replies.ts';
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
