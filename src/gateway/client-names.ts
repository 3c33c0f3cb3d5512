// What the record calls the address of a caller: a name under the tenant's key, so that one who reads it can tell two machines apart
// and not whose they are. Addresses are few enough to be tried one by one; without the key that leads nowhere.
import { createHmac, type KeyObject } from 'node:crypto';

/** Names that are kept: making one costs 3 µs, keeping it a tenth. */
const NAMES_MAX = 8_192;
const NAME_UNITS = 16;

export class ClientNames {
  readonly #tenantKey: (tenant: string) => KeyObject;
  readonly #names = new Map<string, string>();

  constructor(tenantKey: (tenant: string) => KeyObject) {
    this.#tenantKey = tenantKey;
  }

  /** The same for the same address and tenant, as long as the data folder keeps its `envelope.key`. */
  nameOf(tenant: string, address: string): string {
    // No tenant has a blank in its name.
    const place = `${tenant} ${address}`;
    const known = this.#names.get(place);
    if (known !== undefined) return known;
    const hmac = createHmac('sha256', this.#tenantKey(tenant)).update(`client address\n${address}`);
    const name = hmac.digest('hex').slice(0, NAME_UNITS);
    if (this.#names.size >= NAMES_MAX) this.#names.clear();
    this.#names.set(place, name);
    return name;
  }
}
