// Builds a text in which some stretches are replaced by what they decode to, and remembers where each piece came from.
import type { Decoded, OffsetMap } from './layer.ts';

/** Collects replacements from left to right; everything between them is copied. */
export class Splice {
  readonly #source: string;
  #out = '';
  #copied = 0;
  readonly #outAt: number[] = [0];
  readonly #inAt: number[] = [0];
  /** Source units a piece spans; 0 = copied one to one. */
  readonly #width: number[] = [0];

  constructor(source: string) {
    this.#source = source;
  }

  /** Replaces `[start, end)` of the source, which must lie behind every earlier replacement. */
  replace(start: number, end: number, text: string): void {
    this.#out += this.#source.slice(this.#copied, start);
    this.#mark(start, end - start);
    this.#out += text;
    this.#copied = end;
    this.#mark(end, 0);
  }

  /** The new text, or nothing if it says the same as the source. */
  finish(): Decoded | undefined {
    const text = this.#out + this.#source.slice(this.#copied);
    if (this.#outAt.length === 1 || text === this.#source) return undefined;
    return { text, mapBack: this.#map() };
  }

  #mark(inAt: number, width: number): void {
    this.#outAt.push(this.#out.length);
    this.#inAt.push(inAt);
    this.#width.push(width);
  }

  #map(): OffsetMap {
    const outAt = Int32Array.from(this.#outAt);
    const inAt = Int32Array.from(this.#inAt);
    const width = Int32Array.from(this.#width);
    const sourceEnd = this.#source.length;
    return (offset) => {
      const piece = lastAtOrBefore(outAt, offset);
      const start = inAt[piece] ?? 0;
      const span = width[piece] ?? 0;
      const step = offset - (outAt[piece] ?? 0);
      if (span === 0) return Math.min(start + step, sourceEnd);
      // Inside a replacement the true place is unknown in general; going in proportion keeps the map monotone.
      const length = (outAt[piece + 1] ?? offset) - (outAt[piece] ?? 0);
      return start + (length === 0 ? 0 : Math.min(span, Math.floor((step * span) / length)));
    };
  }
}

function lastAtOrBefore(sorted: Int32Array, value: number): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((sorted[middle] ?? 0) <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}
