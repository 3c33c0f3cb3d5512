// What a judge of sentences reads: each sentence once it is complete, and what stands before it, however far that reaches back.
import type { Direction } from '../core/types.ts';
import { sentenceEnd } from './text-watch.ts';

export interface Sentence {
  /** Absolute offsets. */
  readonly start: number;
  readonly end: number;
  /** Its last words before it and itself, so many units in all. */
  readonly window: string;
  readonly text: string;
}

/** Longest piece of a request that is judged at once: nobody waits for it to be released. */
const PIECE_UNITS = 1_200;

/** Cuts a text that may still grow into sentences; a request into larger pieces. */
export class SentenceWindow {
  readonly #direction: Direction;
  readonly #windowUnits: number;
  #text = '';
  #base = 0;
  #end = 0;

  constructor(direction: Direction, windowUnits: number) {
    this.#direction = direction;
    this.#windowUnits = windowUnits;
  }

  /** Everything before it has been given. */
  get clearTo(): number {
    return this.#end;
  }

  read(part: string, isFinal: boolean): readonly Sentence[] {
    this.#text += part;
    const sentences: Sentence[] = [];
    for (let end = this.#next(isFinal); end >= 0; end = this.#next(isFinal)) {
      const start = this.#end - this.#base;
      const from = Math.max(0, end - Math.max(this.#windowUnits, end - start));
      sentences.push({ start: this.#end, end: this.#base + end, window: this.#text.slice(from, end), text: this.#text.slice(start, end) });
      this.#end = this.#base + end;
    }
    const spare = this.#end - this.#base - this.#windowUnits;
    if (spare > PIECE_UNITS) {
      this.#text = this.#text.slice(spare);
      this.#base += spare;
    }
    return sentences;
  }

  #next(isFinal: boolean): number {
    const start = this.#end - this.#base;
    const known = this.#text.length;
    if (start >= known) return -1;
    if (this.#direction === 'output') return sentenceEnd(this.#text, start, isFinal);
    if (known - start >= PIECE_UNITS) return start + PIECE_UNITS;
    return isFinal ? known : -1;
  }
}
