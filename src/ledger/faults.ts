// Expected failures of the ledger. The documentation page is generated from this table.
import type { Fault } from '../core/fault.ts';
import { faultMaker } from '../core/fault.ts';
import { systemCode } from '../io/files/file-port.ts';

export const LEDGER_FAULTS = {
  ledger_unavailable: {
    status: 503,
    message: 'The ledger cannot record: {reason}.',
    fix: 'Free space or repair the disk under {directory}; recording resumes by itself once the disk works. Nothing is answered unrecorded meanwhile.',
  },
  ledger_busy: {
    status: 503,
    message: 'The ledger has {waiting} records waiting for the disk, and its limit is {limit}.',
    fix: 'Retry shortly; if this lasts, the disk under the ledger is too slow for the load.',
  },
  ledger_closed: { status: 503, message: 'The ledger is closed.', fix: 'Wait until the program has started again.' },
  ledger_locked: {
    status: 503,
    message: 'Another process records into {directory}.',
    fix: 'Stop it first, or give this one a data folder of its own: a ledger has one writer.',
  },
  ledger_damaged: {
    status: 500,
    message: 'The ledger is damaged: {what}, in {file} at byte {offset}.',
    fix: 'Do not delete anything. Run `sallyport ledger verify`, restore the file from a copy, or set the folder aside as evidence and start a new one.',
  },
  ledger_truncated: {
    status: 500,
    message: 'The ledger holds {found} records, but its own checkpoint covers {expected}.',
    fix: 'Records were removed. Restore the segments from a copy, or set the folder aside as evidence and start a new one.',
  },
  checkpoint_untrusted: {
    status: 500,
    message: 'A checkpoint does not hold: {reason}.',
    fix: 'Check that the key in the ledger folder is the one that signed it, and compare with a checkpoint kept elsewhere.',
  },
  event_refused: {
    status: 500,
    message: 'An event of kind {kind} cannot be recorded: {reason}.',
    fix: 'This is a fault of the program: record digests and counts, never content.',
  },
  record_not_found: {
    status: 404,
    message: 'The ledger has no record {index}: it holds {from} to {to}.',
    fix: 'Ask for an index in that range; older records are removed by retention, newer ones may still be on their way to the disk.',
  },
  record_not_covered: {
    status: 409,
    message: 'No checkpoint covers record {index} yet: the newest covers the {size} records before it.',
    fix: 'Wait for the next checkpoint, or ask the running gateway to make one.',
  },
  retention_below_minimum: {
    status: 400,
    message: 'Keeping records for {days} days is less than the {minimum} days that the operator set as the legal minimum.',
    fix: 'Raise the retention or, if the law allows it, lower the minimum.',
  },
  input_missing: { status: 404, message: 'There is no file at {path}.', fix: 'Give the path of a checkpoint, proof or key that exists.' },
  nonce_gone: {
    status: 410,
    message: 'The nonce of commitment {slot} was erased or is lost, so nobody can tell any more what text it stood for.',
    fix: 'None: that is what erasure is for.',
  },
} as const;

export type LedgerFaultCode = keyof typeof LEDGER_FAULTS;

export const ledgerFault = faultMaker<LedgerFaultCode>(LEDGER_FAULTS);

/** What a failed disk means to a caller. The reason is the system's code, because its message can hold paths. */
export function toUnavailable(directory: string, cause: unknown): Fault {
  const code = systemCode(cause);
  const reason = code === 'ENOSPC' || code === 'EDQUOT' ? 'the disk is full' : `the disk failed (${code ?? 'unknown error'})`;
  return ledgerFault('ledger_unavailable', { reason, directory }, { cause, retryAfterSeconds: 5 });
}
