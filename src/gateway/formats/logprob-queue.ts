// Log probabilities in a stream repeat the text token by token, so they leave only behind the text that they repeat.
import type { Json, JsonObject } from '../../core/types.ts';
import { isObject } from '../wire/json-shape.ts';

const ENTRIES_MAX = 1024;

interface Step {
  /** Text of this event, as the upstream sent it. */
  readonly text: unknown;
  /** What the channel has let out on this event. */
  readonly released: unknown;
  /** Nothing in the channel has been masked so far. */
  readonly isClean: boolean;
}

/** Keeps entries until the text that they spell is out; forgets all of them for good once they and the text part ways. */
export class LogprobQueue {
  readonly #isClean: (token: string) => boolean;
  #entries: JsonObject[] = [];
  #heardUnits = 0;
  #spelledUnits = 0;
  #releasedUnits = 0;
  #sentUnits = 0;
  #isBroken = false;

  /** `isClean` judges the tokens that the model did not choose, which stand nowhere in the text. */
  constructor(isClean: (token: string) => boolean) {
    this.#isClean = isClean;
  }

  take(logprobs: unknown, step: Step): JsonObject | undefined {
    if (typeof step.text === 'string') this.#heardUnits += step.text.length;
    if (typeof step.released === 'string') this.#releasedUnits += step.released.length;
    if (!isObject(logprobs) || !Array.isArray(logprobs['content'])) return undefined;
    const spelled = logprobs['content'].map((entry) => this.#add(entry)).join('');
    // As long is not the same.
    if (spelled !== (step.text ?? '')) this.#isBroken = true;
    if (this.#spelledUnits !== this.#heardUnits || !step.isClean || this.#entries.length > ENTRIES_MAX) this.#isBroken = true;
    if (this.#isBroken) {
      this.#entries = [];
      return undefined;
    }
    return this.#due();
  }

  /** Gives the token that it took. */
  #add(entry: Json): string {
    if (!isObject(entry) || typeof entry['token'] !== 'string' || typeof entry['logprob'] !== 'number') return '';
    this.#spelledUnits += entry['token'].length;
    const top = Array.isArray(entry['top_logprobs']) ? entry['top_logprobs'].filter(isObject).map(plainEntry) : [];
    const clean = top.filter(({ token }) => typeof token === 'string' && this.#isClean(token));
    this.#entries.push({ ...plainEntry(entry), top_logprobs: clean });
    return entry['token'];
  }

  #due(): JsonObject | undefined {
    const out: JsonObject[] = [];
    while (this.#entries.length > 0) {
      const units = String(this.#entries[0]?.['token']).length;
      if (this.#sentUnits + units > this.#releasedUnits) break;
      this.#sentUnits += units;
      const entry = this.#entries.shift();
      if (entry !== undefined) out.push(entry);
    }
    return out.length > 0 ? { content: out, refusal: null } : undefined;
  }
}

const plainEntry = (entry: JsonObject): JsonObject => ({
  token: String(entry['token']),
  logprob: Number(entry['logprob']),
  bytes: bytesOf(entry),
});

/** The bytes of a token as far as they spell the token that was judged; null where they say something else. */
export function bytesOf(entry: JsonObject): number[] | null {
  const bytes = Array.isArray(entry['bytes']) ? entry['bytes'].filter((byte) => typeof byte === 'number') : [];
  return Buffer.from(bytes).toString('utf8') === entry['token'] ? bytes : null;
}
