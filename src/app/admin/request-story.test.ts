// Records of any age and any damage make a story, and never an exception.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../core/types.ts';
import type { LedgerRecord } from '../../ledger/record.ts';
import { FindingGroups } from './finding-groups.ts';
import { fingerprintsIn, tellStory } from './request-story.ts';

const record = (kind: string, data: JsonObject, index = 0): LedgerRecord => ({
  index,
  event: { kind, atMs: 1, tenant: 'acme', requestId: 'req_1', data },
});

const POLICY = {
  name: 'standard',
  revision: 'r1',
  rules: [{ on: 'output', class: 'secret', do: 'redact' }],
  onFailure: { input: 'block', output: 'block' },
  media: 'block',
  mode: 'enforce',
} as const;

const FINDING = { rule: 'secrets.x', class: 'secret', severity: 'high', score: 0.9, pointer: '/a', start: 1, end: 2, reason: 'r' };

describe('the story of a request', () => {
  it.each([
    ['under way', [record('request.opened', { verdict: 'allow' })]],
    ['answered', [record('request.opened', {}), record('request.closed', { reason: null })]],
    ['judge', [record('request.opened', {}), record('request.closed', { reason: 'blocked_by_policy' })]],
    ['inspect', [record('request.opened', {}), record('request.closed', { reason: 'output_blocked' })]],
    ['call', [record('request.opened', {}), record('request.closed', { reason: 'upstream_timeout' })]],
    ['admit', [record('request.refused', { reason: 'rate_limited' })]],
    ['read', [record('request.refused', { reason: 'unknown_field' })]],
    ['process', [record('request.opened', {}), record('request.closed', { reason: 'process_ended' })]],
    ['stopped', [record('request.refused', { reason: 'stopped_by_order' })]],
  ])('that ended at %s says so', (stage, records) => {
    expect(tellStory('req_1', records, []).stage).toBe(stage);
  });

  it('names the rule that decided only while the policy of the record is in force', () => {
    const findings = { count: 1, listed: [{ ...FINDING, action: 'redact', origin: 'model', taxonomy: 'sensitive-output' }] };
    const records = [record('request.opened', { revision: 'r1' }), record('request.closed', { findings })];
    expect(tellStory('req_1', records, [POLICY]).findings[0]?.decidedBy).toEqual({ index: 0, rule: POLICY.rules[0] });
    expect(tellStory('req_1', records, [{ ...POLICY, revision: 'r2' }]).findings[0]?.decidedBy).toBeUndefined();
  });

  it('fills the words of the catalogue with what the record knows', () => {
    const listed = [{ ...FINDING, action: 'block', origin: 'user', taxonomy: 'sensitive-input' }];
    const records = [
      record('request.opened', { policy: 'standard', findings: { count: 1, listed } }),
      record('request.closed', { reason: 'blocked_by_policy' }),
    ];
    expect(tellStory('req_1', records, []).meaning).toBe('The request was blocked by policy standard: secret.');
  });

  it('is told of whatever stands in a record', () => {
    const kind = fc.constantFrom('request.opened', 'request.closed', 'request.refused', 'other');
    const listed = fc.array(fc.oneof(fc.jsonValue(), fc.record({ rule: fc.jsonValue(), taxonomy: fc.constant('tool-abuse') })));
    const data = fc.oneof(
      fc.dictionary(fc.string(), fc.jsonValue()),
      fc.record({ revision: fc.constant('r1'), reason: fc.jsonValue(), findings: fc.record({ listed }) }),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(kind, data)), (rows) => {
        const records = rows.map(([name, value], index) => record(name, value as JsonObject, index));
        expect(tellStory('req_1', records, [POLICY]).records).toHaveLength(rows.length);
        const groups = new FindingGroups({});
        for (const one of records) groups.add(one);
        expect(groups.list().reduce((sum, { count }) => sum + count, 0)).toBeGreaterThanOrEqual(0);
        fingerprintsIn(records, 'r');
      }),
    );
  });
});
