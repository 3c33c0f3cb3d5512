// Finds which frames a view fulfils: one pass over the hits, remembering for each concept only where it stood last.
import type { View } from '../detector.ts';
import type { Hits } from './automaton.ts';
import type { CompiledBooks, CompiledFrame } from './compile.ts';
import { type Frame, UNLESS_REACH } from './phrasebook.ts';

/** A frame that a view fulfils. Offsets are of the view's text. */
export interface FrameMatch {
  readonly rule: number;
  readonly frame: Frame;
  readonly start: number;
  readonly end: number;
  /** Whether one of the frame's `unless` concepts stands near by. */
  readonly isDoubtful: boolean;
}

/** Concepts that say how a frame is meant. */
const SURROUNDINGS = ['talk', 'talk-strong', 'mention', 'address', 'comply'] as const;

export interface Surrounding {
  readonly concept: (typeof SURROUNDINGS)[number];
  readonly at: number;
}

/** What the scan of one view found. */
export interface ViewEvidence {
  readonly view: View;
  /** At most one match a frame: the first. */
  readonly matches: readonly FrameMatch[];
  /** Where the words stand that tell talk from order. */
  readonly surroundings: readonly Surrounding[];
}

export class EvidenceCollector {
  readonly #books: CompiledBooks;
  readonly #nameOf: ReadonlyMap<number, Surrounding['concept']>;
  readonly #lastStart: Int32Array;
  readonly #lastEnd: Int32Array;
  readonly #lastSentence: Int32Array;
  readonly #count: Int32Array;
  /** Frames that matched already: evidence does not grow by repeating. */
  readonly #matched: Uint8Array;

  constructor(books: CompiledBooks) {
    const concepts = books.conceptIds.size;
    this.#books = books;
    this.#nameOf = new Map(SURROUNDINGS.map((name) => [books.conceptIds.get(name) ?? -1, name]));
    this.#lastStart = new Int32Array(concepts);
    this.#lastEnd = new Int32Array(concepts);
    this.#lastSentence = new Int32Array(concepts);
    this.#count = new Int32Array(concepts);
    this.#matched = new Uint8Array(books.frames.length);
  }

  /** What the last scan found; valid until the next. */
  get hits(): Hits {
    return this.#books.automaton.hits;
  }

  /** The hits of a view whose frames nobody asks for. */
  scan(view: View): Hits {
    return this.#books.automaton.scan(view.text);
  }

  collect(view: View): ViewEvidence {
    const hits = this.#books.automaton.scan(view.text);
    if (hits.count === 0) return { view, matches: NONE, surroundings: [] };
    this.#count.fill(0);
    this.#matched.fill(0);
    const matches = this.#matchAll(hits);
    return { view, matches, surroundings: matches.length === 0 ? [] : this.#surroundings(hits) };
  }

  #surroundings({ count, concept, start }: Hits): Surrounding[] {
    const found: Surrounding[] = [];
    for (let index = 0; index < count; index += 1) {
      const name = this.#nameOf.get(concept[index] ?? -1);
      if (name !== undefined) found.push({ concept: name, at: start[index] ?? 0 });
    }
    return found;
  }

  #matchAll(hits: Hits): FrameMatch[] {
    const matches: FrameMatch[] = [];
    for (let index = 0; index < hits.count; index += 1) {
      const concept = hits.concept[index] ?? 0;
      this.#lastStart[concept] = hits.start[index] ?? 0;
      this.#lastEnd[concept] = hits.end[index] ?? 0;
      this.#lastSentence[concept] = hits.sentence[index] ?? 0;
      this.#count[concept] = (this.#count[concept] ?? 0) + 1;
      this.#complete(this.#books.framesOf[concept] ?? NO_FRAMES, concept, matches);
    }
    return matches;
  }

  /** Frames that the concept just read may complete. */
  #complete(candidates: readonly number[], concept: number, matches: FrameMatch[]): void {
    for (const candidate of candidates) {
      const frame = this.#books.frames[candidate];
      if (frame === undefined || this.#matched[candidate] === 1) continue;
      const start = this.#startOf(frame, concept);
      if (start < 0) continue;
      this.#matched[candidate] = 1;
      matches.push({
        rule: frame.rule,
        frame: frame.frame,
        start,
        end: this.#lastEnd[concept] ?? start,
        isDoubtful: this.#isDoubtful(frame, start),
      });
    }
  }

  /** Where the frame begins if all its concepts stand together, ending with the one just read; -1 if they do not. */
  #startOf(frame: CompiledFrame, last: number): number {
    const end = this.#lastEnd[last] ?? 0;
    const sentence = (this.#lastSentence[last] ?? 0) - frame.sentences;
    let start = end;
    let previous = -1;
    for (const concept of frame.need) {
      const at = this.#lastStart[concept] ?? 0;
      const isNear = this.#count[concept] !== 0 && end - at <= frame.near && (this.#lastSentence[concept] ?? 0) >= sentence;
      if (!isNear || (frame.isOrdered && at < previous)) return -1;
      previous = at;
      start = Math.min(start, at);
    }
    return start;
  }

  #isDoubtful(frame: CompiledFrame, start: number): boolean {
    for (const concept of frame.unless) {
      if (this.#count[concept] !== 0 && start - (this.#lastEnd[concept] ?? 0) <= UNLESS_REACH) return true;
    }
    return false;
  }
}

const NO_FRAMES: readonly number[] = [];
const NONE: readonly FrameMatch[] = [];
