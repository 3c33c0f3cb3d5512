// What a rule knows, as data: concepts (words and phrases that mean one thing, by language) and frames (concepts that
// mean something when they stand together). A rule brings its own book; `lexicon/` is the book that all of them share.
import type { Family } from '../../core/types.ts';

/** Comma-separated phrases by language. `ignor*` lets the word go on, `*ignor` lets it begin inside a word. */
export type Concept = Readonly<Record<string, string>>;

export interface Frame {
  readonly id: string;
  /** Concepts that must stand together, in any order; `a|b` is either. */
  readonly need: readonly string[];
  /** Evidence from 0 to 1 that the frame gives by itself. */
  readonly score: number;
  /** Evidence where the text comes from elsewhere; `score` for origins that are absent. */
  readonly by?: Readonly<Partial<Record<'operator' | 'user' | 'model' | 'retrieved' | 'tool', number>>>;
  /** Evidence where the frame stands in a decoded layer; `score` otherwise. */
  readonly hidden?: number;
  readonly family: Family;
  /** Most characters from the first to the last concept. */
  readonly near?: number;
  /** The concepts come in the order in which they are listed. */
  readonly isOrdered?: boolean;
  /** Most sentence ends in between. */
  readonly sentences?: number;
  /** Neither quotation marks nor talk about attacks say anything against the frame. */
  readonly isTalkFree?: boolean;
  /** Concepts that make the frame doubtful when they stand shortly before it or inside it. */
  readonly unless?: readonly string[];
}

export interface PhraseBook {
  readonly concepts: Readonly<Record<string, Concept>>;
  readonly frames: readonly Frame[];
}

export const NEAR_DEFAULT = 64;
export const SENTENCES_DEFAULT = 1;
/** Characters before a frame in which an `unless` concept still counts. */
export const UNLESS_REACH = 40;
