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

const KEPT_MS = 3_600_000;
const KEPT_UNITS_MAX = 8 * 1_048_576;
const ITEM_UNITS_MAX = 65_536;

interface Kept {
  readonly text: string;
  readonly untilMs: number;
}

export class ItemMemory {
  readonly #clock: Clock;
  /** Oldest first. */
  readonly #kept = new Map<string, Kept>();
  #units = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  of({ tenant, keyId }: Principal): ItemDoor {
    const nameOf = (id: string): string => `${tenant} ${keyId} ${id}`;
    return {
      recall: (id) => this.#recall(nameOf(id)),
      keep: (id, item) => this.#keep(nameOf(id), JSON.stringify(item)),
    };
  }

  #recall(name: string): JsonObject | undefined {
    const kept = this.#kept.get(name);
    if (kept === undefined || kept.untilMs <= this.#clock.steadyMs()) return undefined;
    const item: unknown = JSON.parse(kept.text);
    return isObject(item) ? item : undefined;
  }

  #keep(name: string, text: string): void {
    if (text.length > ITEM_UNITS_MAX) return;
    this.#drop(name);
    this.#kept.set(name, { text, untilMs: this.#clock.steadyMs() + KEPT_MS });
    this.#units += name.length + text.length;
    for (const [oldest, { untilMs }] of this.#kept) {
      if (this.#units <= KEPT_UNITS_MAX && untilMs > this.#clock.steadyMs()) break;
      this.#drop(oldest);
    }
  }

  #drop(name: string): void {
    const kept = this.#kept.get(name);
    if (kept === undefined) return;
    this.#kept.delete(name);
    this.#units -= name.length + kept.text.length;
  }
}
