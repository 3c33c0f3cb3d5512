// Keys and tenants on disk. Everything here works without a running gateway: the command line calls it beside one, or alone.
import { createHmac } from 'node:crypto';
import type { Transaction } from 'kysely';
import type { Clock, RandomSource } from '../../core/ports.ts';
import type { JsonObject } from '../../core/types.ts';
import type { State } from '../../io/state/open-state.ts';
import { recordChange } from '../../io/state/outbox.ts';
import type { KeyRow, Tables, TenantRow } from '../../io/state/tables.ts';
import { accessFault } from '../faults.ts';
import { makeKeyText } from './key-text.ts';
import { parseLimits, type Limits } from './limits.ts';
import type { Role, Scope } from './caller.ts';

const TENANT_NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const TEXT_UNITS_MAX = 200;

export interface KeyStoreOptions {
  readonly state: State;
  readonly clock: Clock;
  readonly random: RandomSource;
  /** Secret of the data directory: the database alone tells nothing about the keys, not even to somebody who guesses them. */
  readonly pepper: Uint8Array;
}

export interface NewKey {
  readonly tenant: string;
  readonly role?: Role;
  readonly scope?: Scope;
  readonly label?: string;
  /** As `limitsSchema` has them. */
  readonly limits?: Limits;
  readonly expiresAtMs?: number;
  /** Who makes it, for the record. */
  readonly who: string;
}

export interface MadeKey {
  /** The key itself: it cannot be shown again. */
  readonly key: string;
  readonly id: string;
}

/** A key as listings show it. */
export interface KeyCard {
  readonly id: string;
  readonly tenant: string;
  readonly role: string;
  readonly scope: string;
  readonly label: string;
  readonly limits: Limits;
  readonly createdAtMs: number;
  readonly createdBy: string;
  readonly expiresAtMs: number | null;
  readonly revokedAtMs: number | null;
}

export interface TenantCard {
  readonly id: string;
  readonly state: 'active' | 'suspended';
  readonly limits: Limits;
  readonly createdAtMs: number;
}

/** The latest revision seen of each table. */
export interface Revisions {
  readonly keys: number;
  readonly tenants: number;
}

export const digestOf = (keyText: string, pepper: Uint8Array): Buffer =>
  createHmac('sha256', pepper).update('key\n').update(keyText).digest();

export class KeyStore {
  readonly #options: KeyStoreOptions;

  constructor(options: KeyStoreOptions) {
    this.#options = options;
  }

  get pepper(): Uint8Array {
    return this.#options.pepper;
  }

  /** Makes a key, and its tenant if that is new. Faults: `tenant_name_refused`, `limits_refused`. */
  async createKey(wanted: NewKey): Promise<MadeKey> {
    const { clock, random, pepper } = this.#options;
    const { id, text } = makeKeyText(random);
    const row: Omit<KeyRow, 'revision'> = {
      id,
      tenant: checkTenantName(wanted.tenant),
      role: wanted.role ?? 'caller',
      scope: checkScope(wanted),
      label: checkText('label', wanted.label ?? ''),
      digest: digestOf(text, pepper).toString('hex'),
      limits: JSON.stringify(parseLimits(wanted.limits ?? {})),
      createdAtMs: clock.nowMs(),
      createdBy: checkText('who', wanted.who),
      expiresAtMs: checkExpiry(wanted.expiresAtMs, clock.nowMs()),
      revokedAtMs: null,
    };
    await this.#change(async (transaction, note) => {
      await this.#ensureTenant(transaction, row.tenant, note);
      const revision = await note('key.created', row.tenant, { id, role: row.role, scope: row.scope, who: wanted.who });
      await transaction
        .insertInto('keys')
        .values({ ...row, revision })
        .execute();
    });
    return { key: text, id };
  }

  /**
   * For a lost admin key: mints a global operator key straight on the state file. Whoever can write that file and read the
   * pepper owns the installation already, so that this gives nobody more than they had; the record names it all the same.
   */
  async recoverAdminKey(who: string): Promise<MadeKey> {
    return this.createKey({ tenant: 'default', role: 'operator', scope: 'global', label: 'recovered on the machine', who });
  }

  /** Revokes for good. Revoking again changes nothing. Faults: `key_not_found`. */
  async revokeKey(id: string, by: { readonly who: string; readonly reason: string }): Promise<void> {
    checkText('who', by.who);
    checkText('reason', by.reason);
    await this.#change(async (transaction, note) => {
      const row = await transaction.selectFrom('keys').select(['tenant', 'revokedAtMs']).where('id', '=', id).executeTakeFirst();
      if (row === undefined) throw accessFault('key_not_found', { id });
      if (row.revokedAtMs !== null) return;
      const revision = await note('key.revoked', row.tenant, { id, ...by });
      await transaction.updateTable('keys').set({ revokedAtMs: this.#options.clock.nowMs(), revision }).where('id', '=', id).execute();
    });
  }

  /** Replaces the limits of a key. Faults: `key_not_found`, `limits_refused`. */
  async limitKey(id: string, limits: Limits, who: string): Promise<void> {
    const text = JSON.stringify(parseLimits(limits));
    await this.#change(async (transaction, note) => {
      const row = await transaction.selectFrom('keys').select('tenant').where('id', '=', id).executeTakeFirst();
      if (row === undefined) throw accessFault('key_not_found', { id });
      const revision = await note('key.limited', row.tenant, { id, limits: text, who });
      await transaction.updateTable('keys').set({ limits: text, revision }).where('id', '=', id).execute();
    });
  }

  /** All keys of a tenant, or of all tenants, the revoked ones included, oldest first. */
  async listKeys(tenant?: string): Promise<readonly KeyCard[]> {
    let query = this.#options.state.db.selectFrom('keys').selectAll().orderBy('createdAtMs').orderBy('id');
    if (tenant !== undefined) query = query.where('tenant', '=', tenant);
    return (await query.execute()).map(({ digest: _digest, revision: _revision, limits, ...card }) => ({
      ...card,
      limits: readLimits(limits),
    }));
  }

  async listTenants(): Promise<readonly TenantCard[]> {
    const rows = await this.#options.state.db.selectFrom('tenants').selectAll().orderBy('id').execute();
    return rows.map(({ revision: _revision, limits, ...card }) => ({ ...card, limits: readLimits(limits) }));
  }

  /** Sets what is given, and makes the tenant if it is new. Faults: `tenant_name_refused`, `limits_refused`. */
  async setTenant(
    tenant: string,
    change: { readonly state?: 'active' | 'suspended'; readonly limits?: Limits; readonly who: string },
  ): Promise<void> {
    checkTenantName(tenant);
    const limits = change.limits === undefined ? undefined : JSON.stringify(parseLimits(change.limits));
    await this.#change(async (transaction, note) => {
      await this.#ensureTenant(transaction, tenant, note);
      const values = { ...(change.state === undefined ? {} : { state: change.state }), ...(limits === undefined ? {} : { limits }) };
      const revision = await note('tenant.changed', tenant, { ...values, who: change.who });
      await transaction
        .updateTable('tenants')
        .set({ ...values, revision })
        .where('id', '=', tenant)
        .execute();
    });
  }

  /**
   * Rows that changed after the given revisions: what a running gateway has to learn. Keys are read before tenants, so that a
   * change between the two reads can bring a tenant without its key, but never a key without its tenant.
   */
  async changesAfter(seen: Revisions): Promise<{ readonly keys: readonly KeyRow[]; readonly tenants: readonly TenantRow[] }> {
    const { db } = this.#options.state;
    const keys = await db.selectFrom('keys').selectAll().where('revision', '>', seen.keys).execute();
    return { keys, tenants: await db.selectFrom('tenants').selectAll().where('revision', '>', seen.tenants).execute() };
  }

  #change(work: (transaction: Transaction<Tables>, note: Note) => Promise<void>): Promise<void> {
    const { state, clock } = this.#options;
    return state.transact((transaction) =>
      work(transaction, (kind, tenant, data) => recordChange(transaction, { kind, atMs: clock.nowMs(), tenant, data })),
    );
  }

  async #ensureTenant(transaction: Transaction<Tables>, tenant: string, note: Note): Promise<void> {
    const known = await transaction.selectFrom('tenants').select('id').where('id', '=', tenant).executeTakeFirst();
    if (known !== undefined) return;
    const revision = await note('tenant.created', tenant, {});
    const createdAtMs = this.#options.clock.nowMs();
    await transaction.insertInto('tenants').values({ id: tenant, state: 'active', limits: '{}', createdAtMs, revision }).execute();
  }
}

/** Notes a change for the ledger and returns its revision. */
type Note = (kind: string, tenant: string, data: JsonObject) => Promise<number>;

/** Most keys have the same few limits, and a start reads all keys. */
const readBefore = new Map<string, Limits>();
const READ_MAX = 1_000;

/** Reads stored limits. Faults: `limits_refused`. */
export function readLimits(text: string): Limits {
  const known = readBefore.get(text);
  if (known !== undefined) return known;
  const limits = parseLimits(parseJson(text));
  if (readBefore.size >= READ_MAX) readBefore.clear();
  readBefore.set(text, limits);
  return limits;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw accessFault('limits_refused', { reason: 'they are not JSON' }, { cause: error });
  }
}

function checkText(name: string, text: string): string {
  if (text.length > TEXT_UNITS_MAX) throw accessFault('limits_refused', { reason: `${name}: more than ${TEXT_UNITS_MAX} characters` });
  return text;
}

function checkExpiry(expiresAtMs: number | undefined, nowMs: number): number | null {
  if (expiresAtMs === undefined) return null;
  if (!Number.isSafeInteger(expiresAtMs) || expiresAtMs <= nowMs)
    throw accessFault('limits_refused', { reason: 'expiry: it is not in the future' });
  return expiresAtMs;
}

function checkTenantName(name: string): string {
  if (!TENANT_NAME.test(name)) throw accessFault('tenant_name_refused');
  return name;
}

function checkScope(wanted: NewKey): Scope {
  if (wanted.scope === 'global' && (wanted.role ?? 'caller') === 'caller') {
    throw accessFault('limits_refused', { reason: 'scope: a caller key belongs to one tenant' });
  }
  return wanted.scope ?? 'tenant';
}
