// The soak in small, on every run of the tests.
import { expect, it } from 'vitest';
import { soakKills, soakPowerCuts } from './ledger-soak.ts';

it('loses no record that was acknowledged before a kill -9', { timeout: 30_000 }, async () => {
  const { acknowledged, lost, problems } = await soakKills(4, 1);
  expect({ lost, problems }).toEqual({ lost: 0, problems: [] });
  expect(acknowledged).toBeGreaterThan(100);
});

it('loses no record that was acknowledged before the power went', async () => {
  const { acknowledged, lost, problems } = await soakPowerCuts(10, 1);
  expect({ lost, problems }).toEqual({ lost: 0, problems: [] });
  expect(acknowledged).toBeGreaterThan(20);
});
