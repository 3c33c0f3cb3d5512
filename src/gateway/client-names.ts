// What the record calls the address of a caller: a name under the tenant's key, so that one who reads it can tell two machines apart
// and not whose they are. Addresses are few enough to be tried one by one; without the key that leads nowhere.
import { createHmac } from 'node:crypto';

/** Names that are kept: making one costs 5 to 20 µs, more than everything else that is done with the address. */
const KEPT_MAX = 8_192;
const NAME_UNITS = 16;

export class ClientNames {
  readonly #tenantKey: (tenant: string) => Uint8Array;
  readonly #kept = new Map<string, string>();

  constructor(tenantKey: (tenant: string) => Uint8Array) {
    this.#tenantKey = tenantKey;
  }

  /** The same for the same address and tenant, as long as the data folder keeps its `envelope.key`. */
  nameOf(tenant: string, address: string): string {
    // No tenant has a blank in its name.
    const place = `${tenant} ${address}`;
    const known = this.#kept.get(place);
    if (known !== undefined) return known;
    const name = createHmac('sha256', this.#tenantKey(tenant))
      .update('client address\n')
      .update(address)
      .digest('hex')
      .slice(0, NAME_UNITS);
    if (this.#kept.size >= KEPT_MAX) this.#kept.clear();
    this.#kept.set(place, name);
    return name;
  }
}
