// Money and tokens: exact in every interleaving, and after every crash.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { systemRandom } from '../io/random.ts';
import { handClock, NOON_MS, openRoom, withCaller } from './access.fixture.ts';
import { combineLimits, type Limits } from './keys/limits.ts';
import { BudgetFold, EMPTY_SNAPSHOT, parseBudgetEvent, type BudgetSnapshot } from './limits/budget-fold.ts';
import { loadBudgets, saveBudgets } from './limits/budget-snapshots.ts';
import { Budgets, type Reservation } from './limits/budgets.ts';
import { periodsAt } from './limits/period.ts';
import type { BudgetEvent } from './limits/reservation-events.ts';

const DAY_MS = 86_400_000;
const cost = (microUnits: number, tokens = 0) => ({ microUnits, tokens });
const used = (microUnits: number, tokens = 0) => ({ microUnits, tokens, estimated: false });

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

test('the first end of a reservation counts, and every later one is told the same', () =>
  withCaller({ microUnits: { day: 100 } }, ({ access }, caller) => {
    const reservation = access.reserve(caller, cost(60, 6));
    expect(access.budgets.usageOf('tenant:acme').month).toEqual({ period: '2026-11', spent: cost(0), reserved: cost(60, 6) });
    const closed = reservation.settle({ ...cost(40, 4), estimated: true });
    expect(closed).toEqual({ id: reservation.id, microUnits: 40, tokens: 4, estimated: true });
    expect(access.budgets.usageOf('tenant:acme').day).toEqual({ period: '2026-11-22', spent: cost(40, 4), reserved: cost(0) });
    expect(reservation.release()).toEqual(closed);
    expect(reservation.settle(used(1))).toEqual(closed);
    access.reserve(caller, cost(60));
    expect(() => access.reserve(caller, cost(1))).toThrow('0 micro-units left');
  }));

test('a usage above the bound is charged as it was', () =>
  withCaller({ microUnits: { day: 100 } }, ({ access }, caller) => {
    access.reserve(caller, cost(10)).settle(used(150));
    expect(() => access.reserve(caller, cost(1))).toThrow('0 micro-units left');
  }));

test.each([-1, 0.5, Number.NaN, Infinity, 2 ** 53])(
  'a reported usage of %d is charged as none was reported: the bound, estimated',
  (wrong) =>
    withCaller({ microUnits: { day: 100 }, tokens: { day: 100 } }, ({ access }, caller) => {
      const closed = { microUnits: 40, tokens: 30, estimated: true };
      expect(access.reserve(caller, cost(40, 30)).settle(used(wrong, 1))).toMatchObject(closed);
      expect(access.reserve(caller, cost(40, 30)).settle(used(1, wrong))).toMatchObject(closed);
      expect(access.budgets.usageOf('tenant:acme').day).toMatchObject({ spent: cost(80, 60), reserved: cost(0) });
    }),
);

test('a bound that is no whole number is a bug and changes nothing', () =>
  withCaller({ microUnits: { day: 100 } }, ({ access }, caller) => {
    for (const wrong of [-1, 0.5, NaN, Infinity, 2 ** 53]) {
      expect(() => access.reserve(caller, cost(wrong))).toThrow(RangeError);
      expect(() => access.reserve(caller, cost(0, wrong))).toThrow(RangeError);
    }
    access.reserve(caller, cost(100));
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
  await saveBudgets(room.state, fold.snapshot(), { ledgerSize: 3, nowMs: NOON_MS });
  const loaded = await loadBudgets(room.state);
  const sorted = ({ spent, open }: BudgetSnapshot) => ({
    spent: spent.toSorted((a, b) => `${a.subject} ${a.period}`.localeCompare(`${b.subject} ${b.period}`)),
    open,
  });
  expect({ ...loaded, snapshot: sorted(loaded.snapshot) }).toEqual({ snapshot: sorted(fold.snapshot()), ledgerSize: 3 });
  const later = { spent: [], open: [{ ...opened, id: 'r3' }] };
  await saveBudgets(room.state, later, { ledgerSize: 4, nowMs: NOON_MS });
  expect(await loadBudgets(room.state)).toEqual({ snapshot: later, ledgerSize: 4 });
  const budgets = new Budgets(room.clock, systemRandom);
  expect(budgets.restore(loaded.snapshot, [])).toEqual([{ id: 'r1', microUnits: 70, tokens: 7, estimated: true }]);
  expect(budgets.purses('tenant:t').day).toMatchObject({ spentMicroUnits: 120, spentTokens: 12, period: '2026-11-22' });
  await room.close();
});

test('a snapshot leaves out days of more than five weeks ago, and months of more than a year ago', async () => {
  const room = await openRoom();
  const sum = (period: string) => ({ subject: 'key:k', period, microUnits: 1, tokens: 1 });
  const spent = ['2025-10', '2025-09', '2026-10', '2026-10-18', '2026-10-17', '2026-11-22'].map(sum);
  await saveBudgets(room.state, { spent, open: [] }, { ledgerSize: 1, nowMs: NOON_MS });
  const { snapshot } = await loadBudgets(room.state);
  expect(snapshot.spent.map(({ period }) => period).toSorted()).toEqual(['2025-10', '2026-10', '2026-10-18', '2026-11-22']);
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

test('periods are UTC days and months', () => {
  expect(periodsAt(Date.UTC(2026, 11, 31, 23, 59, 59, 999))).toEqual({
    day: '2026-12-31',
    month: '2026-12',
    dayEndsAtMs: Date.UTC(2027, 0, 1),
    monthEndsAtMs: Date.UTC(2027, 0, 1),
  });
});
