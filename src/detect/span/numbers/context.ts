// Words near a number that say what it is. Digits alone are ambiguous; a bounded look to the left often settles it.
import type { SpanView } from '../../detector.ts';

export const CONTEXT_UNITS = 48;

/** What stands before `at`, in lower case: at most `CONTEXT_UNITS` units. */
export const contextBefore = (view: SpanView, at: number): string =>
  view.text.slice(Math.max(view.floor, at - CONTEXT_UNITS), at).toLowerCase();

/** A pattern that finds any of the words, as whole words. */
export const anyWord = (words: readonly string[]): RegExp =>
  new RegExp(`(?:^|[^\\p{L}])(?:${words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|')})(?![\\p{L}])`, 'u');
