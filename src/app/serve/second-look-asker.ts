// Whoever takes a second look: a classifier in a thread, or a model behind an API.
import type { FailureCode, Origin } from '../../core/types.ts';
import type { Opinion } from '../../lens/models/classifier.ts';

export interface Question {
  /** One or two, each of some hundred characters. */
  readonly texts: readonly string[];
  readonly origin: Origin;
  /** Whose text it is: owners wait in fair turns. */
  readonly owner: string;
  /** Unix milliseconds after which nobody waits for an answer. */
  readonly untilMs: number;
}

export type Answer =
  /** One opinion a text. */
  { readonly state: 'looked'; readonly opinions: readonly Opinion[] } | { readonly state: 'failed'; readonly code: FailureCode };

export interface AskerStatus {
  readonly state: 'loading' | 'ready' | 'failed';
  /** What it is, or why it does not work; never a text or a secret. */
  readonly detail: string;
  /** SHA-256 of its files by name, as far as it has any. */
  readonly digests: Readonly<Record<string, string>>;
}

export interface Asker {
  /** Whether what it is asked about leaves the house. */
  readonly isExternal: boolean;
  /** Whether what it says is weighed together with what the first stages said, and does not take its place. */
  readonly isEvidence?: boolean;
  /** The most that it is shown of a text; two excerpts of some hundred characters if nothing is said. */
  readonly sees?: 'one sentence';
  readonly status: AskerStatus;
  /** Resolves when it is ready or has failed; never rejects. */
  readonly settled: Promise<void>;
  /** Never rejects for what a text says, nor for what was answered. */
  ask(question: Question): Promise<Answer>;
  close(): Promise<void>;
}
