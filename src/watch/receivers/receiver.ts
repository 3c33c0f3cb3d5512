// What a place that takes events is to its follower: batches in, and a plain word about what became of each.
import type { JsonObject } from '../../core/types.ts';

/** One event on its way out. */
export interface ReceiverEvent {
  /** Stable: the same event has it whenever and however often it is sent. */
  readonly uid: string;
  /** OCSF 1.8.0. */
  readonly event: JsonObject;
  /** The same as one line of JSON, without its end. */
  readonly line: string;
}

/** What became of a batch, by place in it. Whoever cannot tell throws `ReceiverTrouble`: then all of it comes again. */
export type Outcome =
  | { readonly state: 'taken' }
  /** The batch as it is was not taken, because of something that is in it. */
  | { readonly state: 'refused'; readonly reason: string }
  | {
      readonly state: 'mixed';
      /** Refused for what they are: place and reason. */
      readonly refused: ReadonlyMap<number, string>;
      /** Not taken this time, for no fault of theirs. */
      readonly again: ReadonlySet<number>;
    };

export const TAKEN: Outcome = { state: 'taken' };

export interface CheckResult {
  readonly state: 'ok' | 'warn' | 'fail';
  readonly detail: string;
  /** The way out. */
  readonly fix?: string;
}

export interface Receiver {
  /** Resolves when the place has said what became of the batch. Throws `ReceiverTrouble` when nothing is known of it. */
  deliver(events: readonly ReceiverEvent[]): Promise<Outcome>;
  /** For `sallyport doctor`: sends no event. Throws `ReceiverTrouble`. */
  check(): Promise<CheckResult>;
  close(): Promise<void>;
}

/** The place cannot take anything now, or did not say whether it did. */
export class ReceiverTrouble extends Error {
  override readonly name = 'ReceiverTrouble';
  /** When the place asked to be left alone for so long. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, { retryAfterMs, cause }: { readonly retryAfterMs?: number | undefined; readonly cause?: unknown } = {}) {
    super(message, { cause });
    this.retryAfterMs = retryAfterMs;
  }
}
