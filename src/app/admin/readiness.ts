// Whether traffic should be sent here, and if not, why.
import type { AdminDeps } from './api-route.ts';

/** Reasons against; empty when ready. They name what is wrong, never a path or content. */
export function readiness({ rooms, isDraining }: Pick<AdminDeps, 'rooms' | 'isDraining'>): readonly string[] {
  const { state, fault } = rooms.ledger.status();
  return [
    ...(state === 'open' ? [] : [`the ledger cannot record (${fault?.code ?? state})`]),
    ...(rooms.access.killSwitch.isTrusted ? [] : ['the kill orders cannot be trusted, so that everything is stopped']),
    ...(isDraining() ? ['the gateway is shutting down'] : []),
  ];
}
