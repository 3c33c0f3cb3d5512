// The newest checkpoints of all replicas' ledgers, from the database that they share: one look at how far each record reaches.
import type { Clock } from '../../core/ports.ts';
import { openState } from '../../io/state/open-state.ts';
import type { LedgerHeadRow } from '../../io/state/tables.ts';
import { openCheckpoint } from '../../ledger/note.ts';
import { appFault } from '../faults.ts';
import { readHeads } from '../serve/ledger-heads.ts';
import { DATABASE_VARIABLE } from '../serve/state-place.ts';
import { showTime, table } from './printing.ts';

export interface ReplicaHead {
  readonly log: string;
  /** `forged`: the note is not signed by the key beside it, or speaks of another log. */
  readonly state: 'signed' | 'forged';
  readonly size: number;
  readonly root: string;
  readonly atMs: number;
  readonly verifierKey: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Faults: `bad_argument` without a database, those of the state. */
export async function replicaHeads(environment: Environment, clock: Clock): Promise<readonly ReplicaHead[]> {
  const url = environment[DATABASE_VARIABLE] ?? '';
  if (url === '') throw appFault('bad_argument', { what: `${DATABASE_VARIABLE} is not set.`, fix: 'Set it as the replicas have it.' });
  const state = await openState({ url, clock });
  try {
    return await Promise.all((await readHeads(state)).map((row) => checked(row)));
  } finally {
    await state.close();
  }
}

async function checked({ log, note, verifierKey, atMs }: LedgerHeadRow): Promise<ReplicaHead> {
  const checkpoint = await openCheckpoint(note, verifierKey);
  const isOwn = checkpoint !== undefined && checkpoint.origin === log && verifierKey.startsWith(`${log}+`);
  return { log, state: isOwn ? 'signed' : 'forged', size: checkpoint?.size ?? 0, root: checkpoint?.root ?? '', atMs, verifierKey };
}

/** Who can write the database can write a key beside a note: what proves something is a key that was kept elsewhere. */
export function headsText(heads: readonly ReplicaHead[]): string {
  if (heads.length === 0) return 'no replica has written a checkpoint yet';
  const rows = heads.map(({ log, state, size, root, atMs }) => [log, state, String(size), root.slice(0, 12), showTime(atMs)]);
  const total = heads.reduce((sum, { size }) => sum + size, 0);
  return `${table(['ledger', 'checkpoint', 'records', 'root', 'written'], rows)}\n${total} records in ${heads.length} ledgers. Compare the keys (--json) with those that you keep elsewhere.`;
}
