// What a policy asks to be looked for beyond what always is, because it costs time or is not everybody's wish. Plain data.
import type { Direction } from '../core/types.ts';

export interface LookFor {
  readonly names?: NamesAsked | undefined;
  readonly harm?: HarmAsked | undefined;
  readonly topics?: TopicsAsked | undefined;
  readonly vocabulary?: VocabularyAsked | undefined;
  readonly corpora?: CorporaAsked | undefined;
}

export interface CorporaAsked {
  /** Registered texts whose words may not come back. */
  readonly names: readonly string[];
  readonly on: readonly Direction[];
}

export interface TopicsAsked {
  /** What may be talked about; the nearest counts. */
  readonly allow: readonly { readonly name: string; readonly examples: readonly string[]; readonly words: readonly string[] }[];
  /** Nearness below which a text is off topic, 0 to 1. */
  readonly threshold: number;
  readonly on: readonly Direction[];
}

export interface VocabularyAsked {
  /** `own`: nothing but the words of `allow`. */
  readonly level: 'early' | 'middle' | 'own';
  readonly allow: readonly string[];
  /** Share of words beyond the level that is let pass, 0 to 1. */
  readonly atMost: number;
  readonly on: readonly Direction[];
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
