// What stands after a row of orders, and whether a subject is under one of them.
import type { KillOrder, KillRecord, KillScope } from './order.ts';

/** What a request touches. Names as the gateway knows them, after aliases are resolved. */
export interface KillSubject {
  readonly tenant: string;
  readonly keyId: string;
  readonly model: string;
  readonly upstream: string;
}

/** Keeps kill and resume apart by scope and subject; model names are compared without case, since upstreams mostly do the same. */
const placeOf = (scope: KillScope, subject: string): string => `${scope} ${scope === 'model' ? subject.toLowerCase() : subject}`;

export class Standing {
  readonly #orders = new Map<string, KillOrder>();
  /** Model orders that end in `*`, as lower-case prefixes. */
  #prefixes: readonly { readonly prefix: string; readonly order: KillOrder }[] = [];

  /** False is the common case and costs one comparison a request. */
  get isEmpty(): boolean {
    return this.#orders.size === 0;
  }

  get orders(): readonly KillOrder[] {
    return [...this.#orders.values()];
  }

  apply(record: KillRecord): void {
    if (record.act === 'checkpoint') {
      this.#orders.clear();
      for (const order of record.standing) this.#orders.set(placeOf(order.scope, order.subject), order);
    } else if (record.act === 'kill') {
      const { act: _act, ...order } = record;
      this.#orders.set(placeOf(order.scope, order.subject), order);
    } else {
      this.#orders.delete(placeOf(record.scope, record.subject));
    }
    this.#prefixes = this.orders
      .filter(({ scope, subject }) => scope === 'model' && subject.endsWith('*'))
      .map((order) => ({ prefix: order.subject.slice(0, -1).toLowerCase(), order }));
  }

  /** The order that stands exactly here, for `resume` and for listings. */
  at(scope: KillScope, subject: string): KillOrder | undefined {
    return this.#orders.get(placeOf(scope, subject));
  }

  /** The widest order that covers the subject. */
  covering(subject: KillSubject): KillOrder | undefined {
    return (
      this.at('everything', '') ??
      this.at('upstream', subject.upstream) ??
      this.at('tenant', subject.tenant) ??
      this.at('key', subject.keyId) ??
      this.at('model', subject.model) ??
      this.#prefixes.find(({ prefix }) => subject.model.toLowerCase().startsWith(prefix))?.order
    );
  }
}
