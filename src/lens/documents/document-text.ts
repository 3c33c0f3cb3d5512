// What a reader makes of a document.

export interface HiddenText {
  /** How it is hidden, in words. */
  readonly how: string;
  readonly text: string;
}

export interface DocumentText {
  /** What a person sees. */
  readonly text: string;
  /** What only a model reads. */
  readonly hidden: readonly HiddenText[];
}
