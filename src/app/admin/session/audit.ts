// What the record is told of people at the door of the console.
import type { LedgerEvent } from '../../../core/types.ts';
import type { AdminDeps } from '../api-route.ts';
import type { Identity } from '../authority.ts';

/** Who opened the door is on record. */
export function record(deps: Noting, kind: string, { caller, who, via }: Identity): void {
  const { role, scope, tenant, label } = caller;
  const owner = scope === 'global' ? {} : { tenant };
  note(deps, { kind, atMs: deps.clock.nowMs(), ...owner, data: { who, via, role, scope, label } });
}

type Noting = Pick<AdminDeps, 'rooms' | 'clock' | 'onBug'>;

/** A ledger that cannot record keeps nobody from signing in to stop what must be stopped. */
export function note({ rooms, onBug }: Noting, event: LedgerEvent): void {
  try {
    rooms.ledger.append(event).durable.catch(onBug);
  } catch (error) {
    onBug(error);
  }
}
