// What can go wrong at the state door, with the way out.
import { faultMaker, type FaultRow } from '../../core/fault.ts';

/** Closed list of this door's faults. */
export const STATE_FAULTS = {
  state_newer_than_program: {
    status: 500,
    message: 'The state in {file} has schema version {found}, but this program knows versions up to {known}.',
    fix: 'Run the newer Sallyport that wrote it, or restore the backup that was made before the upgrade (SQLite: same folder, name ending in .backup-vN; PostgreSQL: your own pg_dump).',
  },
  state_foreign: {
    status: 500,
    message: 'The state in {file} was migrated by another program: step {version} is called {found} there and {known} here.',
    fix: 'Point the data directory, or DATABASE_URL, at a state of this program.',
  },
  state_half_migrated: {
    status: 500,
    message: 'The state in {file} is not whole: {reason}.',
    fix: 'Nothing was changed. Restore the backup from before the upgrade, or give it an empty database.',
  },
  state_unreadable: {
    status: 500,
    message: 'The state in {file} cannot be read: {reason}.',
    fix: 'Check the disk and the permissions, then restore the latest backup beside it.',
  },
  state_locked: {
    status: 503,
    message: 'The state in {file} stayed locked by another process for {waitedMs} ms.',
    fix: 'End the process that holds it (a backup, an open sqlite3 or psql shell), then try again.',
  },
  state_unreachable: {
    status: 503,
    message: 'The state in {file} cannot be reached: {reason}.',
    fix: 'Check that the database runs, that DATABASE_URL names it, and that its user and password are right.',
  },
  state_taken: {
    status: 500,
    message: 'Another gateway works on the state in {file}, and two may only share it through Valkey.',
    fix: 'Set VALKEY_URL for all of them (docs/replicas.md), or stop the other one first.',
  },
  state_same_ledger: {
    status: 500,
    message: 'Another gateway with the same ledger, {log}, works on the state in {file}.',
    fix: 'Give each replica a data directory of its own, begun empty; a copy of another one has its name and would spend from its budgets. After a power cut, wait half a minute.',
  },
  state_url_unsupported: {
    status: 500,
    message: 'State behind the URL scheme {scheme} is not available.',
    fix: 'Set DATABASE_URL to postgres://user:password@host:5432/name, or leave it unset to use the SQLite file in the data directory.',
  },
  secret_differs: {
    status: 500,
    message: '{path} is not made from the secret of the replicas.',
    fix: 'Give every replica the same replicas.secret. To take a used data directory into a group, start the group without it: its keys would not be known.',
  },
  private_path_refused: {
    status: 500,
    message: '{path} is refused: {reason}.',
    fix: 'Give it to the user that runs Sallyport, as a plain file with mode 0600 or a folder with mode 0700, without links; or name a new folder inside it.',
  },
} as const satisfies Record<string, FaultRow>;

export type StateFaultCode = keyof typeof STATE_FAULTS;

export const stateFault = faultMaker<StateFaultCode>(STATE_FAULTS);
