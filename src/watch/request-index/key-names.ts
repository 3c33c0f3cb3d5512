// Which key is behind a pseudonym: told by whoever has the secret, or by the records themselves.
import type { LedgerRecord } from '../../ledger/record.ts';
import { objectOf, textOf } from '../ocsf/fields.ts';

export type KeyPair = readonly [principal: string, keyId: string];

export class KeyNames {
  readonly #keys = new Map<string, string>();
  readonly #principals = new Map<string, string>();

  get pairs(): readonly KeyPair[] {
    return [...this.#keys];
  }

  learn(pairs: readonly KeyPair[]): void {
    for (const [principal, keyId] of pairs) {
      this.#keys.set(principal, keyId);
      this.#principals.set(keyId, principal);
    }
  }

  /** The record of a reservation names the key beside the pseudonym. */
  see({ event: { kind, data } }: LedgerRecord): void {
    if (kind !== 'request.opened') return;
    const principal = textOf(data, 'principal');
    if (principal === undefined || this.#keys.has(principal)) return;
    const keyId = textOf(objectOf(data, 'reservation') ?? {}, 'keyId');
    if (keyId !== undefined) this.learn([[principal, keyId]]);
  }

  keyOf(principal: string): string | undefined {
    return this.#keys.get(principal);
  }

  principalOf(keyId: string): string | undefined {
    return this.#principals.get(keyId);
  }
}
