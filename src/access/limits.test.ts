import fc from 'fast-check';
import { expect, test } from 'vitest';
import { systemRandom } from '../io/random.ts';
import { handClock, NOON_MS, openRoom, type Room } from './access-fixture.ts';
import type { Caller } from './keys/caller.ts';
import type { Limits } from './keys/limits.ts';
import { combineLimits } from './keys/limits.ts';
import { BudgetFold, EMPTY_SNAPSHOT, parseBudgetEvent } from './limits/budget-fold.ts';
import { loadBudgets, saveBudgets } from './limits/budget-snapshots.ts';
import { Budgets, type Reservation } from './limits/budgets.ts';
import { periodsAt } from './limits/period.ts';
import { Prices } from './limits/prices.ts';
import { Rate } from './limits/rate.ts';
import { toGoDuration } from './limits/rate-headers.ts';
import type { BudgetEvent } from './limits/reservation-events.ts';

const TARGET = { model: 'gpt-4o', upstream: 'main' };
const DAY_MS = 86_400_000;
const cost = (microUnits: number, tokens = 0) => ({ microUnits, tokens });
const used = (microUnits: number, tokens = 0) => ({ microUnits, tokens, estimated: false });

async function withCaller(
  limits: Limits,
  work: (room: Room, caller: Caller) => Promise<void> | void,
  ...settings: Parameters<typeof openRoom>
): Promise<void> {
  const room = await openRoom(...settings);
  const { key } = await room.keyStore.createKey({ tenant: 'acme', limits, who: 'test' });
  await room.access.refresh();
  await work(room, room.access.authenticate(key));
  await room.close();
}

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
    expect(() => access.admit(caller, TARGET)).toThrow('tier gone is not in the configuration');
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

const budgetRows: readonly { readonly title: string; readonly limits: Limits; readonly last: number }[] = [
  { title: 'a day in money', limits: { microUnits: { day: 1_000 } }, last: 1_000 },
  { title: 'a month in money', limits: { microUnits: { month: 700 } }, last: 700 },
  { title: 'a day in tokens', limits: { tokens: { day: 90 } }, last: 90 },
  { title: 'a month in tokens', limits: { tokens: { month: 80 } }, last: 80 },
];
test.each(budgetRows)('the budget of $title takes its last unit and refuses one more', ({ limits, last }) =>
  withCaller(limits, ({ access }, caller) => {
    const reserve = (amount: number) => access.reserve(caller, cost(amount, amount));
    expect(() => reserve(last + 1)).toThrow(expect.objectContaining({ code: 'budget_exceeded', status: 429 }));
    reserve(last - 1).settle(used(last - 1, last - 1));
    reserve(1);
    expect(() => reserve(1)).toThrow(expect.objectContaining({ code: 'budget_exceeded' }));
  }),
);

test('a used-up budget names its end, and tells client libraries not to retry', () =>
  withCaller({ microUnits: { day: 10 } }, ({ access }, caller) => {
    expect(() => access.reserve(caller, cost(11))).toThrow(
      expect.objectContaining({ retryAfterSeconds: 12 * 3_600, headers: { 'x-should-retry': 'false' } }),
    );
  }));

test('a tenant budget is shared by its keys, and by nobody else', async () => {
  const room = await openRoom({ tenantLimits: { microUnits: { day: 100 } } });
  const made = [];
  for (const tenant of ['acme', 'acme', 'other']) made.push(await room.keyStore.createKey({ tenant, who: 'test' }));
  await room.access.refresh();
  const [one, two, other] = made.map(({ key }) => room.access.authenticate(key));
  if (one === undefined || two === undefined || other === undefined) throw new Error('three keys were made');
  room.access.reserve(one, cost(60));
  expect(() => room.access.reserve(two, cost(41))).toThrow('tenant acme');
  room.access.reserve(two, cost(40));
  room.access.reserve(other, cost(100));
  await room.close();
});

test('a new day gives a new daily budget, and the month remembers', () =>
  withCaller({ microUnits: { day: 100, month: 150 } }, ({ access, clock }, caller) => {
    access.reserve(caller, cost(100)).settle(used(100));
    expect(() => access.reserve(caller, cost(1))).toThrow('daily');
    clock.pass(DAY_MS);
    access.reserve(caller, cost(50)).settle(used(50));
    expect(() => access.reserve(caller, cost(1))).toThrow('monthly');
    clock.pass(9 * DAY_MS);
    access.reserve(caller, cost(100));
  }));

test('a request is charged to the day on which it began', () =>
  withCaller({ microUnits: { day: 100 } }, ({ access, clock }, caller) => {
    const late = access.reserve(caller, cost(80));
    clock.pass(DAY_MS);
    access.reserve(caller, cost(100));
    late.settle(used(80));
    expect(() => access.reserve(caller, cost(1))).toThrow('0 micro-units left');
  }));

test('a lease that runs out is charged its bound, and a late settlement puts that right', () =>
  withCaller({ microUnits: { day: 100 } }, ({ access, clock }, caller) => {
    const slow = access.reserve(caller, cost(90));
    clock.pass(15 * 60_000 - 1);
    expect(access.budgets.sweep()).toBe(0);
    clock.pass(1);
    expect(access.budgets.sweep()).toBe(1);
    expect(access.budgets.openCount).toBe(0);
    expect(() => access.reserve(caller, cost(11))).toThrow('10 micro-units left');
    slow.settle(used(5));
    access.reserve(caller, cost(95));
    expect(() => access.reserve(caller, cost(1))).toThrow('0 micro-units left');
  }));

test('amounts that are no whole numbers are a bug and change nothing', () =>
  withCaller({ microUnits: { day: 100 } }, ({ access }, caller) => {
    for (const wrong of [-1, 0.5, NaN, Infinity, 2 ** 53]) {
      expect(() => access.reserve(caller, cost(wrong))).toThrow(RangeError);
      expect(() => access.reserve(caller, cost(0, wrong))).toThrow(RangeError);
    }
    const reservation = access.reserve(caller, cost(100));
    expect(() => reservation.settle(used(-1))).toThrow(RangeError);
    reservation.settle(used(100));
  }));

// One life of a budget: random interleavings of requests, a third of them aborted, crashes in between, and a rebuild from the ledger.
interface Step {
  readonly act: 'open' | 'settle' | 'abort' | 'crash' | 'pass';
  readonly pick: number;
  readonly amount: number;
}
const steps = fc.array(
  fc.record<Step>({
    act: fc.constantFrom('open', 'open', 'open', 'settle', 'abort', 'pass', 'crash'),
    pick: fc.nat(1_000),
    amount: fc.nat(60),
  }),
  { maxLength: 150 },
);

test('no interleaving of reservations, settlements, aborts and crashes overspends, refuses wrongly, or disagrees with the ledger', () => {
  const LIMIT = 200;
  const limits = combineLimits([{ microUnits: { day: LIMIT } }]);
  const free = combineLimits([]);
  fc.assert(
    fc.property(steps, (life) => {
      const clock = handClock();
      const ledger: BudgetEvent[] = [];
      let snapshotAt = 0;
      let snapshot = EMPTY_SNAPSHOT;
      const start = () => {
        const budgets = new Budgets(clock, systemRandom);
        for (const reservation of budgets.restore(snapshot, ledger.slice(snapshotAt))) ledger.push({ kind: 'request.closed', reservation });
        const wallet = { keyId: 'k', tenant: 't', key: budgets.purses('key:k'), shared: budgets.purses('tenant:t') };
        return { budgets, wallet, open: new Map<string, Reservation>() };
      };
      let run = start();
      // What an outside observer adds up from the ledger alone.
      let settled = 0;
      let reserved = 0;
      const close = (reservation: Reservation, amount: number) => {
        run.open.delete(reservation.id);
        ledger.push({ kind: 'request.closed', reservation: reservation.settle(used(amount)) });
        reserved -= reservation.bound.microUnits;
        settled += amount;
      };
      for (const { act, pick, amount } of life) {
        const picked = [...run.open.values()][pick % Math.max(run.open.size, 1)];
        if (act === 'open') {
          const fits = settled + reserved + amount <= LIMIT;
          let reservation: Reservation | undefined;
          try {
            reservation = run.budgets.reserve(run.wallet, cost(amount), { key: limits, tenant: free });
          } catch (error) {
            expect(error).toMatchObject({ code: 'budget_exceeded' });
          }
          expect(reservation !== undefined).toBe(fits);
          if (reservation !== undefined) {
            run.open.set(reservation.id, reservation);
            ledger.push({ kind: 'request.opened', reservation: reservation.opened });
            reserved += amount;
          }
        } else if (act === 'settle' && picked !== undefined) close(picked, Math.min(picked.bound.microUnits, pick));
        else if (act === 'abort' && picked !== undefined) close(picked, 0);
        else if (act === 'pass') clock.pass(amount);
        else if (act === 'crash') {
          if (pick % 2 === 0) {
            const fold = new BudgetFold(snapshot);
            for (const event of ledger.slice(snapshotAt)) fold.apply(event);
            snapshot = fold.snapshot();
            snapshotAt = ledger.length;
          }
          settled += reserved;
          reserved = 0;
          run = start();
        }
        expect(settled + reserved).toBeLessThanOrEqual(LIMIT);
      }
    }),
    { numRuns: 300 },
  );
});

test('a snapshot and the events after it give what all events give', async () => {
  const room = await openRoom();
  const opened = { id: 'r1', keyId: 'k', tenant: 't', microUnits: 70, tokens: 7, atMs: NOON_MS };
  const fold = new BudgetFold();
  fold.apply({ kind: 'request.opened', reservation: opened });
  fold.apply({ kind: 'request.opened', reservation: { ...opened, id: 'r2' } });
  fold.apply({ kind: 'request.closed', reservation: { id: 'r2', ...cost(50, 5), estimated: false } });
  await saveBudgets(room.state, fold.snapshot(), 3);
  const loaded = await loadBudgets(room.state);
  expect(loaded).toEqual({ snapshot: fold.snapshot(), ledgerSize: 3 });
  const budgets = new Budgets(room.clock, systemRandom);
  expect(budgets.restore(loaded.snapshot, [])).toEqual([{ id: 'r1', microUnits: 70, tokens: 7, estimated: true }]);
  expect(budgets.purses('tenant:t').day).toMatchObject({ spentMicroUnits: 120, spentTokens: 12, period: '2026-11-22' });
  await room.close();
});

test('a close whose open lies before the snapshot is not charged twice', () => {
  const fold = new BudgetFold();
  fold.apply({ kind: 'request.closed', reservation: { id: 'old', ...cost(9), estimated: false } });
  expect(fold.snapshot()).toEqual(EMPTY_SNAPSHOT);
});

test('budget events are read back from ledger events, and damaged ones are an error', () => {
  const reservation = { id: 'r', keyId: 'k', tenant: 't', microUnits: 1, tokens: 2, atMs: 3 };
  expect(parseBudgetEvent({ kind: 'request.opened', atMs: 3, data: { reservation } })).toEqual({ kind: 'request.opened', reservation });
  expect(parseBudgetEvent({ kind: 'request.opened', atMs: 3, data: {} })).toBeUndefined();
  expect(parseBudgetEvent({ kind: 'key.created', atMs: 3, data: { reservation: {} } })).toBeUndefined();
  expect(() => parseBudgetEvent({ kind: 'request.closed', atMs: 3, data: { reservation: { id: 'r' } } })).toThrow();
});

test.each([
  ['gpt-4o-mini-2024-07-18', 20, 0, 3],
  ['gpt-4o-mini', 1, 0, 1],
  ['gpt-4o', 1_000_000, 100_000, 3_500_000],
  ['openai/gpt-4o', 1_000_000, 0, 2_500_000],
  ['Llama-3.3-70B-Instruct', 1_000_000, 0, 900_000],
  ['some-new-model', 1_000_000, 1_000_000, 210_000_000],
  ['gpt-4o', 0, 0, 0],
] as const)('%s with %i tokens in and %i out costs %i micro-units', (model, inputTokens, outputTokens, expected) => {
  expect(new Prices().costOf(model, { inputTokens, outputTokens })).toBe(expected);
});

test("an operator's own price comes first, and an unknown model is known as such", () => {
  const prices = new Prices([{ match: 'gpt-4o*', input: 0.001, output: 0 }]);
  expect(prices.costOf('gpt-4o', { inputTokens: 1_001, outputTokens: 0 })).toBe(2);
  expect(prices.knows('gpt-4o')).toBe(true);
  expect(prices.knows('mystery')).toBe(false);
});

test('no usage costs less than its share of a greater one', () => {
  const prices = new Prices();
  fc.assert(
    fc.property(fc.nat(1_000_000), fc.nat(1_000_000), (inputTokens, outputTokens) => {
      const whole = prices.costOf('gpt-4o-mini', { inputTokens, outputTokens });
      const parts =
        prices.costOf('gpt-4o-mini', { inputTokens, outputTokens: 0 }) + prices.costOf('gpt-4o-mini', { inputTokens: 0, outputTokens });
      expect(Number.isSafeInteger(whole)).toBe(true);
      expect(whole).toBeLessThanOrEqual(parts);
      expect(whole).toBeGreaterThanOrEqual(parts - 1);
    }),
  );
});

test.each([
  [0, '0ms'],
  [120, '120ms'],
  [999.2, '1s'],
  [6_500, '6.5s'],
  [59_999, '59.999s'],
  [360_000, '6m0s'],
  [39_605_000, '11h0m5s'],
])('%d milliseconds are written %s', (durationMs, text) => expect(toGoDuration(durationMs)).toBe(text));

test('periods are UTC days and months', () => {
  expect(periodsAt(Date.UTC(2026, 11, 31, 23, 59, 59, 999))).toEqual({
    day: '2026-12-31',
    month: '2026-12',
    dayEndsAtMs: Date.UTC(2027, 0, 1),
    monthEndsAtMs: Date.UTC(2027, 0, 1),
  });
});
