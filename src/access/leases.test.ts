// Budgets that several replicas draw on: never over, hardly ever refused in vain, whatever restarts or goes away.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Clock } from '../core/ports.ts';
import { systemRandom } from '../io/random.ts';
import type { State } from '../io/state/open-state.ts';
import { newFolder, NOON_MS, stateIn } from './access.fixture.ts';
import { combineLimits, type Limits } from './keys/limits.ts';
import { Budgets, type Reservation, type Wallet } from './limits/budgets.ts';
import { oldestKept } from './limits/budget-snapshots.ts';
import { grant, grantStore, type GrantStore } from './limits/grants.ts';
import { Leases } from './limits/leases.ts';
import { periodsAt } from './limits/period.ts';
import type { CounterLoss } from './settings.ts';

const CLOCK: Clock = { nowMs: () => NOON_MS, steadyMs: () => performance.now() };
const PERIODS = [periodsAt(NOON_MS).day, periodsAt(NOON_MS).month];
const cost = (microUnits: number, tokens = 0) => ({ microUnits, tokens });
const soon = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

interface Replica {
  readonly budgets: Budgets;
  readonly leases: Leases;
  readonly troubles: unknown[];
  readonly used: () => number;
  reserve(amount: number, limits?: Limits): Promise<Reservation>;
}

interface Group {
  readonly replicas: readonly Replica[];
  /** Given away or used by all, as the purses themselves say. */
  readonly used: () => number;
}

const DAY = 10_000;
const LIMITS: Limits = { microUnits: { day: DAY } };

async function replica({
  store,
  others,
  onLoss = 'refuse',
}: {
  store: GrantStore;
  others: () => readonly Replica[];
  onLoss?: CounterLoss;
}): Promise<Replica> {
  const troubles: unknown[] = [];
  const leases = new Leases({
    store,
    clock: CLOCK,
    pause: (ms) => new Promise((resolve) => void setTimeout(resolve, ms)),
    onLoss: () => onLoss,
    ask: (subject, period) => others().forEach((one) => one.leases !== leases && one.leases.wantedBack(subject, period)),
    onTrouble: (error) => void troubles.push(error),
    onWell: () => undefined,
  });
  const budgets = new Budgets(CLOCK, systemRandom);
  await leases.begin([], PERIODS);
  budgets.share(leases);
  const wallet: Wallet = { keyId: 'k', tenant: 't', key: budgets.purses('key:k'), shared: budgets.purses('tenant:t') };
  return {
    budgets,
    leases,
    troubles,
    used: () => {
      const { spent, reserved } = budgets.usageOf('key:k').day;
      return spent.microUnits + reserved.microUnits;
    },
    reserve: async (amount, limits = LIMITS) =>
      budgets.reserving(wallet, cost(amount, amount), { key: combineLimits([limits]), tenant: combineLimits([]) }),
  };
}

async function withGroup(
  count: number,
  work: (group: Group, states: readonly State[]) => Promise<void>,
  more: { onLoss?: CounterLoss; wrap?: (store: GrantStore) => GrantStore } = {},
): Promise<void> {
  const folder = newFolder();
  const states: State[] = [];
  const replicas: Replica[] = [];
  for (let at = 0; at < count; at += 1) {
    const state = await stateIn(folder, CLOCK);
    states.push(state);
    const store = (more.wrap ?? ((one) => one))(grantStore(state, `log-${at}`));
    replicas.push(await replica({ store, others: () => replicas, ...(more.onLoss === undefined ? {} : { onLoss: more.onLoss }) }));
  }
  const used = (): number => replicas.reduce((sum, one) => sum + one.used(), 0);
  await work({ replicas, used }, states);
  for (const state of states) await state.close();
}

const pick = <Item>(list: readonly Item[], at: number): Item => {
  const item = list[at % list.length];
  if (item === undefined) throw new Error('an empty list');
  return item;
};

test('four replicas that race for one budget spend it to the last unit, and never one more', () =>
  withGroup(4, async ({ replicas, used }) => {
    let isOver = 0;
    let inVain = 0;
    const results = await Promise.all(
      Array.from({ length: 3_000 }, async (_, turn) => {
        const amount = 1 + ((turn * 7) % 9);
        try {
          const reservation = await pick(replicas, turn).reserve(amount);
          if (used() > DAY) isOver += 1;
          if (turn % 3 === 0) reservation.settle({ microUnits: Math.ceil(amount / 2), tokens: 0, estimated: false });
          return 'taken';
        } catch (error) {
          if (used() + amount <= DAY) inVain += 1;
          return (error as { code: string }).code;
        }
      }),
    );
    expect(new Set(results)).toEqual(new Set(['taken', 'budget_exceeded']));
    expect(isOver).toBe(0);
    expect(inVain).toBeLessThanOrEqual(3);
    expect(used()).toBeLessThanOrEqual(DAY);
    expect(used()).toBeGreaterThanOrEqual(DAY - 9);
  }));

test('what one replica holds and does not use reaches the one that needs it, to the last unit', () =>
  withGroup(2, async ({ replicas: [one, two] }) => {
    if (one === undefined || two === undefined) throw new Error('two replicas');
    // The first asks for a few and gets some ahead.
    await one.reserve(1);
    await two.reserve(DAY - 1);
    await expect(two.reserve(1)).rejects.toMatchObject({ code: 'budget_exceeded' });
    await expect(one.reserve(1)).rejects.toMatchObject({ code: 'budget_exceeded' });
  }));

test('what is given back after a smaller bill can be used by another replica at once', () =>
  withGroup(2, async ({ replicas: [one, two] }) => {
    if (one === undefined || two === undefined) throw new Error('two replicas');
    const all = await one.reserve(DAY);
    await expect(two.reserve(10)).rejects.toMatchObject({ code: 'budget_exceeded' });
    all.settle({ microUnits: 100, tokens: 0, estimated: false });
    await soon();
    await new Promise((resolve) => void setTimeout(resolve, 120));
    await two.reserve(DAY - 100);
  }));

test('a replica that ends gives everything back; one that dies leaves charged what it held, until it is back', () =>
  withGroup(3, async ({ replicas: [one, two, three] }, states) => {
    if (one === undefined || two === undefined || three === undefined) throw new Error('three replicas');
    (await one.reserve(50)).settle({ microUnits: 50, tokens: 0, estimated: false });
    await one.leases.close();
    const [state] = states;
    if (state === undefined) throw new Error('a state');
    const grants = async () =>
      await state.db
        .selectFrom('budgetGrants')
        .select(['log', 'microUnits'])
        .where('period', '=', PERIODS[0] ?? '')
        .where('subject', '=', 'key:k')
        .execute();
    expect(await grants()).toEqual([{ log: 'log-0', microUnits: 50 }]);
    await two.reserve(100);
    const held = (await grants()).find(({ log }) => log === 'log-1')?.microUnits ?? 0;
    expect(held).toBeGreaterThan(100);
    // It died here, and its record says that 100 was opened and never closed: the bound is charged, the rest goes back.
    const back = await replica({ store: grantStore(state, 'log-1'), others: () => [] });
    await back.leases.begin([{ subject: 'key:k', period: PERIODS[0] ?? '', microUnits: 100, tokens: 100 }], PERIODS);
    expect((await grants()).find(({ log }) => log === 'log-1')?.microUnits).toBe(100);
    await three.reserve(DAY - 150);
    await expect(three.reserve(1)).rejects.toMatchObject({ code: 'budget_exceeded' });
  }));

test('old periods are dropped, also those of replicas that are gone; what is kept is kept to the day', () =>
  withGroup(1, async (_group, [state]) => {
    if (state === undefined) throw new Error('a state');
    const sum = { subject: 'key:old', microUnits: 1, tokens: 1 };
    const periods = ['2025-09', '2025-10', '2025-10-18', '2026-10-17', '2026-10-18', '2026-10', '2026-11-22'];
    for (const period of periods) {
      await state.db
        .insertInto('budgetTotals')
        .values({ ...sum, period, wantedAtMs: 0 })
        .execute();
      await state.db
        .insertInto('budgetGrants')
        .values({ ...sum, period, log: 'gone' })
        .execute();
      await state.db
        .insertInto('budgetSpent')
        .values({ ...sum, period, log: 'gone' })
        .execute();
    }
    await grantStore(state, 'log-0').forget(oldestKept(NOON_MS));
    for (const table of ['budgetTotals', 'budgetGrants', 'budgetSpent'] as const) {
      const rows = await state.db.selectFrom(table).select('period').where('subject', '=', 'key:old').orderBy('period').execute();
      expect(rows.map(({ period }) => period).toSorted()).toEqual(['2025-10', '2026-10', '2026-10-18', '2026-11-22']);
    }
  }));

test('a truth above the bound is charged to all', () =>
  withGroup(2, async ({ replicas: [one, two] }) => {
    if (one === undefined || two === undefined) throw new Error('two replicas');
    (await one.reserve(10)).settle({ microUnits: 9_000, tokens: 0, estimated: false });
    await one.leases.tick();
    await two.reserve(1_000);
    await expect(two.reserve(1)).rejects.toMatchObject({ code: 'budget_exceeded' });
  }));

test('a limit that comes later counts what was spent without one', () =>
  withGroup(2, async ({ replicas: [one, two] }) => {
    if (one === undefined || two === undefined) throw new Error('two replicas');
    for (let turn = 0; turn < 5; turn += 1) (await one.reserve(1_000, {})).settle({ microUnits: 1_000, tokens: 0, estimated: false });
    await one.leases.close();
    await two.reserve(DAY - 5_000);
    await expect(two.reserve(1)).rejects.toMatchObject({ code: 'budget_exceeded' });
  }));

const broken = (store: GrantStore, isDown: () => boolean): GrantStore => ({
  ...store,
  exchange: (wishes) => (isDown() ? Promise.reject(new Error('down')) : store.exchange(wishes)),
});

test('without the database, refuse: what is held is used up and no more; then it says why', async () => {
  let isDown = false;
  await withGroup(
    2,
    async ({ replicas: [one] }) => {
      if (one === undefined) throw new Error('a replica');
      await one.reserve(10);
      isDown = true;
      await one.reserve(10);
      await expect(one.reserve(5_000)).rejects.toMatchObject({ code: 'counters_lost', status: 503 });
      expect(one.troubles.length).toBeGreaterThan(0);
      isDown = false;
      await one.reserve(5_000);
    },
    { wrap: (store) => broken(store, () => isDown) },
  );
});

test('without the database, local: it goes on within what the others held last, and tells the database afterwards', async () => {
  let isDown = false;
  await withGroup(
    2,
    async ({ replicas: [one, two], used }) => {
      if (one === undefined || two === undefined) throw new Error('two replicas');
      await two.reserve(4_000);
      await one.reserve(10);
      isDown = true;
      await one.reserve(5_000);
      await expect(one.reserve(1_000)).rejects.toMatchObject({ code: 'budget_exceeded' });
      isDown = false;
      await one.leases.tick();
      await expect(two.reserve(1_000)).rejects.toMatchObject({ code: 'budget_exceeded' });
      expect(used()).toBeLessThanOrEqual(DAY);
    },
    { wrap: (store) => broken(store, () => isDown), onLoss: 'local' },
  );
});

test('an answer that is lost on the way costs at most what it granted', async () => {
  let losesNext = false;
  await withGroup(
    2,
    async ({ replicas: [one, two], used }) => {
      if (one === undefined || two === undefined) throw new Error('two replicas');
      losesNext = true;
      await expect(one.reserve(100)).rejects.toMatchObject({ code: 'counters_lost' });
      // The database holds it for the first replica, which finds it again.
      await one.reserve(100);
      await one.leases.close();
      await two.reserve(DAY - 100);
      expect(used()).toBe(DAY);
    },
    {
      wrap: (store) => ({
        ...store,
        async exchange(wishes) {
          const granted = await store.exchange(wishes);
          if (!losesNext) return granted;
          losesNext = false;
          throw new Error('the line broke after the commit');
        },
      }),
    },
  );
});

const amounts = fc.nat(1_000);
test('no row of exchanges ever gives away more than the limit', () => {
  const step = fc.record({ log: fc.nat(3), holds: fc.nat(300), need: amounts, slice: amounts, givesBack: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), amounts, (steps, limit) => {
      const own = [0, 0, 0, 0];
      let total = 0;
      for (const { log, holds, need, slice, givesBack } of steps) {
        // A replica holds no more than it was granted.
        const held = Math.min(holds, own[log] ?? 0);
        const wish = {
          subject: 's',
          period: 'p',
          holds: cost(held),
          givesBack,
          need: cost(need),
          least: cost(Math.min(need, 1)),
          slice: cost(slice),
          limit: cost(limit, Infinity),
        };
        const { granted, total: after } = grant(
          { total: cost(total), own: cost(own[log] ?? 0) },
          givesBack ? { ...wish, need: cost(0), least: cost(0), slice: cost(0) } : wish,
        );
        own[log] = granted.own.microUnits;
        total = after.microUnits;
        expect(total).toBe(own.reduce((sum, one) => sum + one, 0));
        expect(total).toBeLessThanOrEqual(limit);
        if (granted.isMet && !givesBack) expect(granted.own.microUnits - held).toBeGreaterThanOrEqual(need);
      }
    }),
  );
});
