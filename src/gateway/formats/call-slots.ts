// Which call of a streamed choice a piece belongs to. Some servers number all calls alike, or not at all, and tell them apart by id:
// under one number their arguments would run into each other, and so would what the guards hold back of them.
import type { JsonObject } from '../../core/types.ts';
import { asNumber, isObject } from '../wire/json-shape.ts';

interface Call {
  readonly slot: number;
  id: string;
}

export class CallSlots {
  /** The call that each number stands for now. */
  readonly #current = new Map<number, Call>();
  readonly #byId = new Map<string, Call>();
  readonly #taken = new Set<number>();

  /** The number that the call has for our caller: the one that it came with, unless another call has it. */
  of(piece: JsonObject, member: 'function' | 'custom'): number {
    const given = asNumber(piece['index']) ?? 0;
    const id = typeof piece['id'] === 'string' ? piece['id'] : '';
    const known = this.#current.get(given);
    if (known !== undefined && !isAnother(known, id, piece[member])) {
      if (known.id === '') known.id = id;
      return known.slot;
    }
    const call = (id === '' ? undefined : this.#byId.get(`${given} ${id}`)) ?? { slot: this.#freeFrom(given), id };
    this.#taken.add(call.slot);
    this.#current.set(given, call);
    if (id !== '') this.#byId.set(`${given} ${id}`, call);
    return call.slot;
  }

  #freeFrom(given: number): number {
    let slot = given;
    while (this.#taken.has(slot)) slot += 1;
    return slot;
  }
}

/** A new id begins another call where a name comes with it; without one it is a server that makes up an id for each piece. */
const isAnother = (known: Call, id: string, body: unknown): boolean =>
  id !== '' && known.id !== '' && known.id !== id && isObject(body) && typeof body['name'] === 'string' && body['name'] !== '';
