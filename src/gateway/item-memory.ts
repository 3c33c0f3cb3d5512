// Items of recent answers, for clients that refer to them by id (the Vercel AI SDK does so by default). The provider keeps nothing,
// so a reference would lead nowhere there: the content takes its place, and is judged like any other content of the request.
// Kept in memory only, for a short time, under the key that got the answer: nobody else can refer to it.
import type { Clock } from '../core/ports.ts';
import type { JsonObject, Principal } from '../core/types.ts';
import { isObject } from './wire/json-shape.ts';

/** What a wire format may do with the items of one caller. */
export interface ItemDoor {
  /** The item as it was released; undefined when it is not known, or not any more. */
  recall(id: string): JsonObject | undefined;
  keep(id: string, item: JsonObject): void;
}

/** Whose items they are. */
export type ItemOwner = Pick<Principal, 'tenant' | 'keyId'>;

/** In UTF-16 units: of all keys together, of one key, and of one item. */
const KEPT_UNITS_MAX = 8 * 1_048_576;
const KEY_UNITS_MAX = 1_048_576;
const ITEM_UNITS_MAX = 65_536;

interface Kept {
  readonly text: string;
  readonly atMs: number;
}

interface Shelf {
  readonly owner: ItemOwner;
  /** Oldest first. */
  readonly items: Map<string, Kept>;
  units: number;
}

export class ItemMemory {
  readonly #clock: Clock;
  readonly #keptMs: () => number;
  /** By key: whoever asks for much makes room at its own cost. */
  readonly #shelves = new Map<string, Shelf>();
  #units = 0;

  /** `keptMs`: how long an item is kept; 0: nothing is. Read anew each time, so that a reload needs no restart. */
  constructor(clock: Clock, keptMs: () => number) {
    this.#clock = clock;
    this.#keptMs = keptMs;
  }

  /** Units that are kept now, ids included. */
  get units(): number {
    return this.#units;
  }

  of({ tenant, keyId }: ItemOwner): ItemDoor {
    // No tenant has a blank in its name.
    const place = `${tenant} ${keyId}`;
    return {
      recall: (id) => this.#recall(this.#shelves.get(place)?.items.get(id)),
      keep: (id, item) =>
        this.#keep(this.#shelves.get(place) ?? { owner: { tenant, keyId }, items: new Map(), units: 0 }, { place, id, item }),
    };
  }

  /** Drops the items of everybody who is meant, such as those whom an order has stopped. */
  forget(isMeant: (owner: ItemOwner) => boolean): void {
    for (const [place, shelf] of this.#shelves) if (isMeant(shelf.owner)) this.#clear(place, shelf);
  }

  /** Drops what has been kept long enough. Call it now and then: texts must not stay because nobody asks. */
  sweep(): void {
    const oldestMs = this.#clock.steadyMs() - this.#keptMs();
    for (const [place, shelf] of this.#shelves) {
      for (const [id, { atMs }] of shelf.items) {
        if (atMs > oldestMs) break;
        this.#drop(shelf, id);
      }
      if (shelf.items.size === 0) this.#shelves.delete(place);
    }
  }

  #recall(kept: Kept | undefined): JsonObject | undefined {
    if (kept === undefined || this.#clock.steadyMs() - kept.atMs >= this.#keptMs()) return undefined;
    const item: unknown = JSON.parse(kept.text);
    return isObject(item) ? item : undefined;
  }

  #keep(shelf: Shelf, { place, id, item }: { readonly place: string; readonly id: string; readonly item: JsonObject }): void {
    const text = JSON.stringify(item);
    if (this.#keptMs() === 0 || text.length > ITEM_UNITS_MAX) return;
    this.#drop(shelf, id);
    this.#shelves.set(place, shelf);
    shelf.items.set(id, { text, atMs: this.#clock.steadyMs() });
    this.#add(shelf, id.length + text.length);
    while (shelf.units > KEY_UNITS_MAX) this.#dropOldest(place, shelf);
    while (this.#units > KEPT_UNITS_MAX) this.#makeRoom();
  }

  /** Whoever has the most loses its oldest. */
  #makeRoom(): void {
    let [most] = this.#shelves;
    for (const entry of this.#shelves) if (most === undefined || entry[1].units > most[1].units) most = entry;
    if (most !== undefined) this.#dropOldest(...most);
  }

  #dropOldest(place: string, shelf: Shelf): void {
    const [oldest] = shelf.items.keys();
    if (oldest !== undefined) this.#drop(shelf, oldest);
    if (shelf.items.size === 0) this.#shelves.delete(place);
  }

  #drop(shelf: Shelf, id: string): void {
    const kept = shelf.items.get(id);
    if (kept === undefined) return;
    shelf.items.delete(id);
    this.#add(shelf, -id.length - kept.text.length);
  }

  #clear(place: string, shelf: Shelf): void {
    this.#shelves.delete(place);
    this.#add(shelf, -shelf.units);
  }

  #add(shelf: Shelf, units: number): void {
    shelf.units += units;
    this.#units += units;
  }
}
