// Findings that somebody accepted: the way out of a false alarm, with a name, a reason and an end.
import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import type { Clock, RandomSource } from '../core/ports.ts';
import type { State } from '../io/state/open-state.ts';
import { recordChange } from '../io/state/outbox.ts';
import type { AcceptanceRow } from '../io/state/tables.ts';
import { accessFault } from './faults.ts';

const DAY_MS = 86_400_000;
const DAYS_MAX = 365;
const REASON_UNITS_MAX = 500;
const ID_BYTES = 9;
const FINGERPRINT_UNITS = 32;

export type Acceptance = Readonly<AcceptanceRow>;

export interface NewAcceptance {
  /** Null accepts for every tenant, which takes a global role. */
  readonly tenant: string | null;
  readonly rule: string;
  /** From the finding's record; the matched text itself is never stored. */
  readonly fingerprint: string;
  readonly author: string;
  readonly reason: string;
  readonly expiresAtMs: number;
}

export interface AcceptancesOptions {
  readonly state: State;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly pepper: Uint8Array;
}

export class Acceptances {
  readonly #options: AcceptancesOptions;
  /** Taken in once: with bare bytes each name would cost six times as much. */
  readonly #pepper: KeyObject;
  #byRule: ReadonlyMap<string, readonly Acceptance[]> = new Map();

  constructor(options: AcceptancesOptions) {
    this.#options = options;
    this.#pepper = createSecretKey(options.pepper);
  }

  /** Reads what is in force. Call it at the start and when `state.changedSince()` says so. */
  async refresh(): Promise<void> {
    this.#byRule = Map.groupBy(await this.list(), ({ rule }) => rule);
  }

  /** Names a matched text without telling it: the same text always gets the same name in this installation, and in no other. */
  fingerprintOf(matched: string): string {
    return createHmac('sha256', this.#pepper).update('finding\n').update(matched).digest('hex').slice(0, FINGERPRINT_UNITS);
  }

  /** Whether an acceptance in force names this fingerprint. */
  covers(tenant: string, rule: string, fingerprint: string): boolean {
    const nowMs = this.#options.clock.nowMs();
    return (this.#byRule.get(rule) ?? []).some(
      (one) => one.fingerprint === fingerprint && one.expiresAtMs > nowMs && (one.tenant === null || one.tenant === tenant),
    );
  }

  /** The acceptance that covers a finding, if there is one in force. Costs a look-up unless the rule has acceptances. */
  find(tenant: string, rule: string, matched: string): Acceptance | undefined {
    const candidates = this.#byRule.get(rule);
    if (candidates === undefined) return undefined;
    const nowMs = this.#options.clock.nowMs();
    const fingerprint = this.fingerprintOf(matched);
    return candidates.find(
      (one) => one.fingerprint === fingerprint && one.expiresAtMs > nowMs && (one.tenant === null || one.tenant === tenant),
    );
  }

  /** Faults: `reason_required`, `expiry_refused`. */
  async accept(wanted: NewAcceptance): Promise<Acceptance> {
    const { clock, random, state } = this.#options;
    const nowMs = clock.nowMs();
    assertReason(wanted.reason, 'accepted finding');
    if (!(wanted.expiresAtMs > nowMs && wanted.expiresAtMs <= nowMs + DAYS_MAX * DAY_MS))
      throw accessFault('expiry_refused', { days: DAYS_MAX });
    // Hexadecimal, because a command line takes what begins with a hyphen for an option.
    const id = Buffer.from(random.bytes(ID_BYTES)).toString('hex');
    const { tenant, rule, fingerprint, author, reason, expiresAtMs } = wanted;
    const row: AcceptanceRow = { id, tenant, rule, fingerprint, author, reason, expiresAtMs, createdAtMs: nowMs, withdrawnAtMs: null };
    await state.transact(async (transaction) => {
      const data = { id, rule, fingerprint, author, reason, expiresAtMs };
      await recordChange(transaction, { kind: 'finding.accepted', atMs: nowMs, ...(tenant === null ? {} : { tenant }), data });
      await transaction.insertInto('acceptances').values(row).execute();
    });
    await this.refresh();
    return row;
  }

  /** Ends an acceptance before its time. Faults: `reason_required`, `acceptance_not_found`. */
  async withdraw(id: string, by: { readonly who: string; readonly reason: string }): Promise<void> {
    assertReason(by.reason, 'withdrawal');
    const atMs = this.#options.clock.nowMs();
    await this.#options.state.transact(async (transaction) => {
      const { numUpdatedRows } = await transaction
        .updateTable('acceptances')
        .set({ withdrawnAtMs: atMs })
        .where('id', '=', id)
        .where('withdrawnAtMs', 'is', null)
        .executeTakeFirst();
      if (numUpdatedRows === 0n) throw accessFault('acceptance_not_found', { id });
      await recordChange(transaction, { kind: 'finding.withdrawn', atMs, data: { id, ...by } });
    });
    await this.refresh();
  }

  /** Those in force, for one tenant (with those for every tenant) or for all, soonest end first. */
  async list(tenant?: string): Promise<readonly Acceptance[]> {
    let query = this.#options.state.db
      .selectFrom('acceptances')
      .selectAll()
      .where('withdrawnAtMs', 'is', null)
      .where('expiresAtMs', '>', this.#options.clock.nowMs())
      .orderBy('expiresAtMs');
    if (tenant !== undefined) query = query.where((where) => where.or([where('tenant', '=', tenant), where('tenant', 'is', null)]));
    return query.execute();
  }
}

function assertReason(reason: string, what: string): void {
  if (reason.trim() === '' || reason.length > REASON_UNITS_MAX) throw accessFault('reason_required', { what, max: REASON_UNITS_MAX });
}
