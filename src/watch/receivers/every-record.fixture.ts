// A record of each kind that the gateway writes, with hostile text wherever a caller or an operator can put some.
import type { LedgerRecord } from '../../ledger/record.ts';
import { CONTROL_EVENTS } from '../ocsf/control-events.ts';
import { toLine, type OcsfContext } from '../ocsf/event.ts';
import { OpenRequests } from '../ocsf/open-requests.ts';
import { closed, finding, findings, opened, record } from '../ocsf/records.fixture.ts';
import { toOcsf } from '../ocsf/to-ocsf.ts';
import type { ReceiverEvent } from './receiver.ts';

/** Ends fields and lines in formats that do not look out: CEF, syslog, JSON lines, terminals. */
export const HOSTILE = 'm|o=d\\el]"\n2|\u001b[31m\u202e\u0085 cs1=x';

export function everyRecord(): readonly LedgerRecord[] {
  const texts = { model: HOSTILE, client: 'c_0011223344556677', clientAddress: '2001:db8::7' };
  const requests = [
    opened(
      0,
      { ...texts, verdict: 'block', findings: findings(finding(), finding({ type: HOSTILE, taxonomy: 'sensitive-output' })) },
      'req_a',
    ),
    closed(1, 'req_a', { verdict: 'block', status: 403, reason: 'blocked_by_policy', usage: null }),
    opened(2, { clientAddress: '192.0.2.7', failure: 'out_of_budget' }, 'req_b'),
    closed(3, 'req_b', { findings: findings(finding({ taxonomy: 'exfiltration', class: 'exfiltration', action: 'redact' })) }),
    closed(4, 'req_never_opened'),
    record(
      5,
      'request.refused',
      { status: 429, reason: 'rate_limited', principal: 'p_1', format: 'openai-chat', model: HOSTILE },
      { tenant: HOSTILE },
    ),
    record(
      6,
      'request.refusals',
      { principal: 'p_1', count: 940, reasons: { rate_limited: 940 }, fromMs: 1, minute: 1 },
      { tenant: HOSTILE },
    ),
  ];
  const data = {
    who: HOSTILE,
    reason: HOSTILE,
    id: 'k1',
    scope: 'tenant',
    subject: HOSTILE,
    sequence: 7,
    state: 'failed',
    cut: 2,
    failed: 1,
  };
  const control = [...CONTROL_EVENTS.keys(), 'of.a.later.version'].map((kind, at) => record(7 + at, kind, data, { tenant: 'acme' }));
  return [...requests, ...control];
}

/** Those records as a receiver gets them. */
export function everyEvent(records: readonly LedgerRecord[] = everyRecord()): readonly ReceiverEvent[] {
  const requests = new OpenRequests();
  const context: OcsfContext = { installation: 'box.example+00c0ffee', productVersion: '0.1.0', opened: (one) => requests.find(one) };
  return records
    .flatMap((one) => {
      requests.learn(one);
      return toOcsf(one, context);
    })
    .map((event) => ({ event, uid: (event['metadata'] as { uid: string }).uid, line: toLine(event).slice(0, -1) }));
}
