// What is counted for each key and each tenant while the process runs.
import { AttackTrip, type AttackSettings } from './breaker/attack-trip.ts';
import { accessFault } from './faults.ts';
import type { Caller } from './keys/caller.ts';
import { combineLimits, type EffectiveLimits, type Limits } from './keys/limits.ts';
import { ModelList } from './keys/model-list.ts';
import type { Budgets, Wallet } from './limits/budgets.ts';
import type { PursePair } from './limits/purse.ts';
import { Rate } from './limits/rate.ts';
import type { AccessSettings } from './settings.ts';

export class TenantMeter {
  readonly purses: PursePair;
  attack: AttackTrip;
  #settings: AttackSettings;
  inFlight = 0;

  constructor(purses: PursePair, settings: AttackSettings) {
    this.purses = purses;
    this.#settings = settings;
    this.attack = new AttackTrip(settings);
  }

  turnTo(settings: AttackSettings): void {
    if (settings === this.#settings) return;
    this.#settings = settings;
    this.attack = new AttackTrip(settings);
  }
}

/** Lives as long as the process; only the caller and the limits in it change. */
export class KeyMeter {
  readonly tenant: TenantMeter;
  readonly wallet: Wallet;
  readonly rate = new Rate();
  attack: AttackTrip;
  inFlight = 0;
  /** Whose limits these are: another object, or other settings, mean that they are to be worked out again. */
  caller: Caller;
  settings: AccessSettings;
  limits: EffectiveLimits;
  tenantLimits: EffectiveLimits;
  models: ModelList | undefined;

  constructor(caller: Caller, tenant: TenantMeter, parts: { readonly purses: PursePair; readonly settings: AccessSettings }) {
    this.tenant = tenant;
    this.wallet = { keyId: caller.keyId, tenant: caller.tenant, key: parts.purses, shared: tenant.purses };
    this.attack = new AttackTrip(parts.settings.attack);
    this.caller = caller;
    this.settings = parts.settings;
    this.limits = effectiveLimits(caller.limits, parts.settings.limits, parts.settings.tiers);
    this.tenantLimits = effectiveLimits(caller.tenantLimits, parts.settings.tenantLimits, parts.settings.tiers);
    this.models = modelsOf(this.limits, this.tenantLimits);
  }

  turnTo(caller: Caller, settings: AccessSettings): void {
    if (settings.attack !== this.settings.attack) this.attack = new AttackTrip(settings.attack);
    this.tenant.turnTo(settings.attack);
    this.caller = caller;
    this.settings = settings;
    this.limits = effectiveLimits(caller.limits, settings.limits, settings.tiers);
    this.tenantLimits = effectiveLimits(caller.tenantLimits, settings.tenantLimits, settings.tiers);
    this.models = modelsOf(this.limits, this.tenantLimits);
  }
}

export class Meters {
  readonly #budgets: Budgets;
  readonly #keys = new Map<string, KeyMeter>();
  readonly #tenants = new Map<string, TenantMeter>();

  constructor(budgets: Budgets) {
    this.#budgets = budgets;
  }

  /** The meter of a caller, with the limits that hold now. */
  of(caller: Caller, settings: AccessSettings): KeyMeter {
    const meter = this.#keys.get(caller.keyId);
    if (meter === undefined) return this.#make(caller, settings);
    if (meter.caller !== caller || meter.settings !== settings) meter.turnTo(caller, settings);
    return meter;
  }

  #make(caller: Caller, settings: AccessSettings): KeyMeter {
    const purses = this.#budgets.purses(`key:${caller.keyId}`);
    const made = new KeyMeter(caller, this.#tenantOf(caller.tenant, settings), { purses, settings });
    this.#keys.set(caller.keyId, made);
    return made;
  }

  #tenantOf(tenant: string, settings: AccessSettings): TenantMeter {
    const known = this.#tenants.get(tenant);
    if (known !== undefined) return known;
    const made = new TenantMeter(this.#budgets.purses(`tenant:${tenant}`), settings.attack);
    this.#tenants.set(tenant, made);
    return made;
  }
}

/** Own limits first, then those of the named tier, then the defaults. A tier that the configuration does not know must not mean "no limit". */
function effectiveLimits(own: Limits, defaults: Limits, tiers: AccessSettings['tiers']): EffectiveLimits {
  const named = own.tier ?? defaults.tier;
  const tier = named === undefined ? {} : tiers[named];
  if (tier === undefined) throw accessFault('tier_unknown', { tier: named ?? '' });
  return combineLimits([own, tier, defaults]);
}

const modelsOf = (key: EffectiveLimits, tenant: EffectiveLimits): ModelList | undefined => {
  const lists = [key.models, tenant.models].filter((models) => models !== undefined);
  return lists.length === 0 ? undefined : new ModelList(lists);
};
