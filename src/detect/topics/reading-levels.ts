// Reading levels by name. Apart from their words, so that a schema can name them without loading the lists.

/** Those with lists of words that ship, each with the words of those before it. */
export const LISTS = ['early', 'middle'] as const;
/** `own`: nothing but the words of the operator, in whatever language. */
export const READING_LEVELS = [...LISTS, 'own'] as const;
export type ReadingLevel = (typeof READING_LEVELS)[number];
