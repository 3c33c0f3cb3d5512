// What can go wrong at the state door, with the way out.
import { faultMaker, type FaultRow } from '../../core/fault.ts';

/** Closed list of this door's faults. */
export const STATE_FAULTS = {
  state_newer_than_program: {
    status: 500,
    message: 'The state file {file} has schema version {found}, but this program knows versions up to {known}.',
    fix: 'Run the newer Sallyport that wrote it, or restore the backup that was made before the upgrade (same folder, name ending in .backup-vN).',
  },
  state_foreign: {
    status: 500,
    message: 'The state file {file} was migrated by another program: step {version} is called {found} there and {known} here.',
    fix: 'Point the data directory at a state file of this program.',
  },
  state_unreadable: {
    status: 500,
    message: 'The state file {file} cannot be read: {reason}.',
    fix: 'Check the disk and the permissions, then restore the latest backup beside it.',
  },
  state_locked: {
    status: 503,
    message: 'The state file {file} stayed locked by another process for {waitedMs} ms.',
    fix: 'End the process that holds it (a backup, an open sqlite3 shell), then try again.',
  },
  state_url_unsupported: {
    status: 500,
    message: 'State behind the URL scheme {scheme} is not available in this version.',
    fix: 'Leave DATABASE_URL unset to use the SQLite file in the data directory.',
  },
  private_path_refused: {
    status: 500,
    message: '{path} is refused: {reason}.',
    fix: 'Give it to the user that runs Sallyport, as a plain file with mode 0600 or a folder with mode 0700, without links; or name a new folder inside it.',
  },
} as const satisfies Record<string, FaultRow>;

export type StateFaultCode = keyof typeof STATE_FAULTS;

export const stateFault = faultMaker<StateFaultCode>(STATE_FAULTS);
