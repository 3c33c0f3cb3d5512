// Remembers texts in which no guard found anything. A conversation sends its whole history with every turn, and what was judged
// clean a moment ago is clean now: the guards are pure functions of the text, the origin and nothing else.
import type { Origin } from '../core/types.ts';
import { TEXT_UNITS_MAX } from '../detect/detector.ts';

/** Of one tenant, in UTF-16 units. */
const UNITS_MAX = 131_072;
const TENANTS_MAX = 32;
/** Of one tenant: short texts weigh more than their units. */
const TEXTS_MAX = 1_024;

interface Shelf {
  /** Oldest first. What is used again is not moved to the end: moving costs more than judging anew now and then. */
  readonly texts: Map<string, Set<Origin>>;
  units: number;
}

export class CleanMemo {
  /** By tenant, so that no tenant can tell by the time of an answer what another one has sent. */
  readonly #shelves = new Map<string, Shelf>();

  has(tenant: string, origin: Origin, text: string): boolean {
    return this.#shelves.get(tenant)?.texts.get(text)?.has(origin) === true;
  }

  /** Only for a text at which every guard has looked, and in which none found anything. */
  add(tenant: string, origin: Origin, text: string): void {
    if (text.length > TEXT_UNITS_MAX) return;
    const shelf = this.#shelf(tenant);
    const known = shelf.texts.get(text);
    if (known !== undefined) {
      known.add(origin);
      return;
    }
    shelf.texts.set(text, new Set([origin]));
    shelf.units += text.length;
    for (const oldest of shelf.texts.keys()) {
      if (shelf.units <= UNITS_MAX && shelf.texts.size <= TEXTS_MAX) break;
      shelf.texts.delete(oldest);
      shelf.units -= oldest.length;
    }
  }

  /** For when what is clean may have changed: other guards look from now on. */
  forget(): void {
    this.#shelves.clear();
  }

  #shelf(tenant: string): Shelf {
    const known = this.#shelves.get(tenant);
    if (known !== undefined) return known;
    const [first] = this.#shelves.keys();
    if (this.#shelves.size >= TENANTS_MAX && first !== undefined) this.#shelves.delete(first);
    const fresh: Shelf = { texts: new Map(), units: 0 };
    this.#shelves.set(tenant, fresh);
    return fresh;
  }
}
