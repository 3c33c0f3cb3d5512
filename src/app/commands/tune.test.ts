// What is proposed for a tenant's rule, from records as the gateway writes them.
import { describe, expect, test } from 'vitest';
import type { LedgerEvent } from '../../core/types.ts';
import { Traffic } from './tune.ts';

interface Found {
  readonly rule: string;
  readonly score: number;
  readonly action: string;
  readonly severity?: string;
}

const opened = (tenant: string, listed: readonly Found[] = []): LedgerEvent => ({
  kind: 'request.opened',
  atMs: 0,
  tenant,
  data: { findings: { count: listed.length, listed: listed.map((one) => ({ severity: one.score >= 0.5 ? 'high' : 'low', ...one })) } },
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

describe('what is high', () => {
  const traffic = (found: Omit<Found, 'action'>): Traffic => {
    const all = new Traffic();
    for (let made = 0; made < 1000; made += 1) all.add(opened('acme', made < 20 ? [{ ...found, action: 'record' }] : []));
    return all;
  };

  test('is what the guard calls so: names that nobody acts on are no false alarms', () =>
    expect(traffic({ rule: 'pii.names', score: 0.99, severity: 'low' }).proposals(0.005)[0]).toMatchObject({
      advice: 'keep',
      high: { value: 0 },
      score: null,
    }));
  test('is grave by a score below one half too, where the threshold of the guard is lower', () =>
    expect(traffic({ rule: 'harm.request', score: 0.3, severity: 'high' }).proposals(0.005)[0]).toMatchObject({
      advice: 'raise',
      high: { value: 0.02 },
      score: 0.3,
    }));
  test('has the threshold of the guard as its lowest score', () => {
    const all = traffic({ rule: 'harm.request', score: 0.72, severity: 'high' });
    expect(all.proposals(0.5)[0]).toMatchObject({ advice: 'keep', score: 0.72 });
  });
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
