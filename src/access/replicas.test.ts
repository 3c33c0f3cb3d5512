// Orders and messages between replicas: obeyed once, in one order, and only when they are authentic. Two replicas over one state.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { systemRandom } from '../io/random.ts';
import { openKillFiles } from '../io/state/kill-files.ts';
import type { State } from '../io/state/open-state.ts';
import { handClock, newFolder, stateIn, type HandClock } from './access.fixture.ts';
import { KillSwitch } from './kill/kill-switch.ts';
import { SharedHealth } from './shared/health.ts';
import { KillRelay } from './shared/kill-relay.ts';
import { parseNews, sealNews, type News } from './shared/news.ts';
import { parseRelayed, sealRelayed, type RelayedOrder } from './shared/relayed-order.ts';
import type { CounterLoss } from './settings.ts';
import { UpstreamBreaker } from './breaker/upstream-breaker.ts';

const KEY = Buffer.alloc(32, 7);
const OTHER_KEY = Buffer.alloc(32, 8);

interface Replica {
  readonly killSwitch: KillSwitch;
  readonly relay: KillRelay;
  readonly health: SharedHealth;
  readonly told: string[];
  look(): Promise<void>;
}

async function replica(
  log: string,
  { state, clock, onLoss = 'refuse', folder = newFolder() }: { state: State; clock: HandClock; onLoss?: CounterLoss; folder?: string },
): Promise<Replica> {
  const killSwitch = new KillSwitch({ files: openKillFiles(folder, systemRandom), clock });
  const health = new SharedHealth(() => undefined);
  const told: string[] = [];
  const relay = new KillRelay({
    state,
    log,
    key: KEY,
    killSwitch,
    clock,
    onLoss: () => onLoss,
    health,
    publish: (order) => void told.push(order),
  });
  await relay.begin();
  return {
    killSwitch,
    relay,
    health,
    told,
    async look() {
      relay.tick();
      await relay.close();
      // What was given while it looked is looked for now.
      relay.tick();
      await relay.close();
    },
  };
}

async function withTwo(work: (one: Replica, two: Replica, tools: { state: State; clock: HandClock }) => Promise<void>): Promise<void> {
  const clock = handClock();
  const state = await stateIn(newFolder(), clock);
  await work(await replica('one', { state, clock }), await replica('two', { state, clock }), { state, clock });
  await state.close();
}

const ORDER = { scope: 'tenant', subject: 'acme', who: 'ada', reason: 'drill' } as const;
const standing = ({ killSwitch }: Replica): readonly string[] =>
  killSwitch.status().standing.map(({ scope, subject }) => `${scope} ${subject}`);

test('an order reaches the other replica by looking alone, and so does its end', () =>
  withTwo(async (one, two) => {
    one.killSwitch.order(ORDER);
    await one.look();
    await two.look();
    expect(standing(two)).toEqual(['tenant acme']);
    two.killSwitch.resume(ORDER);
    await two.look();
    await one.look();
    expect([standing(one), standing(two)]).toEqual([[], []]);
  }));

test('an order that is told is obeyed before the database has it, once, and never again after it was lifted', () =>
  withTwo(async (one, two) => {
    one.killSwitch.order(ORDER);
    two.relay.heard(one.told[0] ?? '');
    expect(standing(two)).toEqual(['tenant acme']);
    await one.look();
    await two.look();
    expect(two.killSwitch.status().sequence).toBe(1);
    one.killSwitch.resume(ORDER);
    await one.look();
    await two.look();
    two.relay.heard(one.told[0] ?? '');
    expect(standing(two)).toEqual([]);
  }));

test('an order that is told is refused when it is forged, says to resume, or is old', () =>
  withTwo(async (_one, two, { clock }) => {
    const order: RelayedOrder = { ...ORDER, id: 'x:1', origin: 'x', place: 1, act: 'kill', atMs: clock.nowMs() };
    two.relay.heard(sealRelayed(order, undefined, OTHER_KEY));
    two.relay.heard(sealRelayed(order, 1, KEY));
    two.relay.heard(sealRelayed({ ...order, act: 'resume' }, undefined, KEY));
    two.relay.heard(sealRelayed({ ...order, atMs: clock.nowMs() - 61_000 }, undefined, KEY));
    two.relay.heard('no order');
    expect(standing(two)).toEqual([]);
    two.relay.heard(sealRelayed(order, undefined, KEY));
    expect(standing(two)).toEqual(['tenant acme']);
    await two.look();
  }));

test('an end that was ordered before a new order does not lift it', () =>
  withTwo(async (one, two) => {
    one.killSwitch.order(ORDER);
    await one.look();
    await two.look();
    one.killSwitch.resume(ORDER);
    await one.look();
    // Two stops it anew without knowing of the end, which comes first in the database.
    two.killSwitch.order({ ...ORDER, reason: 'again' });
    await two.look();
    await one.look();
    expect([standing(one), standing(two)]).toEqual([['tenant acme'], ['tenant acme']]);
  }));

test('orders that were given while a replica was away hold when it is back, without those that were lifted', () =>
  withTwo(async (one, _two, { state, clock }) => {
    one.killSwitch.order(ORDER);
    one.killSwitch.order({ ...ORDER, subject: 'other' });
    one.killSwitch.resume(ORDER);
    await one.look();
    const late = await replica('late', { state, clock });
    expect(standing(late)).toEqual(['tenant other']);
  }));

test('more orders than are read at a time hold before the first request all the same', async () => {
  const clock = handClock();
  const state = await stateIn(newFolder(), clock);
  const orderAt = (place: number, subject: string): RelayedOrder => ({
    ...ORDER,
    subject,
    id: `x:${place}`,
    origin: 'x',
    place,
    act: 'kill',
    atMs: clock.nowMs(),
  });
  const rows = Array.from({ length: 2_100 }, (_, at) => orderAt(at + 1, at === 2_099 ? 'last' : 'first')).map((order) => ({
    sequence: order.place,
    id: order.id,
    sealed: sealRelayed(order, order.place, KEY),
  }));
  for (let at = 0; at < rows.length; at += 300)
    await state.db
      .insertInto('killOrders')
      .values(rows.slice(at, at + 300))
      .execute();
  expect(standing(await replica('late', { state, clock }))).toEqual(['tenant first', 'tenant last']);
  await state.close();
});

test('an order that was heard is not lifted by the end of an older one, which is read while the order is on its way', () =>
  withTwo(async (one, two, { state, clock }) => {
    one.killSwitch.order(ORDER);
    for (const each of [one, two]) await each.look();
    one.killSwitch.resume(ORDER);
    await one.look();
    const again: RelayedOrder = { ...ORDER, id: 'far:1', origin: 'far', place: 1, act: 'kill', atMs: clock.nowMs() };
    two.relay.heard(sealRelayed(again, undefined, KEY));
    await two.look();
    expect(standing(two)).toEqual(['tenant acme']);
    await state.db
      .insertInto('killOrders')
      .values({ sequence: 3, id: 'far:1', sealed: sealRelayed(again, 3, KEY) })
      .execute();
    for (const each of [one, two]) await each.look();
    expect([standing(one), standing(two)]).toEqual([['tenant acme'], ['tenant acme']]);
    one.killSwitch.resume(ORDER);
    for (const each of [one, two]) await each.look();
    expect([standing(one), standing(two)]).toEqual([[], []]);
  }));

test('an order that was heard and never came into the database is lifted by an end that did, after a minute', () =>
  withTwo(async (one, two, { clock }) => {
    const order: RelayedOrder = { ...ORDER, id: 'gone:1', origin: 'gone', place: 1, act: 'kill', atMs: clock.nowMs() };
    for (const each of [one, two]) each.relay.heard(sealRelayed(order, undefined, KEY));
    one.killSwitch.resume(ORDER);
    await one.look();
    await two.look();
    expect([standing(one), standing(two)]).toEqual([[], ['tenant acme']]);
    clock.pass(61_000);
    await two.look();
    expect([standing(one), standing(two)]).toEqual([[], []]);
  }));

test('orders are brought to the others whatever the database says of how far that has got', async () => {
  const clock = handClock();
  const state = await stateIn(newFolder(), clock);
  const folder = newFolder();
  await state.db.insertInto('meta').values({ name: 'kill_relayed:one', value: '999' }).execute();
  const one = await replica('one', { state, clock, folder });
  one.killSwitch.order(ORDER);
  await one.look();
  expect(standing(await replica('two', { state, clock }))).toEqual(['tenant acme']);
  await state.close();
});

test('a database that went back to a day before lifts nothing: ends that came before the last order stay before it', async () => {
  const clock = handClock();
  const [state, backup] = [await stateIn(newFolder(), clock), await stateIn(newFolder(), clock)];
  const folders = [newFolder(), newFolder()];
  const group = (where: State) => Promise.all(folders.map((folder, at) => replica(`log-${at}`, { state: where, clock, folder })));
  const [one, two] = await group(state);
  if (one === undefined || two === undefined) throw new Error('two replicas');
  for (const [who, act] of [
    [one, 'order'],
    [two, 'resume'],
    [one, 'order'],
  ] as const) {
    who.killSwitch[act](ORDER);
    await who.look();
    await (who === one ? two : one).look();
  }
  expect([standing(one), standing(two)]).toEqual([['tenant acme'], ['tenant acme']]);
  const back = await group(backup);
  for (const each of [...back, ...back]) await each.look();
  expect(back.map((each) => standing(each))).toEqual([['tenant acme'], ['tenant acme']]);
  expect(standing(await replica('new', { state: backup, clock }))).toEqual(['tenant acme']);
  await state.close();
  await backup.close();
});

test('after a restart nothing is told or obeyed twice', async () => {
  const clock = handClock();
  const state = await stateIn(newFolder(), clock);
  const folder = newFolder();
  const first = await replica('one', { state, clock, folder });
  first.killSwitch.order(ORDER);
  await first.look();
  const again = await replica('one', { state, clock, folder });
  await again.look();
  expect(await state.db.selectFrom('killOrders').select('id').execute()).toEqual([{ id: 'one:1' }]);
  expect(again.killSwitch.status().sequence).toBe(1);
  await state.close();
});

test('the self-test of one replica stops nothing at another', () =>
  withTwo(async (one, two) => {
    one.killSwitch.order({ ...ORDER, scope: 'upstream', subject: 'kill switch self-test' });
    await one.look();
    await two.look();
    expect(standing(two)).toEqual([]);
    expect(one.told).toEqual([]);
  }));

test.each([
  ['refuse', true],
  ['local', false],
] as const)('orders that cannot be read for three seconds: %s', async (onLoss, stopsAll) => {
  const clock = handClock();
  const state = await stateIn(newFolder(), clock);
  const one = await replica('one', { state, clock, onLoss });
  await state.db.insertInto('killOrders').values({ sequence: 1, id: 'x:1', sealed: '{}' }).execute();
  await one.look();
  expect(one.health.isLost('orders')).toBe(false);
  clock.pass(3_001);
  await one.look();
  expect(one.health.all).toEqual([{ part: 'orders', reason: expect.stringContaining('order 1') as string }]);
  const subject = { tenant: 't', keyId: 'k', model: 'm', upstream: 'u' };
  expect(one.killSwitch.killedBy(subject) !== undefined).toBe(stopsAll);
  expect(one.killSwitch.isTrusted).toBe(true);
  await state.db.deleteFrom('killOrders').execute();
  await one.look();
  expect(one.killSwitch.killedBy(subject)).toBeUndefined();
  expect(one.health.all).toEqual([]);
  await state.close();
});

test('a message is believed from a replica of this installation, and not from itself', () => {
  const name = fc.string({ minLength: 1, maxLength: 20 });
  const news: fc.Arbitrary<News> = fc.oneof(
    fc.constant({ about: 'keys' } as const),
    fc.record({ about: fc.constant('short' as const), subject: name, period: name }),
    fc.record({ about: fc.constant('rest' as const), upstream: name, failures: fc.integer({ min: 1, max: 99 }), restMs: fc.nat(60_000) }),
    fc.record({ about: fc.constant('kill' as const), order: name }),
  );
  fc.assert(
    fc.property(news, (one) => {
      const sealed = sealNews(one, 'me', KEY);
      expect(parseNews(sealed, 'you', KEY)).toEqual(one);
      expect(parseNews(sealed, 'me', KEY)).toBeUndefined();
      expect(parseNews(sealed, 'you', OTHER_KEY)).toBeUndefined();
    }),
  );
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(parseNews(text, 'you', KEY)).toBeUndefined();
    }),
  );
});

test('a sealed order is read back as it was, and no other text is one', () => {
  const order: RelayedOrder = { ...ORDER, id: 'one:4', origin: 'one', place: 4, act: 'kill', atMs: 1 };
  expect(parseRelayed(sealRelayed(order, 9, KEY), 9, KEY)).toEqual(order);
  expect(parseRelayed(sealRelayed(order, 9, KEY), 10, KEY)).toBeUndefined();
  expect(parseRelayed(sealRelayed({ ...order, place: 5 }, 9, KEY), 9, KEY)).toBeUndefined();
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(parseRelayed(text, 1, KEY)).toBeUndefined();
    }),
  );
});

test('a breaker opens and closes as another replica found, for as long and no longer', () => {
  const clock = handClock();
  const heard: string[] = [];
  const listener = {
    rests: (upstream: string) => void heard.push(`rest ${upstream}`),
    isWell: (upstream: string) => void heard.push(`well ${upstream}`),
  };
  const breaker = new UpstreamBreaker(clock, { failuresMax: 2, restMs: 1_000, restMaxMs: 5_000 }, listener);
  breaker.heard('main', { failures: 2, restMs: 3_000 });
  expect(() => breaker.assertUp('main')).toThrow(expect.objectContaining({ code: 'upstream_resting', retryAfterSeconds: 3 }));
  clock.pass(3_000);
  breaker.assertUp('main');
  breaker.succeeded('main');
  breaker.failed('main');
  breaker.failed('main');
  expect(heard).toEqual(['well main', 'rest main']);
  breaker.heard('main', undefined);
  breaker.assertUp('main');
});
