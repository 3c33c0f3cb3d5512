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
}

/** What the scan of one view found. */
export interface ViewEvidence {
  readonly view: View;
  /** At most one match a frame: the first. */
  readonly matches: readonly FrameMatch[];
  /** How often a concept stands in the view. */
  count(concept: string): number;
}

/** A frame is looked for again after it matched only so often: evidence does not grow by repeating. */
const MATCHES_PER_FRAME = 1;

export class EvidenceCollector {
  readonly #books: CompiledBooks;
  readonly #lastStart: Int32Array;
  readonly #lastEnd: Int32Array;
  readonly #lastSentence: Int32Array;
  readonly #count: Int32Array;
  readonly #matched: Uint8Array;

  constructor(books: CompiledBooks) {
    const concepts = books.conceptIds.size;
    this.#books = books;
    this.#lastStart = new Int32Array(concepts);
    this.#lastEnd = new Int32Array(concepts);
    this.#lastSentence = new Int32Array(concepts);
    this.#count = new Int32Array(concepts);
    this.#matched = new Uint8Array(books.frames.length);
  }

  collect(view: View): ViewEvidence {
    const hits = this.#books.automaton.scan(view.text);
    if (hits.count === 0) return { view, matches: NONE, count: zero };
    this.#count.fill(0);
    this.#matched.fill(0);
    const matches = this.#matchAll(hits);
    if (matches.length === 0) return { view, matches: NONE, count: zero };
    const counts = this.#count.slice();
    return { view, matches, count: (concept) => counts[this.#books.conceptIds.get(concept) ?? -1] ?? 0 };
  }

  #matchAll(hits: Hits): FrameMatch[] {
    const matches: FrameMatch[] = [];
    const { frames, framesOf } = this.#books;
    for (let index = 0; index < hits.count; index += 1) {
      const concept = hits.concept[index] ?? 0;
      this.#lastStart[concept] = hits.start[index] ?? 0;
      this.#lastEnd[concept] = hits.end[index] ?? 0;
      this.#lastSentence[concept] = hits.sentence[index] ?? 0;
      this.#count[concept] = (this.#count[concept] ?? 0) + 1;
      const candidates = framesOf[concept];
      if (candidates === undefined) continue;
      for (const candidate of candidates) {
        if ((this.#matched[candidate] ?? 0) >= MATCHES_PER_FRAME) continue;
        const frame = frames[candidate];
        if (frame === undefined) continue;
        const match = this.#match(frame, hits.end[index] ?? 0, hits.sentence[index] ?? 0);
        if (match === undefined) continue;
        this.#matched[candidate] = (this.#matched[candidate] ?? 0) + 1;
        matches.push(match);
      }
    }
    return matches;
  }

  #match(frame: CompiledFrame, end: number, sentence: number): FrameMatch | undefined {
    let start = end;
    let previous = -1;
    for (const concept of frame.need) {
      if (this.#count[concept] === 0) return undefined;
      const at = this.#lastStart[concept] ?? 0;
      if (end - at > frame.near || sentence - (this.#lastSentence[concept] ?? 0) > frame.sentences) return undefined;
      if (frame.isOrdered && at < previous) return undefined;
      previous = at;
      if (at < start) start = at;
    }
    for (const concept of frame.unless) {
      if ((this.#count[concept] ?? 0) > 0 && start - (this.#lastEnd[concept] ?? 0) <= UNLESS_REACH) return undefined;
    }
    return { rule: frame.rule, frame: frame.frame, start, end };
  }
}

const NONE: readonly FrameMatch[] = [];
const zero = (): number => 0;
