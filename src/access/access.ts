// The room's front door: who is there, may they come in, and what may it cost.
import type { Clock, RandomSource } from '../core/ports.ts';
import type { JsonObject, LedgerEvent } from '../core/types.ts';
import { Admission, headersNow, type House } from './admission.ts';
import { AttackTrip } from './breaker/attack-trip.ts';
import { Load } from './breaker/load.ts';
import { UpstreamBreaker, type BreakerListener } from './breaker/upstream-breaker.ts';
import { accessFault } from './faults.ts';
import { InFlight } from './in-flight.ts';
import type { AdminRole, Caller } from './keys/caller.ts';
import type { Keyring } from './keys/keyring.ts';
import { Budgets, type Reservation } from './limits/budgets.ts';
import { Guesses } from './limits/guesses.ts';
import { Prices, type TokenUsage } from './limits/prices.ts';
import type { Cost } from './limits/purse.ts';
import type { KillSwitch } from './kill/kill-switch.ts';
import type { KillOrder, KillRecord } from './kill/order.ts';
import type { KillSubject } from './kill/standing.ts';
import { Meters, type KeyMeter } from './meters.ts';
import type { AccessSettings } from './settings.ts';
import type { SharedRate } from './shared/shared-rate.ts';

const SECOND_MS = 1_000;

export interface AccessOptions {
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly keyring: Keyring;
  readonly killSwitch: KillSwitch;
  readonly settings: AccessSettings;
  /** Where several replicas count together. */
  readonly shared?: SharedAccess;
  /** Receives what happened here, for the ledger: kill orders as this process saw them, cuts, trips. Must not throw. */
  readonly emit: (event: LedgerEvent) => void;
}

/** The part of several replicas in what a request asks for. */
export interface SharedAccess {
  readonly rate: Pick<SharedRate, 'take'>;
  readonly breaker: BreakerListener;
  /** Orders of this replica up to this one are known to all: until then its record must not be folded. */
  readonly ordersTold: () => number;
  /** Tells the others of a key that failed, by the network that it came from. */
  readonly failedKey: (net: string) => void;
}

/** What a request is about to use: the model and the upstream by their names in the configuration. */
export interface Target {
  readonly model: string;
  readonly upstream: string;
}

/** Before the body is read nobody knows what it asks for. */
const NOTHING_NAMED: Target = { model: '', upstream: '' };

/** What a call to the admin plane asks of its key. */
export interface AdminNeed {
  readonly roles: readonly AdminRole[];
  /** Not given: all tenants. */
  readonly tenant?: string;
  readonly clientAddress?: string;
}

const KILL_EVENTS = { kill: 'kill.ordered', resume: 'kill.resumed', checkpoint: 'kill.checkpointed' } as const;

/** Under `auth: none` everybody is this caller. */
const ANONYMOUS: Caller = {
  tenant: 'default',
  keyId: 'anonymous',
  pseudonym: 'anonymous',
  role: 'caller',
  scope: 'tenant',
  label: '',
  limits: {},
  tenantLimits: {},
  expiresAtMs: Infinity,
};

export class Access {
  readonly inFlight = new InFlight();
  readonly budgets: Budgets;
  readonly killSwitch: KillSwitch;
  readonly #clock: Clock;
  readonly #keyring: Keyring;
  readonly #meters: Meters;
  readonly #house: House;
  readonly #load: Load;
  readonly #emit: AccessOptions['emit'];
  #settings: AccessSettings;
  #prices: Prices;
  #everybody: AttackTrip;
  #upstreams: UpstreamBreaker;
  readonly #shared: SharedAccess | undefined;
  readonly #guesses: Guesses;

  constructor(options: AccessOptions) {
    const { clock, settings } = options;
    this.killSwitch = options.killSwitch;
    this.#clock = clock;
    this.#keyring = options.keyring;
    this.#emit = options.emit;
    this.budgets = new Budgets(clock, options.random);
    this.#shared = options.shared;
    this.#meters = new Meters(this.budgets);
    this.#settings = settings;
    this.#prices = new Prices(settings.prices);
    this.#load = new Load(settings.load);
    this.#house = { clock, load: this.#load, budgets: this.budgets };
    this.#everybody = new AttackTrip(settings.attack);
    this.#upstreams = new UpstreamBreaker(clock, settings.upstream, options.shared?.breaker);
    this.#guesses = new Guesses(clock, (address) => this.#onGuessing(address), options.shared?.failedKey);
    this.killSwitch.onChange((news) => this.#onKillChange(news));
  }

  /**
   * Who presents this key on the data plane.
   * Faults: `missing_key`, `mistyped_key`, `invalid_key`, `key_revoked`, `key_expired`, `tenant_suspended`, `wrong_plane`,
   * `too_many_failed_keys`.
   */
  authenticate(presentedKey: string | undefined, clientAddress?: string): Caller {
    if (this.#settings.auth === 'none') return ANONYMOUS;
    const caller = this.identify(presentedKey, clientAddress);
    if (caller.role !== 'caller') throw accessFault('wrong_plane', { id: caller.keyId, role: caller.role });
    return caller;
  }

  /**
   * Whose key this is, whatever it may open. An address from which too many keys have failed is heard no more for a while, with
   * the exception of keys that have worked from there since. Faults: those of the keyring, `too_many_failed_keys`.
   */
  identify(presentedKey: string | undefined, clientAddress = ''): Caller {
    const perMinute = this.#settings.failedKeysPerMinute;
    let caller: Caller;
    try {
      caller = this.#keyring.authenticate(presentedKey);
    } catch (error) {
      throw this.#guesses.failed(clientAddress, error, perMinute);
    }
    this.#guesses.assertHeard(clientAddress, caller, perMinute);
    return caller;
  }

  /**
   * Who presents this key on the admin plane, which asks for a key under `auth: none` as well.
   * Faults: those of `authenticate`, `role_required`, `other_tenant`.
   */
  authenticateAdmin(presentedKey: string | undefined, need: AdminNeed): Caller {
    const caller = this.identify(presentedKey, need.clientAddress);
    this.assertAdmin(caller, need);
    return caller;
  }

  /** For an administrator who is known by something else than a key. Faults: `wrong_plane`, `role_required`, `other_tenant`. */
  assertAdmin(caller: Caller, need: { readonly roles: readonly AdminRole[]; readonly tenant?: string }): void {
    const { keyId: id, role } = caller;
    if (role === 'caller') throw accessFault('wrong_plane', { id, role });
    if (!need.roles.includes(role)) throw accessFault('role_required', { id, role, needed: need.roles.join(' or ') });
    // No tenant named means all tenants, which only a global key may touch.
    if (caller.scope !== 'global' && need.tenant !== caller.tenant)
      throw accessFault('other_tenant', { id, tenant: need.tenant ?? 'all tenants' });
  }

  /**
   * Gives a request its place before anything of its body has been read, as far as its key alone can tell: nothing is read for whoever
   * is over a limit already. It counts against no limit but that of places until it is admitted or given up. The admission must be left
   * exactly once. Faults: `stopped_by_order`, `stopped_unreadable`, `attack_shed`, `overloaded`, `too_many_concurrent`, `rate_limited`.
   */
  enter(caller: Caller): Admission {
    this.assertRunning(caller, NOTHING_NAMED);
    const meter = this.#meters.of(caller, this.#settings);
    const steadyMs = this.#clock.steadyMs();
    this.#assertRoom(meter);
    this.#assertNotShed(meter, (trip) => trip.restMsAt(steadyMs));
    this.#assertRate(meter, meter.rate.waitMs(meter.limits.perMinute, steadyMs));
    return new Admission(meter, this.#house);
  }

  /** Counts a request that entered and was never admitted, because it could not be read or asked for what is not there. */
  countRefused(caller: Caller): void {
    const { rate, limits } = this.#meters.of(caller, this.#settings);
    if (this.#shared === undefined) rate.take(limits.perMinute, this.#clock.steadyMs());
    // Whether it could be counted changes nothing for a request that is over; that counters are lost is known and told without it.
    else this.#shared.rate.take(caller.keyId, limits.perMinute, rate).catch(() => undefined);
  }

  /**
   * Lets a request in, or says why not, before any guard has worked for it. The admission must be left exactly once; it is the one that
   * was `entered`, if there is one. Faults: `stopped_by_order`, `stopped_unreadable`, `model_not_allowed`, `attack_shed`, `overloaded`,
   * `upstream_resting`, `too_many_concurrent`, `rate_limited`.
   */
  admit(caller: Caller, target: Target, entered?: Admission): Admission {
    this.assertRunning(caller, target);
    const meter = this.#meters.of(caller, this.#settings);
    if (meter.models?.has(target.model) === false) throw accessFault('model_not_allowed', { id: caller.keyId, model: target.model });
    const steadyMs = this.#clock.steadyMs();
    if (entered === undefined) this.#assertRoom(meter);
    this.#upstreams.assertUp(target.upstream);
    this.#assertNotShed(meter, (trip) => trip.waitMs(steadyMs));
    if (this.#shared === undefined) this.#assertRate(meter, meter.rate.take(meter.limits.perMinute, steadyMs));
    return entered ?? new Admission(meter, this.#house);
  }

  /**
   * The second half of `admit`, where replicas count together: undefined where there is nothing to wait for. The place is taken
   * already, and is left as after any other refusal. Faults: `rate_limited`, `counters_lost`.
   */
  admitted(caller: Caller): Promise<void> | undefined {
    if (this.#shared === undefined) return undefined;
    const meter = this.#meters.of(caller, this.#settings);
    const { perMinute } = meter.limits;
    if (perMinute === Infinity) return undefined;
    return this.#shared.rate.take(caller.keyId, perMinute, meter.rate).then((waitMs) => this.#assertRate(meter, waitMs));
  }

  /** Emits the kill orders after a sequence: those that the ledger does not hold, because nobody ran when they were given. */
  tellKillsAfter(sequence: number): void {
    this.#tellKills(this.killSwitch.recordsAfter(sequence));
  }

  /** Asks the kill switch alone: for a second target, such as a fallback upstream. Faults: `stopped_by_order`, `stopped_unreadable`. */
  assertRunning(caller: Caller, target: Target): void {
    const { tenant, keyId } = caller;
    const order = this.killSwitch.killedBy({ tenant, keyId, model: target.model, upstream: target.upstream });
    if (order !== undefined) throw stoppedFault(order, this.killSwitch.isReadable);
  }

  /** Asks the breaker of a second upstream. Faults: `upstream_resting`. */
  assertUpstream(upstream: string): void {
    this.#upstreams.assertUp(upstream);
  }

  /** Tells how a call to an upstream ended. An answer of any status below 500 is a success, a caller's own abort is neither. */
  reportUpstream(upstream: string, outcome: 'answered' | 'failed'): void {
    if (outcome === 'answered') this.#upstreams.succeeded(upstream);
    else this.#upstreams.failed(upstream);
  }

  /** Tells whether the guards blocked a request, so that a source that keeps attacking is turned away. */
  reportVerdict(caller: Caller, isBlocked: boolean): void {
    const meter = this.#meters.of(caller, this.#settings);
    const nowMs = this.#clock.steadyMs();
    // From the narrowest source to the widest: what one key did must not be held against its tenant, nor a tenant's against all.
    if (meter.attack.judged(isBlocked, nowMs)) return this.#trip('key', caller, [meter.tenant.attack, this.#everybody]);
    if (meter.tenant.attack.judged(isBlocked, nowMs)) return this.#trip('tenant', caller, [this.#everybody]);
    if (this.#everybody.judged(isBlocked, nowMs)) this.#trip('everything', caller, []);
  }

  /** False while an upstream rests: for routing and for `/readyz`. */
  isUpstreamUp(upstream: string): boolean {
    return this.#upstreams.isUp(upstream);
  }

  /** For metrics: requests in flight, how many may be, and reservations that are not settled yet. */
  get load(): { readonly inFlight: number; readonly capacity: number; readonly reservations: number } {
    return { inFlight: this.#load.inFlight, capacity: this.#load.capacity, reservations: this.budgets.openCount };
  }

  /** Tells the event-loop delay of the last interval, in milliseconds. Call it a few times a second. */
  observeLoad(loopDelayMs: number): void {
    this.#load.observe(loopDelayMs);
  }

  /** As `reserve`, also where replicas share budgets and may have to ask each other first. Faults: `budget_exceeded`, `counters_lost`. */
  reserving(caller: Caller, bound: Cost): Reservation | Promise<Reservation> {
    const meter = this.#meters.of(caller, this.#settings);
    return this.budgets.reserving(meter.wallet, bound, { key: meter.limits, tenant: meter.tenantLimits });
  }

  /** Another replica tells of an upstream: that it gave it a rest, or that it is well. */
  heardOfUpstream(upstream: string, rest: { readonly failures: number; readonly restMs: number } | undefined): void {
    this.#upstreams.heard(upstream, rest);
  }

  /** At another replica a key failed that came from this network. */
  heardOfFailedKey(net: string): void {
    this.#guesses.heard(net, this.#settings.failedKeysPerMinute);
  }

  /** Sets money and tokens aside. Faults: `budget_exceeded`. */
  reserve(caller: Caller, bound: Cost): Reservation {
    const meter = this.#meters.of(caller, this.#settings);
    return this.budgets.reserve(meter.wallet, bound, { key: meter.limits, tenant: meter.tenantLimits });
  }

  /** Whether a model is on the lists of the key and its tenant: for `GET /v1/models`. */
  mayUse(caller: Caller, model: string): boolean {
    return this.#meters.of(caller, this.#settings).models?.has(model) !== false;
  }

  /** Micro-units that the usage costs, rounded up. */
  priceOf(model: string, usage: TokenUsage): number {
    return this.#prices.costOf(model, usage);
  }

  /** Learns of new, changed and revoked keys, and cuts what runs on rights that are gone. Call it when `state.changedSince()` says so. */
  async refresh(): Promise<void> {
    const lost = await this.#keyring.refresh();
    for (const id of lost.damaged) this.#tell('key.damaged', { id });
    if (lost.keyIds.size === 0 && lost.tenants.size === 0) return;
    this.#cut((subject) => {
      if (lost.keyIds.has(subject.keyId)) return `key ${subject.keyId} is not valid any more`;
      return lost.tenants.has(subject.tenant) ? `tenant ${subject.tenant} was suspended` : undefined;
    });
  }

  get settings(): AccessSettings {
    return this.#settings;
  }

  /** Takes new settings over without dropping a request. Counters and budgets go on; breakers begin closed. */
  configure(settings: AccessSettings): void {
    this.#settings = settings;
    this.#prices = new Prices(settings.prices);
    this.#load.configure(settings.load);
    this.#everybody = new AttackTrip(settings.attack);
    this.#upstreams = new UpstreamBreaker(this.#clock, settings.upstream, this.#shared?.breaker);
  }

  #assertRoom(meter: KeyMeter): void {
    const { tenant, limits, tenantLimits, caller } = meter;
    if (meter.inFlight >= limits.concurrent) {
      throw accessFault('too_many_concurrent', { who: `Key ${caller.keyId}`, limit: limits.concurrent }, { retryAfterSeconds: 1 });
    }
    if (tenant.inFlight >= tenantLimits.concurrent) {
      throw accessFault(
        'too_many_concurrent',
        { who: `Tenant ${caller.tenant}`, limit: tenantLimits.concurrent },
        { retryAfterSeconds: 1 },
      );
    }
    const reason = this.#load.objection(tenant.inFlight);
    if (reason !== undefined) throw accessFault('overloaded', { reason }, { retryAfterSeconds: 1 });
  }

  #assertNotShed(meter: KeyMeter, waitOf: (trip: AttackTrip) => number): void {
    assertCalm(waitOf(meter.attack), 'key', meter.caller.keyId);
    assertCalm(waitOf(meter.tenant.attack), 'tenant', meter.caller.tenant);
    assertCalm(waitOf(this.#everybody), 'everybody');
  }

  #assertRate(meter: KeyMeter, waitMs: number): void {
    if (waitMs === 0) return;
    const { keyId: id } = meter.caller;
    const headers = headersNow(meter, this.#house);
    throw accessFault('rate_limited', { id, limit: meter.limits.perMinute }, { retryAfterSeconds: Math.ceil(waitMs / SECOND_MS), headers });
  }

  #trip(level: string, caller: Caller, wider: readonly AttackTrip[]): void {
    for (const trip of wider) trip.forget();
    this.#tell('access.shed', { level, tenant: caller.tenant, keyId: caller.keyId });
  }

  #onGuessing(address: string): void {
    const { failedKeysPerMinute: perMinute, recordsClientAddress } = this.#settings;
    // Nobody knows whose tenant a failed key would be of, so that this name is under no tenant's key.
    const client = this.#keyring.nameOfAddress(address);
    this.#tell('access.guessing', { client, perMinute, ...(recordsClientAddress ? { clientAddress: address } : {}) });
  }

  #onKillChange(news: readonly KillRecord[]): void {
    this.#tellKills(news);
    const status = this.killSwitch.status();
    if (status.state === 'untrusted') this.#tell('kill.untrusted', { reason: status.reason ?? '' });
    this.#cut((subject) => {
      const order = this.killSwitch.killedBy(subject);
      return order === undefined ? undefined : `stopped by order ${order.sequence} on ${order.scope}`;
    });
  }

  #tellKills(records: readonly KillRecord[]): void {
    for (const { act, sequence, scope, subject, who, reason, atMs, from } of records) {
      this.#tell(KILL_EVENTS[act], { sequence, scope, subject, who, reason, orderedAtMs: atMs, ...(from === undefined ? {} : { from }) });
    }
  }

  #cut(reasonFor: (subject: KillSubject) => string | undefined): void {
    const { cut, errors } = this.inFlight.cutWhere(reasonFor);
    if (cut > 0) this.#tell('access.cut', { cut, failed: errors.length });
  }

  #tell(kind: string, data: JsonObject): void {
    this.#emit({ kind, atMs: this.#clock.nowMs(), data });
  }
}

function assertCalm(waitMs: number, level: string, name?: string): void {
  if (waitMs === 0) return;
  const who = name === undefined ? level : `${level} ${name}`;
  throw accessFault('attack_shed', { who }, { retryAfterSeconds: Math.ceil(waitMs / SECOND_MS) });
}

/** The reason stays with the operators: it may name an incident, a person or a path, and callers read this. */
function stoppedFault({ sequence, scope }: KillOrder, isTrusted: boolean) {
  // Client libraries retry a 503 by themselves unless they are told not to; an order is lifted by people, not by time.
  const detail = { headers: { 'x-should-retry': 'false' } };
  return isTrusted ? accessFault('stopped_by_order', { sequence, scope }, detail) : accessFault('stopped_unreadable', {}, detail);
}
