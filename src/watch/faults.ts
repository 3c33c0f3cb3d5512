// Expected failures of the watch room. The documentation page is generated from this table.
import { faultMaker, type FaultRow } from '../core/fault.ts';

export const WATCH_FAULTS = {
  events_file_unusable: {
    status: 503,
    message: 'The events file {path} cannot be written: {reason}.',
    fix: 'Give this process the right to write in that folder, or set events.ocsfFile to a path where it may.',
  },
  events_file_foreign: {
    status: 503,
    message: 'The events file {path} holds something else than the events of this program, and is left as it is.',
    fix: 'Move it away, or set events.ocsfFile to a path of its own.',
  },
  events_file_in_use: {
    status: 503,
    message: 'Another process writes the events file {path}.',
    fix: 'Stop it, or give each process an events.ocsfFile of its own.',
  },
} as const satisfies Readonly<Record<string, FaultRow>>;

type WatchFaultCode = keyof typeof WATCH_FAULTS;

export const watchFault = faultMaker<WatchFaultCode>(WATCH_FAULTS);
