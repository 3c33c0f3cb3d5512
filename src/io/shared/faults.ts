// What can go wrong at the door to shared memory.
import { faultMaker, type FaultRow } from '../../core/fault.ts';

/** Closed list of this door's faults. */
export const SHARED_FAULTS = {
  shared_url_refused: {
    status: 500,
    message: 'VALKEY_URL is no address of a Valkey or Redis server.',
    fix: 'Write it like valkey://user:password@host:6379/0; rediss:// or valkeys:// for TLS.',
  },
  shared_unreachable: {
    status: 503,
    message: 'Valkey at {place} cannot be used: {reason}.',
    fix: 'Check that it runs, that VALKEY_URL names it with the right user and password, and that this user may run INFO and EVAL.',
  },
} as const satisfies Record<string, FaultRow>;

export type SharedFaultCode = keyof typeof SHARED_FAULTS;

export const sharedFault = faultMaker<SharedFaultCode>(SHARED_FAULTS);
