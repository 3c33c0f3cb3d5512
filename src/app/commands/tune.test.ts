// What is proposed for a tenant's rule, from records as the gateway writes them.
import { describe, expect, test } from 'vitest';
import type { LedgerEvent } from '../../core/types.ts';
import { Traffic } from './tune.ts';

const opened = (tenant: string, listed: readonly { rule: string; score: number; action: string }[] = []): LedgerEvent => ({
  kind: 'request.opened',
  atMs: 0,
  tenant,
  data: { findings: { count: listed.length, listed: listed.map((one) => ({ ...one })) } },
});

/** A thousand requests, of which the rule flags so many with these scores. */
function trafficOf(tenant: string, scores: readonly number[], action = 'block', requests = 1000): Traffic {
  const traffic = new Traffic();
  for (const score of scores) traffic.add(opened(tenant, [{ rule: 'injection.learned', score, action }]));
  for (let made = scores.length; made < requests; made += 1) traffic.add(opened(tenant));
  return traffic;
}

describe('a proposal', () => {
  test('raises the score of a rule that flags more than the budget, to where the budget is kept', () => {
    const scores = Array.from({ length: 20 }, (_, index) => 0.6 + index / 100);
    const [proposal] = trafficOf('acme', scores).proposals(0.005);
    expect(proposal).toMatchObject({ tenant: 'acme', rule: 'injection.learned', requests: 1000, advice: 'raise' });
    expect(scores.filter((score) => score > (proposal?.score ?? 0))).toHaveLength(5);
  });
  test('keeps a rule that stays inside the budget', () =>
    expect(trafficOf('acme', [0.9, 0.8, 0.4]).proposals(0.005)[0]).toMatchObject({ advice: 'keep', score: 0.5 }));
  test('is not made from few requests', () =>
    expect(trafficOf('acme', [0.9], 'block', 50).proposals(0.005)[0]?.advice).toBe('too few requests'));
  test('counts what was accepted as a false alarm', () =>
    expect(trafficOf('acme', [0.9, 0.8], 'allow').proposals(0.005)[0]).toMatchObject({ accepted: 2 }));
});

test('tenants are told apart, and answers add findings but no requests', () => {
  const traffic = trafficOf('acme', [0.9]);
  traffic.add(opened('other'));
  traffic.add({ ...opened('other', [{ rule: 'pii.email', score: 0.9, action: 'redact' }]), kind: 'request.closed' });
  traffic.add({ kind: 'key.created', atMs: 0, tenant: 'other', data: {} });
  expect(traffic.requests).toBe(1001);
  expect(traffic.proposals(0.005).map(({ tenant, rule, requests }) => [tenant, rule, requests])).toEqual([
    ['acme', 'injection.learned', 1000],
    ['other', 'pii.email', 1],
  ]);
});
