// Finds a planted marker wherever it stands: in any case, and with spaces, hyphens or line ends between its units.
import type { SpanExtent, SpanFollower, SpanMatch, SpanView } from '../../detector.ts';
import { foldUnit } from './prompt-grams.ts';

/** Units of a marker that are compared; shorter markers would turn up by chance. */
const CANARY_UNITS_MIN = 8;
const CANARY_UNITS_MAX = 28;
/** The first units are let go, as any word could begin like the marker. */
const LEAD_UNITS = 4;
/** Longest gap between two units of the marker. */
const GAP_UNITS_MAX = 8;

/** The units of a marker that count; undefined for one that is too short to be sure of. */
export function foldCanary(canary: string): readonly number[] | undefined {
  const units = [...canary].map((unit) => foldUnit(unit.charCodeAt(0))).filter((unit) => unit !== 0);
  return units.length < CANARY_UNITS_MIN ? undefined : units.slice(0, CANARY_UNITS_MAX);
}

/** For each prefix: the longest proper prefix that is also its suffix (Knuth, Morris and Pratt, 1977). */
function failuresOf(units: readonly number[]): Int32Array {
  const failures = new Int32Array(units.length + 1);
  let length = 0;
  for (let at = 1; at < units.length; at += 1) {
    while (length > 0 && units[at] !== units[length]) length = failures[length] ?? 0;
    if (units[at] === units[length]) length += 1;
    failures[at + 1] = length;
  }
  return failures;
}

export class CanaryFollower implements SpanFollower {
  readonly #units: readonly number[];
  readonly #failures: Int32Array;
  /** Where the last units that count stood. */
  readonly #places: Float64Array;
  #count = 0;
  #matched = 0;
  #read = 0;

  constructor(units: readonly number[]) {
    this.#units = units;
    this.#failures = failuresOf(units);
    this.#places = new Float64Array(units.length);
  }

  get holdFrom(): number {
    return this.#matched > LEAD_UNITS ? this.#placeOf(LEAD_UNITS) : Infinity;
  }

  extent(match: SpanMatch): SpanExtent {
    return { end: match.end, isClosed: true };
  }

  read(view: SpanView, base: number, found: (match: SpanMatch, isOpen: boolean) => void): void {
    const { text } = view;
    for (let at = this.#read - base; at < text.length; at += 1) {
      const unit = foldUnit(text.charCodeAt(at));
      if (this.#matched === 0 && unit !== this.#units[0]) continue;
      if (unit === 0) this.#gap(base + at);
      else if (this.#add(unit, base + at)) found(this.#match(base + at + 1), false);
    }
    this.#read = base + text.length;
  }

  /** Where the n-th unit of the match so far stands. */
  #placeOf(n: number): number {
    return this.#places[(this.#count - this.#matched + n) % this.#places.length] ?? 0;
  }

  #gap(at: number): void {
    if (this.#matched > 0 && at - this.#placeOf(this.#matched - 1) > GAP_UNITS_MAX) this.#matched = 0;
  }

  /** Whether the marker is complete with this unit. */
  #add(unit: number, at: number): boolean {
    while (this.#matched > 0 && this.#units[this.#matched] !== unit) this.#matched = this.#failures[this.#matched] ?? 0;
    if (this.#units[this.#matched] === unit) this.#matched += 1;
    if (this.#matched === 0) return false;
    this.#places[this.#count % this.#places.length] = at;
    this.#count += 1;
    return this.#matched === this.#units.length;
  }

  #match(end: number): SpanMatch {
    const start = this.#placeOf(LEAD_UNITS);
    this.#matched = 0;
    return { type: 'canary', start, end, severity: 'critical', score: 1, reason: 'the marker that was planted in the prompt' };
  }
}
