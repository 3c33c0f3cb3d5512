// What all of an operator's types together may cost for one text: each is followed in linear time, but two hundred of them, each of which
// reads a hundred characters at every place, would not be.
import type { SpanView } from '../detector.ts';
import { SpentError } from '../span/spent-error.ts';

/** Steps of automata for each character, all types together: ten times what types as people write them take for tables full of numbers. */
export const STEPS_PER_UNIT = 1_000;
/** And for a text, however short. */
export const STEPS_AT_LEAST = 200_000;

/** The steps that one text has left. */
export class SharedWork {
  #left = STEPS_AT_LEAST;
  #unitsSeen = 0;

  /** The text is known up to here: whoever reads it first brings the steps for what is new. */
  knows(units: number): void {
    if (units <= this.#unitsSeen) return;
    this.#left += (units - this.#unitsSeen) * STEPS_PER_UNIT;
    this.#unitsSeen = units;
  }

  /** Throws where the text has none left: it was not looked at to its end. */
  spend(steps: number): void {
    this.#left -= steps;
    if (this.#left < 0) throw new SpentError('the types of the configuration took more work than a text may cost');
  }
}

/** A stream has one view for as long as it lives. */
const byView = new WeakMap<SpanView, SharedWork>();

export function workOn(view: SpanView): SharedWork {
  const known = byView.get(view);
  if (known !== undefined) return known;
  const fresh = new SharedWork();
  byView.set(view, fresh);
  return fresh;
}
