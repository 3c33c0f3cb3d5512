// What was found and not yet decided upon, in the order in which it will be decided.
import type { Severity } from '../../core/types.ts';
import { HOLD_UNITS_MAX } from '../detector.ts';
import type { SpanDetector, SpanFollower, SpanMatch, Wake } from '../detector.ts';
import type { Anchor } from './automaton.ts';

/** A match that waits for its turn. Offsets count from the first unit that the stream still knows. */
export interface Found {
  readonly detector: SpanDetector;
  readonly match: SpanMatch;
  /** Who found it, if it was not an anchor's detector. */
  readonly follower: SpanFollower | undefined;
  start: number;
  end: number;
  isOpen: boolean;
}

/** An anchor whose detector needs more text. */
export interface Live {
  readonly anchor: Anchor;
  at: number;
  start: number;
  readonly wakes: Wake | undefined;
}

const RANK: Readonly<Record<Severity, number>> = { info: 0, low: 1, medium: 2, high: 3, critical: 4 };

const yields = ({ yields: isGuess }: SpanDetector): boolean => isGuess === true;

const severityRank = (severity: Severity): number => RANK[severity];

/** Whether `a` is to be taken rather than `b`, where both could begin at the same place. */
function isBefore(a: Found, b: Found): boolean {
  if (yields(a.detector) !== yields(b.detector)) return yields(b.detector);
  if (a.isOpen !== b.isOpen) return a.isOpen;
  // How far an open match reaches is not known when it is decided.
  if (!a.isOpen && a.end !== b.end) return a.end > b.end;
  const rank = severityRank(a.match.severity) - severityRank(b.match.severity);
  if (rank !== 0) return rank > 0;
  if (a.match.score !== b.match.score) return a.match.score > b.match.score;
  const byName = a.detector.id.localeCompare(b.detector.id) || a.match.type.localeCompare(b.match.type);
  return byName === 0 ? a.match.reason < b.match.reason : byName < 0;
}

/** Longest match that waits for graver ones inside it, and longest hold of a detector that it waits for: together no more than a hold may be. */
const INTERRUPTED_UNITS_MAX = HOLD_UNITS_MAX / 2;

const isGraver = (a: Found, b: Found): boolean =>
  yields(b.detector) ? !yields(a.detector) : severityRank(a.match.severity) > severityRank(b.match.severity);

/** Whether a policy could let `found` pass although something graver stands inside it. Long and open matches are not split. */
export const isInterruptible = (found: Found): boolean =>
  yields(found.detector) ||
  (!found.isOpen && severityRank(found.match.severity) < RANK.high && found.match.end - found.match.start <= INTERRUPTED_UNITS_MAX);

export const canInterrupt = (detector: SpanDetector, found: Found): boolean =>
  yields(found.detector)
    ? !yields(detector)
    : !yields(detector) &&
      detector.hold.max <= INTERRUPTED_UNITS_MAX &&
      severityRank(detector.severity) > severityRank(found.match.severity);

/** Taken items in front beyond which the list is cut: cutting at each step would make long texts quadratic. */
const TAKEN_MAX = 256;

/** Whether nothing is left of a match when everything before `floor` is taken. */
const isTaken = (found: Found, floor: number): boolean => !found.isOpen && found.end <= floor;

/** Matches sorted by start. */
export class Queue {
  readonly #items: Found[] = [];
  /** Everything before it is decided. */
  #head = 0;

  add(found: Found): void {
    let at = this.#items.length;
    while (at > this.#head && (this.#items[at - 1]?.start ?? 0) > found.start) at -= 1;
    if (at === this.#items.length) this.#items.push(found);
    else this.#items.splice(at, 0, found);
  }

  /** The match to decide upon next, given that everything before `floor` is taken. */
  next(floor: number): Found | undefined {
    this.#skipTaken(floor);
    const first = this.#items[this.#head];
    if (first === undefined) return undefined;
    const start = Math.max(first.start, floor);
    let best = first;
    for (let at = this.#head + 1; at < this.#items.length; at += 1) {
      const item = this.#items[at];
      if (item === undefined || item.start > start) break;
      if (!isTaken(item, floor) && isBefore(item, best)) best = item;
    }
    return best;
  }

  remove(found: Found): void {
    if (this.#items[this.#head] === found) this.#head += 1;
    else this.#items.splice(this.#items.indexOf(found, this.#head), 1);
  }

  /** The first graver match that begins inside `found`, which itself is not decided before `floor`. */
  graverInside(found: Found, floor: number): Found | undefined {
    let best: Found | undefined;
    for (let at = this.#head; at < this.#items.length; at += 1) {
      const item = this.#items[at];
      if (item === undefined || item.start >= found.end || (best !== undefined && item.start > Math.max(best.start, floor))) return best;
      if (!canInterrupt(item.detector, found) || !isGraver(item, found) || isTaken(item, floor)) continue;
      if (best === undefined || isBefore(item, best)) best = item;
    }
    return best;
  }

  /** What stands inside a run, from `from` to `end`, reaches as far as the run itself and no further. */
  swallow({ detector, match }: Pick<Found, 'detector' | 'match'>, { from, end }: { readonly from: number; readonly end: number }): void {
    for (let at = this.#head; at < this.#items.length; at += 1) {
      const item = this.#items[at];
      if (item === undefined || item.start >= end) break;
      const isPart = item.isOpen && item.detector === detector && item.match.type === match.type && item.end >= from && item.end <= end;
      if (isPart) item.isOpen = false;
    }
    this.#skipTaken(end);
  }

  shift(units: number): void {
    for (const item of this.#items) {
      item.start -= units;
      item.end -= units;
    }
  }

  earliest(): number {
    return this.#items[this.#head]?.start ?? Infinity;
  }

  #skipTaken(floor: number): void {
    for (let item = this.#items[this.#head]; item !== undefined && isTaken(item, floor); item = this.#items[this.#head]) this.#head += 1;
    if (this.#head > TAKEN_MAX || this.#head === this.#items.length) {
      this.#items.splice(0, this.#head);
      this.#head = 0;
    }
  }
}
