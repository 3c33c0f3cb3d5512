// What a stream tells, step by step.
import type { FailureCode, Finding } from '../../core/types.ts';

/** One stretch of the text that is decided. The stretches of all steps, joined, are the text. */
export type Piece =
  | { readonly kind: 'clear'; readonly text: string }
  /** `text` is what is known of the matched text. The finding of an open match ends, for now, where that text ends. */
  | { readonly kind: 'finding'; readonly finding: Finding; readonly text: string }
  /** More of the match of the last `finding` piece: whatever was done to that one is done to this. */
  | { readonly kind: 'more'; readonly text: string };

export interface StreamStep {
  readonly pieces: readonly Piece[];
  /** Findings whose extent is final with this step. */
  readonly findings: readonly Finding[];
  /** Set when a detector failed: from then on nothing is decided any more, and what is held is never released. */
  readonly failed?: FailureCode;
}

export interface SpanStream {
  push(chunk: string): StreamStep;
  end(): StreamStep;
  /** Units that are read and not yet decided. */
  readonly heldUnits: number;
}
