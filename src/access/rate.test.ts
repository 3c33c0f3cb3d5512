// Requests a minute, requests in flight, models, tiers.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { openRoom, withCaller } from './access.fixture.ts';
import { toGoDuration } from './limits/rate-headers.ts';
import { Rate } from './limits/rate.ts';

const TARGET = { model: 'gpt-4o', upstream: 'main' };

const rows: readonly { readonly perMinute: number; readonly sent: number; readonly passed: number }[] = [
  { perMinute: 1, sent: 5, passed: 1 },
  { perMinute: 7, sent: 20, passed: 7 },
  { perMinute: 100, sent: 250, passed: 100 },
  { perMinute: 100_000, sent: 100_001, passed: 100_000 },
];
test.each(rows)('a limit of $perMinute a minute lets exactly $passed of $sent at once through', ({ perMinute, sent, passed }) => {
  const rate = new Rate();
  let count = 0;
  for (let number = 0; number < sent; number += 1) if (rate.take(perMinute, 5_000) === 0) count += 1;
  expect(count).toBe(passed);
});

test('whoever sends at most the limit in every minute is never refused, and no minute lets more than twice the limit through', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), fc.array(fc.integer({ min: 0, max: 20_000 }), { maxLength: 200 }), (perMinute, gaps) => {
      const rate = new Rate();
      const sent: number[] = [];
      const passed: number[] = [];
      let nowMs = 1_000;
      for (const gap of gaps) {
        nowMs += gap;
        const isPolite = sent.filter((at) => at > nowMs - 60_000).length < perMinute;
        const waitMs = rate.take(perMinute, nowMs);
        if (isPolite && passed.length === sent.length) expect(waitMs).toBe(0);
        sent.push(nowMs);
        if (waitMs === 0) passed.push(nowMs);
        expect(passed.filter((at) => at > nowMs - 60_000).length).toBeLessThanOrEqual(perMinute * 2);
      }
    }),
  );
});

test('after the time it names, a refused request passes, and not a moment earlier than the rate allows', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000 }), (perMinute) => {
      const rate = new Rate();
      for (let number = 0; number < perMinute; number += 1) rate.take(perMinute, 0);
      const waitMs = rate.take(perMinute, 0);
      expect(waitMs).toBeCloseTo(60_000 / perMinute, 3);
      expect(rate.remaining(perMinute, 0)).toBe(0);
      expect(rate.take(perMinute, waitMs * 0.4)).toBeGreaterThan(0);
      expect(rate.take(perMinute, waitMs)).toBe(0);
    }),
  );
});

test('a caller over its rate gets 429 with Retry-After and the headers of OpenAI', () =>
  withCaller({ perMinute: 2 }, ({ access, clock }, caller) => {
    const first = access.admit(caller, TARGET);
    expect(first.headers).toEqual({
      'x-ratelimit-limit-requests': '2',
      'x-ratelimit-remaining-requests': '1',
      'x-ratelimit-reset-requests': '30s',
    });
    access.admit(caller, TARGET).leave();
    expect(() => access.admit(caller, TARGET)).toThrow(
      expect.objectContaining({
        code: 'rate_limited',
        status: 429,
        retryAfterSeconds: 30,
        headers: { 'x-ratelimit-limit-requests': '2', 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '1m0s' },
      }),
    );
    clock.pass(30_000);
    access.admit(caller, TARGET).leave();
  }));

test('the token headers show the tighter of day and month, and a day that has begun anew', () =>
  withCaller({ perMinute: 10, tokens: { day: 1_000, month: 1_500 } }, ({ access, clock }, caller) => {
    const held = access.admit(caller, TARGET);
    const tokenHeaders = () => Object.values(held.headers).slice(3);
    expect(tokenHeaders()).toEqual(['1000', '1000', '12h0m0s']);
    access.reserve(caller, { microUnits: 0, tokens: 900 }).settle({ microUnits: 0, tokens: 800, estimated: false });
    expect(tokenHeaders()).toEqual(['1000', '200', '12h0m0s']);
    clock.pass(86_400_000);
    expect(tokenHeaders()).toEqual(['1500', '700', '180h0m0s']);
  }));

test('a tenant has its own limit of requests in flight, for all its keys together', async () => {
  const room = await openRoom({ tenantLimits: { concurrent: 2 } });
  const made = [];
  for (let number = 0; number < 3; number += 1) made.push(await room.keyStore.createKey({ tenant: 'acme', who: 'test' }));
  await room.access.refresh();
  const [one, two, three] = made.map(({ key }) => room.access.authenticate(key));
  if (one === undefined || two === undefined || three === undefined) throw new Error('three keys were made');
  const first = room.access.admit(one, TARGET);
  room.access.admit(two, TARGET);
  expect(() => room.access.admit(three, TARGET)).toThrow('Tenant acme has 2 requests in flight');
  first.leave();
  room.access.admit(three, TARGET);
  await room.close();
});

test('a key without its own rate has a hundred requests a minute', () =>
  withCaller({}, ({ access }, caller) => {
    for (let number = 0; number < 100; number += 1) access.admit(caller, TARGET).leave();
    expect(() => access.admit(caller, TARGET)).toThrow(expect.objectContaining({ code: 'rate_limited' }));
  }));

test('requests in flight are counted until they leave, each once', () =>
  withCaller({ concurrent: 2, perMinute: 1_000 }, ({ access }, caller) => {
    const [one, two] = [access.admit(caller, TARGET), access.admit(caller, TARGET)];
    expect(() => access.admit(caller, TARGET)).toThrow(expect.objectContaining({ code: 'too_many_concurrent', retryAfterSeconds: 1 }));
    one.leave();
    one.leave();
    access.admit(caller, TARGET);
    expect(() => access.admit(caller, TARGET)).toThrow(expect.objectContaining({ code: 'too_many_concurrent' }));
    two.leave();
    access.admit(caller, TARGET);
  }));

test('a request that is refused for its place does not use up the rate', () =>
  withCaller({ concurrent: 1, perMinute: 3 }, ({ access }, caller) => {
    const first = access.admit(caller, TARGET);
    for (let number = 0; number < 10; number += 1) expect(() => access.admit(caller, TARGET)).toThrow('in flight');
    first.leave();
    access.admit(caller, TARGET).leave();
    access.admit(caller, TARGET).leave();
    expect(() => access.admit(caller, TARGET)).toThrow(expect.objectContaining({ code: 'rate_limited' }));
  }));

test.each([
  ['gpt-4o', ['gpt-4o'], true],
  ['gpt-4o-mini', ['gpt-4o'], false],
  ['gpt-4o-mini', ['gpt-4o*'], true],
  ['GPT-4o', ['gpt-4o'], false],
  ['anything', [], false],
] as const)('the model %s with the list %s passes: %s', (model, models, isAllowed) =>
  withCaller({ models: [...models] }, ({ access }, caller) => {
    expect(access.mayUse(caller, model)).toBe(isAllowed);
    const admit = () => access.admit(caller, { model, upstream: 'main' }).leave();
    if (isAllowed) admit();
    else expect(admit).toThrow(expect.objectContaining({ code: 'model_not_allowed', status: 403 }));
  }),
);

test('a model has to be on the list of the tenant too', () =>
  withCaller({ models: ['*'] }, async (room, caller) => {
    await room.keyStore.setTenant('acme', { limits: { models: ['llama*'] }, who: 'test' });
    await room.access.refresh();
    const fresh = room.keyring.callerOf(caller.keyId) ?? caller;
    expect(() => room.access.admit(fresh, TARGET)).toThrow(expect.objectContaining({ code: 'model_not_allowed' }));
    room.access.admit(fresh, { ...TARGET, model: 'llama-3' }).leave();
  }));

test('the key decides before its tier, the tier before the default', () =>
  withCaller(
    { tier: 'pro', perMinute: 7 },
    ({ access }, caller) => {
      expect(access.admit(caller, TARGET).headers['x-ratelimit-limit-requests']).toBe('7');
      access.admit(caller, TARGET);
      expect(() => access.admit(caller, TARGET)).toThrow('2 requests in flight');
    },
    { tiers: { pro: { perMinute: 50, concurrent: 2 } }, limits: { perMinute: 1, concurrent: 1 } },
  ));

test('a tier that the configuration does not know refuses, instead of lifting every limit', () =>
  withCaller({ tier: 'gone' }, ({ access }, caller) => {
    expect(() => access.admit(caller, TARGET)).toThrow(expect.objectContaining({ code: 'tier_unknown' }));
  }));

test('new settings hold for the next request, and what is in flight stays counted', () =>
  withCaller({}, ({ access }, caller) => {
    const first = access.admit(caller, TARGET);
    const settings = { limits: { perMinute: 5, concurrent: 1 } };
    access.configure({ ...access.settings, ...settings });
    expect(() => access.admit(caller, TARGET)).toThrow('1 requests in flight');
    first.leave();
    expect(access.admit(caller, TARGET).headers['x-ratelimit-limit-requests']).toBe('5');
  }));

test.each([
  [0, '0ms'],
  [120, '120ms'],
  [999.2, '1s'],
  [6_500, '6.5s'],
  [59_999, '59.999s'],
  [360_000, '6m0s'],
  [39_605_000, '11h0m5s'],
])('%d milliseconds are written %s', (durationMs, text) => expect(toGoDuration(durationMs)).toBe(text));
