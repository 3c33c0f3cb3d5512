// A ledger record in, OCSF 1.8.0 events out. Pure: what it knows of earlier records comes with the context.
import type { JsonObject } from '../../core/types.ts';
import type { LedgerRecord } from '../../ledger/record.ts';
import { toClosedActivity, toCountedRefusals, toRefusedActivity } from './api-activity.ts';
import { CONTROL_EVENTS, toBaseEvent } from './control-events.ts';
import { toFindings } from './detection-finding.ts';
import type { OcsfContext } from './event.ts';
import { textOf } from './fields.ts';

/**
 * The events that a record becomes, always the same for the same record and context.
 * A request that is opened becomes its findings; its activity is told when it is closed, with what came of it.
 */
export function toOcsf(record: LedgerRecord, context: OcsfContext): readonly JsonObject[] {
  const { kind, data } = record.event;
  const opened = context.opened(record);
  switch (kind) {
    case 'request.opened':
      return toFindings(record, context, { direction: 'input', opened, verdict: textOf(data, 'verdict') });
    case 'request.closed':
      return [
        toClosedActivity(record, context),
        ...toFindings(record, context, { direction: 'output', opened, verdict: textOf(data, 'verdict') }),
      ];
    case 'request.refused':
      return [toRefusedActivity(record, context)];
    case 'request.refusals':
      return [toCountedRefusals(record, context)];
    default:
      return [(CONTROL_EVENTS.get(kind) ?? toBaseEvent)(record, context)];
  }
}
