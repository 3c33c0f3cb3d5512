// Records of any shape become valid events, and the memory of open requests is bounded.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../core/types.ts';
import { toLine } from './event.ts';
import { eventsOf, only } from './events.fixture.ts';
import { OpenRequests } from './open-requests.ts';
import { closed, finding, findings, opened, record, AT_MS } from './records.fixture.ts';

describe('any record at all', () => {
  const KINDS = [
    'request.opened',
    'request.closed',
    'request.refused',
    'kill.ordered',
    'access.cut',
    'access.shed',
    'key.created',
    'ledger.tail_cut',
    'other',
  ];
  const NAMES = [
    'status',
    'verdict',
    'findings',
    'count',
    'listed',
    'reservation',
    'usage',
    'reason',
    'failure',
    'model',
    'taxonomy',
    'severity',
    'score',
    'action',
    'id',
  ];
  const { data } = fc.letrec<{ data: JsonObject; value: Json }>((tie) => ({
    data: fc.dictionary(fc.constantFrom(...NAMES), tie('value'), { maxKeys: 6 }),
    value: fc.oneof(
      { maxDepth: 4 },
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.boolean(),
        fc.constant(null),
        fc.constantFrom('block', 'high', 'jailbreak'),
      ),
      tie('data'),
      fc.array(tie('data'), { maxLength: 3 }),
    ),
  }));

  it('becomes lines that are one valid event each, whatever is in it, with nothing that a terminal obeys', () => {
    fc.assert(
      fc.property(fc.constantFrom(...KINDS), data, (kind, any) => {
        const events = eventsOf(opened(1), record(2, kind, any, { tenant: 't', requestId: 'req_1' }));
        for (const event of events) {
          const line = toLine(event);
          expect(line.indexOf('\n')).toBe(line.length - 1);
          // eslint-disable-next-line no-control-regex
          expect(line.slice(0, -1)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/);
          expect(JSON.parse(line)).toEqual(JSON.parse(JSON.stringify(event)));
        }
      }),
      { numRuns: 400 },
    );
  });

  it('is told the same way each time', () => {
    const records = [opened(1, { findings: findings(finding()) }), closed(2, 'req_1', { findings: findings(finding()) })];
    expect(eventsOf(...records)).toEqual(eventsOf(...records));
  });

  it('keeps a name that is the caller’s own short and whole', () => {
    const event = only(opened(1, { model: `\ud800${'m'.repeat(100_000)}` }), closed(2, 'req_1'));
    expect(String(event['ai_model']?.['name']).length).toBeLessThanOrEqual(512);
    expect(String(event['ai_model']?.['name']).isWellFormed()).toBe(true);
  });
});

describe('the memory of open requests', () => {
  it('forgets by number and by age, the oldest first, and knows where to begin again', () => {
    const requests = new OpenRequests(2);
    for (const one of [opened(1), opened(2), opened(3)]) requests.learn(one);
    expect(requests.oldestIndex).toBe(1);
    requests.settle();
    expect(requests.oldestIndex).toBe(2);
    const late = record(4, 'kill.ordered', {});
    requests.learn({ index: 4, event: { ...late.event, atMs: AT_MS + 7_200_003 } });
    requests.settle();
    expect(requests.oldestIndex).toBe(3);
    requests.learn(closed(5, 'req_3'));
    expect(requests.oldestIndex).toBe(3);
    requests.settle();
    expect(requests.oldestIndex).toBeUndefined();
  });
});
