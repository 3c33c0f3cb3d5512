// The edge between two text blocks of one answer, which clients join. The new block is judged by itself as ever; beside that, its
// beginning is read on from the end of the block before, so that a match over the edge is seen before its second half leaves.
import type { FailureCode, Finding } from '../core/types.ts';
import { HOLD_UNITS_MAX } from '../detect/detector.ts';
import type { SpanStream, StreamStep } from '../detect/span/piece.ts';

export interface Crossing {
  readonly finding: Finding;
  readonly matched: string;
}

export class BlockEdge {
  readonly #stream: SpanStream;
  /** How much of what the stream gives stood in the block before. */
  #behind: number;
  /** A match that began in the block before. */
  #open: Finding | undefined;
  #failure: FailureCode | undefined;
  #freshUnits = 0;
  #waiting = '';
  /** Whether text of the new block has been read. */
  #isJoined = false;

  /** `tail`: the last text of the block before, as it left. */
  constructor(stream: SpanStream, tail: string) {
    this.#stream = stream;
    this.#behind = tail.length;
    this.#read(stream.push(tail));
  }

  /** Why the edge could not be looked at. */
  get failure(): FailureCode | undefined {
    return this.#failure;
  }

  /** Nothing can cross any more. */
  get isPassed(): boolean {
    return this.#waiting === '' && this.#open === undefined && this.#freshUnits > HOLD_UNITS_MAX;
  }

  push(text: string): readonly Crossing[] {
    this.#freshUnits += text.length;
    this.#isJoined ||= text !== '';
    return this.#read(this.#stream.push(text));
  }

  end(): readonly Crossing[] {
    return this.#read(this.#stream.end());
  }

  /** Text of the new block waits while a match that began in the block before is still possible. */
  letOut(released: string, isOver: boolean): string {
    this.#waiting += released;
    if (!isOver && this.#stream.heldUnits > this.#freshUnits) return '';
    const out = this.#waiting;
    this.#waiting = '';
    return out;
  }

  /** A bracket that ends the block before is one only; with what follows it is a tag. */
  #isUnsafeOnlyNow(finding: Finding): boolean {
    return this.#isJoined && finding.class === 'unsafe-output';
  }

  #read(step: StreamStep): readonly Crossing[] {
    this.#failure ??= step.failed;
    const crossings: Crossing[] = [];
    for (const piece of step.pieces) {
      const old = Math.min(this.#behind, piece.text.length);
      this.#behind -= old;
      if (piece.kind !== 'more') this.#open = piece.kind === 'finding' && old > 0 ? piece.finding : undefined;
      if (this.#open === undefined || (old === piece.text.length && !this.#isUnsafeOnlyNow(this.#open))) continue;
      crossings.push({ finding: this.#open, matched: piece.text });
      this.#open = undefined;
    }
    return crossings;
  }
}
