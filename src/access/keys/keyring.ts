// The keys in memory: who presents what, answered without touching the disk.
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../core/ports.ts';
import type { KeyRow, TenantRow } from '../../io/state/tables.ts';
import { accessFault } from '../faults.ts';
import { ROLES, SCOPES, type Caller, type Role, type Scope } from './caller.ts';
import { digestOf, readLimits, type KeyStore, type Revisions } from './key-store.ts';
import type { Limits } from './limits.ts';
import { parseKeyText } from './key-text.ts';

/** Recently proven key texts. At 70 bytes a text the bound keeps this below 1 MB. */
const PROVEN_MAX = 4_096;
const PSEUDONYM_UNITS = 16;
const PRESET_UNITS_MIN = 32;
const NOBODY = Buffer.alloc(32);

interface KnownKey {
  readonly row: KeyRow;
  readonly caller: Caller;
}

/** What a refresh changed in a way that must stop work under way. */
export interface RightsLost {
  readonly keyIds: ReadonlySet<string>;
  readonly tenants: ReadonlySet<string>;
  /** Keys whose rows make no sense, and are refused from now on. One of them must not keep the other changes from being learnt. */
  readonly damaged: readonly string[];
}

export interface KeyringOptions {
  readonly store: Pick<KeyStore, 'changesAfter'>;
  readonly clock: Clock;
  readonly pepper: Uint8Array;
}

export class Keyring {
  readonly #options: KeyringOptions;
  readonly #keys = new Map<string, KnownKey>();
  readonly #tenants = new Map<string, TenantRow>();
  /**
   * Proven key texts, so that a request costs a look-up and no HMAC (11 µs here). On timing: a look-up compares characters only
   * after the hashes of the whole texts agree, under V8's seed of this process; a guess that is wrong anywhere misses, and takes
   * the way through the HMAC and the constant-time comparison. On memory: the same texts pass through the socket buffers anyway.
   */
  readonly #proven = new Map<string, KnownKey>();
  readonly #presets: KnownKey[] = [];
  #seen: Revisions = { keys: 0, tenants: 0 };

  constructor(options: KeyringOptions) {
    this.#options = options;
  }

  /** Learns what changed on disk. Returns who lost their rights by it, so that their streams can be cut. */
  async refresh(): Promise<RightsLost> {
    const { keys, tenants } = await this.#options.store.changesAfter(this.#seen);
    const lost = { keyIds: new Set<string>(), tenants: new Set<string>(), damaged: new Array<string>() };
    if (keys.length === 0 && tenants.length === 0) return lost;
    for (const tenant of tenants) {
      this.#tenants.set(tenant.id, tenant);
      if (tenant.state === 'suspended') lost.tenants.add(tenant.id);
    }
    for (const row of keys) if (row.revokedAtMs !== null) lost.keyIds.add(row.id);
    this.#seen = { keys: latest(this.#seen.keys, keys), tenants: latest(this.#seen.tenants, tenants) };
    const changed = new Set(tenants.map(({ id }) => id));
    const stale = changed.size === 0 ? [] : [...this.#keys.values()].map(({ row }) => row).filter(({ tenant }) => changed.has(tenant));
    for (const row of [...stale, ...keys]) {
      if (this.#learn(row)) continue;
      lost.damaged.push(row.id);
      lost.keyIds.add(row.id);
    }
    this.#proven.clear();
    return lost;
  }

  /** Adds an operator key that the environment presets, kept in memory only. Throws `preset_key_weak`. */
  preset(text: string): void {
    if (text.length < PRESET_UNITS_MIN) throw accessFault('preset_key_weak', { length: text.length, needed: PRESET_UNITS_MIN });
    const digest = digestOf(text, this.#options.pepper);
    const row: KeyRow = {
      id: 'preset',
      tenant: 'default',
      role: 'operator',
      scope: 'global',
      label: 'preset by the environment',
      digest: digest.toString('hex'),
      limits: '{}',
      createdAtMs: this.#options.clock.nowMs(),
      createdBy: 'environment',
      expiresAtMs: null,
      revokedAtMs: null,
      revision: 0,
    };
    this.#presets.push(this.#know(row));
  }

  /** Faults: `missing_key`, `mistyped_key`, `invalid_key`, `key_revoked`, `key_expired`, `tenant_suspended`. */
  authenticate(presented: string | undefined): Caller {
    if (presented === undefined || presented === '') throw accessFault('missing_key');
    const proven = this.#proven.get(presented) ?? this.#prove(presented);
    const { caller, row } = proven;
    if (row.revokedAtMs !== null) throw accessFault('key_revoked', { id: row.id });
    if (caller.expiresAtMs <= this.#options.clock.nowMs()) throw accessFault('key_expired', { id: row.id });
    if (this.#tenants.get(row.tenant)?.state === 'suspended') throw accessFault('tenant_suspended', { tenant: row.tenant });
    return caller;
  }

  /** What records call an address of which no tenant is known. */
  nameOfAddress(address: string): string {
    return createHmac('sha256', this.#options.pepper).update('address\n').update(address).digest('hex').slice(0, PSEUDONYM_UNITS);
  }

  /** The caller of a key id, whether or not its key may still be used. */
  callerOf(keyId: string): Caller | undefined {
    return this.#keys.get(keyId)?.caller;
  }

  /** False when the row makes no sense. */
  #learn(row: KeyRow): boolean {
    // Two refreshes may run at once; the older news must not undo the newer.
    if ((this.#keys.get(row.id)?.row.revision ?? 0) > row.revision) return true;
    this.#keys.delete(row.id);
    try {
      this.#keys.set(row.id, this.#know(row));
      return true;
    } catch {
      return false;
    }
  }

  #prove(presented: string): KnownKey {
    const parsed = parseKeyText(presented);
    if (parsed.state === 'mistyped' && this.#presets.length === 0) throw accessFault('mistyped_key');
    const digest = digestOf(presented, this.#options.pepper);
    // Presets first: an operator may preset any text, one that looks like ours included.
    const preset = this.#presets.find((one) => timingSafeEqual(storedDigest(one), digest));
    const known = preset ?? (parsed.state === 'whole' ? this.#keys.get(parsed.id) : undefined);
    // An unknown id takes the same work as a known one, so that the time does not tell which ids exist.
    if (!timingSafeEqual(known === undefined ? NOBODY : storedDigest(known), digest) || known === undefined) {
      throw accessFault(parsed.state === 'mistyped' ? 'mistyped_key' : 'invalid_key');
    }
    if (this.#proven.size >= PROVEN_MAX) this.#proven.clear();
    this.#proven.set(presented, known);
    return known;
  }

  #know(row: KeyRow): KnownKey {
    const { pepper } = this.#options;
    const caller = new KeyHolder(row, { tenantLimits: readLimits(this.#tenants.get(row.tenant)?.limits ?? '{}'), pepper });
    return { row, caller };
  }
}

const latest = (seen: number, rows: readonly { readonly revision: number }[]): number =>
  rows.reduce((most, { revision }) => Math.max(most, revision), seen);

/** A row whose digest is damaged gives other bytes, and thus fits no key. */
function storedDigest({ row }: KnownKey): Buffer {
  const digest = Buffer.from(row.digest, 'hex');
  return digest.length === NOBODY.length ? digest : NOBODY;
}

class KeyHolder implements Caller {
  readonly tenant: string;
  readonly keyId: string;
  readonly role: Role;
  readonly scope: Scope;
  readonly label: string;
  readonly limits: Limits;
  readonly tenantLimits: Limits;
  readonly expiresAtMs: number;
  readonly #pepper: Uint8Array;
  #pseudonym: string | undefined;

  constructor(row: KeyRow, rest: { readonly tenantLimits: Limits; readonly pepper: Uint8Array }) {
    this.tenant = row.tenant;
    this.keyId = row.id;
    this.role = parseRole(row.role);
    this.scope = parseScope(row.scope);
    this.label = row.label;
    this.limits = readLimits(row.limits);
    this.tenantLimits = rest.tenantLimits;
    this.expiresAtMs = row.expiresAtMs ?? Infinity;
    this.#pepper = rest.pepper;
  }

  /** Worked out at the first request: at the start it would cost 11 µs for each of maybe a hundred thousand keys. */
  get pseudonym(): string {
    this.#pseudonym ??= pseudonymOf(this.keyId, this.#pepper);
    return this.#pseudonym;
  }
}

/** Records carry this name: the same for the same key, and without the pepper nobody can tell whose it is. */
const pseudonymOf = (keyId: string, pepper: Uint8Array): string =>
  createHmac('sha256', pepper).update('pseudonym\n').update(keyId).digest('hex').slice(0, PSEUDONYM_UNITS);

function parseRole(text: string): Role {
  const role = ROLES.find((known) => known === text);
  if (role === undefined) throw new TypeError(`unknown role ${text}`);
  return role;
}

function parseScope(text: string): Scope {
  const scope = SCOPES.find((known) => known === text);
  if (scope === undefined) throw new TypeError(`unknown scope ${text}`);
  return scope;
}
