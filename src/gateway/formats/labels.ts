// Short machine-made identifiers in the events of an answer. Their form is bounded, and they are judged like any other text:
// a form alone cannot tell an id from a secret. The same few come with every event, so that each is judged once.
import type { JsonObject } from '../../core/types.ts';
import type { Channels } from '../wire/format.ts';
import { isLabel, isPlainWord } from '../wire/label.ts';

const KEPT_MAX = 256;

export class Labels {
  readonly #channels: Channels;
  readonly #judged = new Map<string, string>();

  constructor(channels: Channels) {
    this.#channels = channels;
  }

  /** What may be shown of the value; undefined for what is not a label. */
  of(value: unknown): string | undefined {
    if (typeof value !== 'string' || !isLabel(value)) return undefined;
    return isPlainWord(value) ? value : (this.#judged.get(value) ?? this.#judge(value));
  }

  /** The members of these names that are labels. */
  pick(from: JsonObject, names: readonly string[]): JsonObject {
    const out: JsonObject = {};
    for (const name of names) {
      const label = this.of(from[name]);
      if (label !== undefined) out[name] = label;
    }
    return out;
  }

  #judge(value: string): string {
    const shown = this.#channels.once(value);
    if (this.#judged.size >= KEPT_MAX) this.#judged.clear();
    this.#judged.set(value, shown);
    return shown;
  }
}
