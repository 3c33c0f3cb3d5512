// What the configuration says about access, after `app` has read and checked it.
import { ATTACK_DEFAULTS, type AttackSettings } from './breaker/attack-trip.ts';
import { LOAD_DEFAULTS, type LoadSettings } from './breaker/load.ts';
import { UPSTREAM_BREAKER_DEFAULTS, type UpstreamBreakerSettings } from './breaker/upstream-breaker.ts';
import type { Limits } from './keys/limits.ts';
import type { PriceRow } from './limits/prices.ts';

/** What a replica does when it cannot ask what all replicas share: refuse what needs it, or go on alone on what it knew last. */
export type CounterLoss = 'refuse' | 'local';

export interface AccessSettings {
  /** `none` makes everybody tenant `default` with key `anonymous`; the configuration allows it on loopback only. */
  readonly auth: 'keys' | 'none';
  /** For keys that do not say otherwise. */
  readonly limits: Limits;
  /** For each tenant as a whole. */
  readonly tenantLimits: Limits;
  /** Named sets that keys and tenants refer to. */
  readonly tiers: Readonly<Record<string, Limits>>;
  /** The operator's own prices, before the shipped ones. */
  readonly prices: readonly PriceRow[];
  readonly load: LoadSettings;
  readonly attack: AttackSettings;
  readonly upstream: UpstreamBreakerSettings;
  /** Failed authentications a minute of one client address; Infinity: no limit. */
  readonly failedKeysPerMinute: number;
  /** Whether events hold addresses beside their names. */
  readonly recordsClientAddress: boolean;
  /** Where several replicas share counters and orders: the operator's choices for the loss of them. */
  readonly onCounterLoss: CounterLoss;
  readonly onKillLoss: CounterLoss;
}

export const ACCESS_DEFAULTS: AccessSettings = {
  auth: 'keys',
  limits: { perMinute: 100, concurrent: 32 },
  tenantLimits: {},
  tiers: {},
  prices: [],
  load: LOAD_DEFAULTS,
  attack: ATTACK_DEFAULTS,
  upstream: UPSTREAM_BREAKER_DEFAULTS,
  failedKeysPerMinute: 60,
  recordsClientAddress: false,
  onCounterLoss: 'refuse',
  onKillLoss: 'refuse',
};
