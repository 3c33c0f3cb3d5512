// Joins this gateway to the others that work on the same database and Valkey.
import type { SharedPart } from '../../access/shared/health.ts';
import { SharedParts } from '../../access/shared/shared-parts.ts';
import type { AccessSettings } from '../../access/settings.ts';
import type { Clock } from '../../core/ports.ts';
import type { State } from '../../io/state/open-state.ts';
import { deriveSecret } from '../../io/state/seed-secrets.ts';
import { rarely } from './rarely.ts';

/** Characters of the fingerprint that tells installations on one Valkey apart. */
const PREFIX_UNITS = 16;

export interface JoinOptions {
  readonly state: State;
  readonly log: string;
  readonly valkeyUrl: string;
  readonly secret: string;
  readonly clock: Clock;
  readonly settings: () => Pick<AccessSettings, 'onCounterLoss' | 'onKillLoss'>;
  readonly tell: (part: SharedPart, reason: string | undefined) => void;
  readonly onTrouble: (what: string, error: unknown) => void;
}

/** Faults: `shared_url_refused`. */
export async function joinReplicas(options: JoinOptions): Promise<SharedParts> {
  const { state, log, valkeyUrl, secret, clock, settings, tell, onTrouble } = options;
  // Loaded only here: a gateway that is alone carries no client of a server that it does not ask.
  const { openValkey } = await import('../../io/shared/valkey-door.ts');
  const prefix = `sallyport:${deriveSecret(secret, 'prefix').toString('hex').slice(0, PREFIX_UNITS)}:`;
  const door = openValkey({ url: valkeyUrl, prefix, onTrouble: rarely((error) => onTrouble('reach Valkey', error)) });
  return new SharedParts({ state, door, log, key: deriveSecret(secret, 'orders'), clock, pause, settings, tell, onSkew });

  function onSkew(aheadMs: number): void {
    const far = `${(Math.abs(aheadMs) / 1_000).toFixed(1)} s ${aheadMs > 0 ? 'ahead of' : 'behind'}`;
    const words = `the clock of this machine is ${far} that of the database: limits go by the database's, records by this one`;
    onTrouble('agree about the time', new Error(words));
  }
}

const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
