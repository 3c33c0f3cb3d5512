// What a policy asks to be looked for beyond what always is, because it costs time or is not everybody's wish. Plain data.
import type { Direction } from '../core/types.ts';

export interface LookFor {
  readonly names?: NamesAsked | undefined;
  readonly harm?: HarmAsked | undefined;
}

export interface NamesAsked {
  readonly types: readonly string[];
  readonly on: readonly Direction[];
}

export interface HarmAsked {
  /** Score from which on a text is harmful, 0 to 1. */
  readonly threshold: number;
  /** The same for single hazards. */
  readonly thresholds: Readonly<Record<string, number>>;
  readonly on: readonly Direction[];
}
