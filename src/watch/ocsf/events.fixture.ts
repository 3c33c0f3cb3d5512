// All events of a row of records, each checked against the schema.
import { expect } from 'vitest';
import type { LedgerRecord } from '../../ledger/record.ts';
import type { OcsfContext } from './event.ts';
import { OpenRequests } from './open-requests.ts';
import { assertOcsf } from './schema.fixture.ts';
import { toOcsf } from './to-ocsf.ts';

/** An event, to be looked into without asking for each step. */
type Loose = Record<string, never> & { [key: string]: Loose };

export function eventsOf(...records: readonly LedgerRecord[]): Loose[] {
  const requests = new OpenRequests();
  const context: OcsfContext = { installation: 'box+00c0ffee', productVersion: '0.1.0', opened: (one) => requests.find(one) };
  const events = records.flatMap((one) => {
    requests.learn(one);
    return toOcsf(one, context);
  });
  for (const event of events) assertOcsf(event);
  return events as unknown as Loose[];
}

export const only = (...records: readonly LedgerRecord[]): Loose => {
  const events = eventsOf(...records);
  expect(events).toHaveLength(1);
  return events[0] as Loose;
};
