// The time that replicas agree about: that of the database, taken only when it is sure.
import { expect, test } from 'vitest';
import { handClock, NOON_MS } from '../access.fixture.ts';
import { ServerClock, SKEW_MS } from './server-clock.ts';

function clockWith(aheadMs: number) {
  const clock = handClock(NOON_MS + aheadMs);
  const server = { atMs: NOON_MS, asked: 0, tookMs: 0 };
  const told: number[] = [];
  const shared = new ServerClock({
    clock,
    ask: async () => {
      server.asked += 1;
      // On the way back, as when this process is stopped and goes on.
      const atMs = server.atMs + clock.steadyMs() - 1_000;
      clock.pass(server.tookMs);
      return atMs;
    },
    onSkew: (ms) => void told.push(ms),
  });
  return { clock, server, told, shared };
}

test('is the time of the database, however far off this machine is, and the difference is told once', async () => {
  for (const aheadMs of [3_600_000, -7_200_000]) {
    const { clock, told, shared } = clockWith(aheadMs);
    await shared.look();
    expect(shared.nowMs()).toBe(NOON_MS);
    expect(shared.skewMs).toBe(aheadMs);
    clock.pass(11_000);
    await shared.look();
    expect(shared.nowMs()).toBe(NOON_MS + 11_000);
    expect(told).toEqual([aheadMs]);
  }
});

test.each([
  [SKEW_MS, []],
  [SKEW_MS + 1, [SKEW_MS + 1]],
])('a difference of %i ms is told: %o', async (aheadMs, expected) => {
  const { told, shared } = clockWith(aheadMs);
  await shared.look();
  expect([told, shared.isSkewed]).toEqual([expected, expected.length > 0]);
});

test('is asked for every ten seconds', async () => {
  const { clock, server, shared } = clockWith(0);
  await shared.look();
  clock.pass(9_999);
  await shared.look();
  expect(server.asked).toBe(1);
  clock.pass(1);
  await shared.look();
  expect(server.asked).toBe(2);
});

test('an answer that was long on its way moves nothing, and the next one is asked for at once', async () => {
  const { clock, server, shared } = clockWith(0);
  await shared.look();
  clock.pass(10_000);
  server.tookMs = 30_000;
  await shared.look();
  expect(shared.skewMs).toBe(0);
  server.tookMs = 0;
  await shared.look();
  expect([server.asked, shared.skewMs]).toEqual([3, 0]);
});
