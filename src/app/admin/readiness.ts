// Whether traffic should be sent here, and if not, why.
import type { AdminDeps } from './api-route.ts';

/** Reasons against; empty when ready. They name what is wrong, never a path or content. */
export function readiness({ rooms, isDraining }: Pick<AdminDeps, 'rooms' | 'isDraining'>): readonly string[] {
  const { state, fault } = rooms.ledger.status();
  return [
    ...(state === 'open' ? [] : [`the ledger cannot record (${fault?.code ?? state})`]),
    ...(rooms.access.killSwitch.isTrusted ? [] : ['the kill orders cannot be trusted, so that everything is stopped']),
    ...lostIn(rooms, 'refuse'),
    ...(isDraining() ? ['the gateway is shutting down'] : []),
  ];
}

/** What is lost and does not stop this replica, because its operator chose so. */
export const readyWarnings = ({ rooms }: Pick<AdminDeps, 'rooms'>): readonly string[] => [
  ...lostIn(rooms, 'local'),
  ...(rooms.shared?.clock.isSkewed === true
    ? [`the clock of this machine is off by ${Math.round(Math.abs(rooms.shared.clock.skewMs) / 1_000)} s`]
    : []),
];

/** A replica that can serve nothing without what is lost should get no traffic; one that goes on alone should. */
function lostIn({ access, shared }: AdminDeps['rooms'], choice: 'refuse' | 'local'): readonly string[] {
  const { onCounterLoss, onKillLoss } = access.settings;
  return (shared?.health.all ?? [])
    .filter(({ part }) => (part === 'orders' ? onKillLoss : onCounterLoss) === choice)
    .map(
      ({ part }) =>
        `${part} of the replicas cannot be shared, so that ${choice === 'refuse' ? 'what needs them is refused' : 'this one goes on alone'}`,
    );
}
