// What stands after a row of orders, and whether a subject is under one of them.
import type { KillOrder, KillRecord, KillScope } from './order.ts';

/** What a request touches. Names as the gateway knows them, after aliases are resolved. */
export interface KillSubject {
  readonly tenant: string;
  readonly keyId: string;
  readonly model: string;
  readonly upstream: string;
}

type Orders = Map<string, KillOrder>;

/** Model names are compared without case, since most upstreams take them so. */
const placeOf = (scope: KillScope, subject: string): string => (scope === 'model' ? subject.toLowerCase() : subject);

export class Standing {
  readonly #byScope: Readonly<Record<KillScope, Orders>> = {
    everything: new Map(),
    upstream: new Map(),
    tenant: new Map(),
    key: new Map(),
    model: new Map(),
  };
  /** Model orders that end in `*`, as lower-case prefixes. */
  #prefixes: readonly { readonly prefix: string; readonly order: KillOrder }[] = [];

  get isEmpty(): boolean {
    return Object.values(this.#byScope).every((orders) => orders.size === 0);
  }

  /** In the order in which they were given. */
  get orders(): readonly KillOrder[] {
    return Object.values(this.#byScope)
      .flatMap((orders) => [...orders.values()])
      .toSorted((a, b) => a.sequence - b.sequence);
  }

  apply(record: KillRecord): void {
    if (record.act === 'checkpoint') {
      for (const orders of Object.values(this.#byScope)) orders.clear();
      for (const order of record.standing) this.#set(order);
    } else if (record.act === 'kill') {
      const { act: _act, ...order } = record;
      this.#set(order);
    } else {
      this.#byScope[record.scope].delete(placeOf(record.scope, record.subject));
    }
    this.#prefixes = [...this.#byScope.model.values()]
      .filter(({ subject }) => subject.endsWith('*'))
      .map((order) => ({ prefix: order.subject.slice(0, -1).toLowerCase(), order }));
  }

  /** The widest order that covers the subject. */
  covering(subject: KillSubject): KillOrder | undefined {
    const { everything, upstream, tenant, key } = this.#byScope;
    return (
      everything.get('') ??
      upstream.get(subject.upstream) ??
      tenant.get(subject.tenant) ??
      key.get(subject.keyId) ??
      this.#onModel(subject.model)
    );
  }

  #onModel(name: string): KillOrder | undefined {
    const { model } = this.#byScope;
    if (model.size === 0) return undefined;
    const place = placeOf('model', name);
    return model.get(place) ?? this.#prefixes.find(({ prefix }) => place.startsWith(prefix))?.order;
  }

  #set(order: KillOrder): void {
    this.#byScope[order.scope].set(placeOf(order.scope, order.subject), order);
  }
}
