// Load, attacks, failing upstreams: who is turned away, for how long, and how they come back.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { handClock, openRoom, withCaller } from './access.fixture.ts';
import { AttackTrip, type AttackSettings } from './breaker/attack-trip.ts';
import { Load } from './breaker/load.ts';
import { UpstreamBreaker } from './breaker/upstream-breaker.ts';
import type { Caller } from './keys/caller.ts';

const TARGET = { model: 'm', upstream: 'main' };
const ATTACK: AttackSettings = { blockedShare: 0.5, samplesMin: 10, restMs: 10_000, restMaxMs: 40_000, probes: 4 };

const report = (trip: AttackTrip, verdicts: string, nowMs: number): boolean[] =>
  verdicts.split('').map((verdict) => trip.judged(verdict === 'x', nowMs));

test.each([
  ['below the least number of requests, whatever they were', 'xxxxxxxxx', false],
  ['at the least number, half of them blocked', '.....xxxxx', true],
  ['below the share', '......xxxx', false],
  ['a single blocked one among many', '.................x', false],
])('an attack is seen %s: %s → %s', (_title, verdicts, isOpen) => {
  const trip = new AttackTrip(ATTACK);
  expect(report(trip, verdicts, 1_000).includes(true)).toBe(isOpen);
  expect(trip.isOpen).toBe(isOpen);
});

test('blocked requests of more than ten seconds ago are forgotten', () => {
  const trip = new AttackTrip(ATTACK);
  report(trip, 'xxxxxxxxx', 1_000);
  expect(report(trip, 'x', 10_999)).toEqual([true]);
  const later = new AttackTrip(ATTACK);
  report(later, 'xxxxxxxxx', 1_000);
  expect(report(later, 'xxxxxxxxx', 11_000)).not.toContain(true);
});

test('the window counts exactly the last ten buckets, whatever the gaps', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 4_000 }), fc.boolean()), { maxLength: 120 }), (steps) => {
      const trip = new AttackTrip({ ...ATTACK, samplesMin: 6 });
      const seen: { readonly bucket: number; readonly isBlocked: boolean }[] = [];
      let nowMs = 0;
      for (const [gapMs, isBlocked] of steps) {
        nowMs += gapMs;
        const bucket = Math.floor(nowMs / 1_000);
        seen.push({ bucket, isBlocked });
        const recent = seen.filter((one) => one.bucket > bucket - 10);
        const isAttack = recent.length >= 6 && recent.filter((one) => one.isBlocked).length >= recent.length / 2;
        expect(trip.judged(isBlocked, nowMs)).toBe(isAttack);
        if (isAttack) return;
      }
    }),
  );
});

test('a source that was turned away comes back by a few good probes', () => {
  const trip = new AttackTrip(ATTACK);
  report(trip, 'xxxxxxxxxx', 0);
  expect(trip.waitMs(0)).toBe(10_000);
  expect(trip.waitMs(9_999)).toBe(1);
  expect([1, 2, 3, 4].map(() => trip.waitMs(10_000))).toEqual([0, 0, 0, 0]);
  expect(trip.waitMs(10_000)).toBeGreaterThan(0);
  report(trip, '...x', 10_100);
  expect(trip.isOpen).toBe(false);
  expect(trip.waitMs(10_100)).toBe(0);
});

test('a source whose probes are blocked rests twice as long each time, up to a limit', () => {
  const trip = new AttackTrip(ATTACK);
  report(trip, 'xxxxxxxxxx', 0);
  let nowMs = 0;
  for (const restMs of [10_000, 20_000, 40_000, 40_000]) {
    expect(trip.waitMs(nowMs)).toBe(restMs);
    nowMs += restMs;
    for (let probe = 0; probe < 4; probe += 1) expect(trip.waitMs(nowMs)).toBe(0);
    report(trip, 'xx..', nowMs);
  }
});

test('probes that never come back do not keep a source out for ever', () => {
  const trip = new AttackTrip(ATTACK);
  report(trip, 'xxxxxxxxxx', 0);
  for (let probe = 0; probe < 4; probe += 1) expect(trip.waitMs(10_000)).toBe(0);
  expect(trip.waitMs(19_999)).toBe(1);
  expect(trip.waitMs(20_000)).toBe(0);
});

async function withTenants(work: (room: Awaited<ReturnType<typeof openRoom>>, callers: readonly Caller[]) => void): Promise<void> {
  const room = await openRoom({
    attack: ATTACK,
    limits: { perMinute: 10_000, concurrent: 10_000 },
    load: { inFlightMax: 100, loopDelayMaxMs: 100 },
  });
  const texts: string[] = [];
  for (const tenant of ['acme', 'acme', 'other', 'third']) texts.push((await room.keyStore.createKey({ tenant, who: 'test' })).key);
  await room.access.refresh();
  work(
    room,
    texts.map((text) => room.access.authenticate(text)),
  );
  await room.close();
}

const attack = (room: Awaited<ReturnType<typeof openRoom>>, caller: Caller | undefined, count: number): void => {
  for (let number = 0; number < count; number += 1) if (caller !== undefined) room.access.reportVerdict(caller, true);
};

const admits = (room: Awaited<ReturnType<typeof openRoom>>, caller: Caller | undefined): boolean | string => {
  if (caller === undefined) return 'no caller';
  try {
    room.access.admit(caller, TARGET).leave();
    return true;
  } catch (error) {
    return (error as { code: string }).code;
  }
};

test('the key that attacks is turned away, and nobody else', () =>
  withTenants((room, [attacker, colleague, other]) => {
    attack(room, attacker, 10);
    expect([attacker, colleague, other].map((caller) => admits(room, caller))).toEqual(['attack_shed', true, true]);
    expect(room.events.at(-1)).toMatchObject({ kind: 'access.shed', data: { level: 'key' } });
  }));

test('a tenant that attacks with several keys is turned away whole, and nobody else', () =>
  withTenants((room, [one, two, other]) => {
    attack(room, one, 9);
    attack(room, two, 9);
    expect([one, two, other].map((caller) => admits(room, caller))).toEqual(['attack_shed', 'attack_shed', true]);
    expect(room.events.at(-1)).toMatchObject({ kind: 'access.shed', data: { level: 'tenant' } });
  }));

test('new settings for attacks hold for sources that are known already', () =>
  withTenants((room, [caller]) => {
    attack(room, caller, 9);
    room.access.configure({ ...room.access.settings, attack: { ...ATTACK, samplesMin: 3 } });
    attack(room, caller, 2);
    expect(admits(room, caller)).toBe(true);
    attack(room, caller, 1);
    expect(admits(room, caller)).toBe('attack_shed');
  }));

test('an attack from many tenants, each below its own threshold, turns everybody away, with a time to come back', () =>
  withTenants((room, [one, , other, third]) => {
    attack(room, one, 4);
    attack(room, other, 4);
    attack(room, third, 4);
    expect(admits(room, third)).toBe('attack_shed');
    expect(room.events.at(-1)).toMatchObject({ kind: 'access.shed', data: { level: 'everything' } });
    room.clock.pass(10_000);
    expect(admits(room, third)).toBe(true);
  }));

test('a flood of one tenant leaves room for the others', () =>
  withTenants((room, [flood, , other, third]) => {
    if (flood === undefined || other === undefined || third === undefined) throw new Error('keys were made');
    const taken: unknown[] = [];
    expect(() => {
      for (;;) taken.push(room.access.admit(flood, TARGET));
    }).toThrow(expect.objectContaining({ code: 'overloaded', status: 503, retryAfterSeconds: 1 }));
    expect(taken.length).toBe(80);
    for (let number = 0; number < 10; number += 1) room.access.admit(other, TARGET);
    expect(admits(room, flood)).toBe('overloaded');
    expect(admits(room, third)).toBe(true);
  }));

test('under a saturated event loop the flood is shed and the small tenant still passes', () =>
  withTenants((room, [flood, , other]) => {
    if (flood === undefined) throw new Error('keys were made');
    for (let number = 0; number < 60; number += 1) room.access.admit(flood, TARGET);
    for (let second = 0; second < 5; second += 1) room.access.observeLoad(500);
    expect(admits(room, flood)).toBe('overloaded');
    expect(admits(room, other)).toBe(true);
    for (let second = 0; second < 30; second += 1) room.access.observeLoad(5);
    expect(admits(room, flood)).toBe(true);
  }));

test('one long pause, or a slow machine with little to do, sheds nobody', () =>
  withTenants((room, [caller]) => {
    if (caller === undefined) throw new Error('keys were made');
    for (let number = 0; number < 30; number += 1) room.access.admit(caller, TARGET);
    for (let second = 0; second < 50; second += 1) room.access.observeLoad(second % 3 === 0 ? 5 : 5_000);
    for (let number = 0; number < 30; number += 1) room.access.admit(caller, TARGET);
    for (let second = 0; second < 50; second += 1) room.access.observeLoad(5_000);
    expect(admits(room, caller)).toBe('overloaded');
  }));

test('however tenants come and go, a newcomer finds room while the house is not full, and the count is right', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(9), fc.boolean(), fc.nat(200)), { maxLength: 300 }), (steps) => {
      const load = new Load({ inFlightMax: 96, loopDelayMaxMs: 100 });
      const held = new Map<number, number>();
      let total = 0;
      for (const [tenant, isArrival, delayMs] of steps) {
        const before = held.get(tenant) ?? 0;
        if (isArrival) {
          const objection = load.objection(before);
          if (before === 0) expect(objection).toBeUndefined();
          if (objection === undefined) {
            load.enter(before);
            held.set(tenant, before + 1);
            total += 1;
          }
        } else if (before > 0) {
          held.set(tenant, before - 1);
          load.leave(before - 1);
          total -= 1;
        }
        load.observe(delayMs);
        expect(load.inFlight).toBe(total);
        expect(load.capacity).toBeGreaterThanOrEqual(64);
        expect(load.capacity).toBeLessThanOrEqual(96);
      }
    }),
  );
});

test('an upstream that fails five times in a row rests, is probed once, and comes back', () => {
  const clock = handClock();
  const breaker = new UpstreamBreaker(clock);
  const isRefused = (name = 'main'): boolean => {
    try {
      breaker.assertUp(name);
      return false;
    } catch (error) {
      expect(error).toMatchObject({ code: 'upstream_resting', status: 503 });
      return true;
    }
  };
  for (let number = 0; number < 4; number += 1) breaker.failed('main');
  expect(isRefused()).toBe(false);
  breaker.failed('main');
  expect(isRefused()).toBe(true);
  expect(breaker.isUp('main')).toBe(false);
  expect(isRefused('other')).toBe(false);
  clock.pass(1_999);
  expect(isRefused()).toBe(true);
  clock.pass(1);
  expect([isRefused(), isRefused()]).toEqual([false, true]);
  breaker.succeeded('main');
  expect([isRefused(), isRefused()]).toEqual([false, false]);
  expect(breaker.isUp('main')).toBe(true);
});

test('a success between failures keeps an upstream in service', () => {
  const breaker = new UpstreamBreaker(handClock());
  for (let round = 0; round < 20; round += 1) {
    for (let number = 0; number < 4; number += 1) breaker.failed('main');
    breaker.succeeded('main');
  }
  breaker.assertUp('main');
});

test('only failed probes lengthen the rest, up to a minute', () => {
  const clock = handClock();
  const breaker = new UpstreamBreaker(clock);
  const restOf = (): number => {
    try {
      breaker.assertUp('main');
      return 0;
    } catch (error) {
      return (error as { retryAfterSeconds: number }).retryAfterSeconds;
    }
  };
  for (let number = 0; number < 50; number += 1) breaker.failed('main');
  expect(restOf()).toBe(2);
  const rests: number[] = [];
  for (let probe = 0; probe < 6; probe += 1) {
    clock.pass(restOf() * 1_000);
    expect(restOf()).toBe(0);
    breaker.failed('main');
    rests.push(restOf());
  }
  expect(rests).toEqual([4, 8, 16, 32, 60, 60]);
});

test('an upstream at rest refuses a request before it takes a place or a unit of the rate', () =>
  withCaller({ perMinute: 1, concurrent: 1 }, ({ access, clock }, caller) => {
    for (let number = 0; number < 5; number += 1) access.reportUpstream('main', 'failed');
    for (let number = 0; number < 3; number += 1) {
      expect(() => access.admit(caller, TARGET)).toThrow(expect.objectContaining({ code: 'upstream_resting', retryAfterSeconds: 2 }));
    }
    clock.pass(2_000);
    access.admit(caller, TARGET).leave();
    access.reportUpstream('main', 'answered');
    expect(() => access.admit(caller, TARGET)).toThrow(expect.objectContaining({ code: 'rate_limited' }));
  }));
