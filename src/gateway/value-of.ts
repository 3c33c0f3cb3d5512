// What a matched text says, however it is spelled.
import { drawn } from '../detect/span/unseen.ts';

/** Two spellings of one number or address are one value. */
export const valueOf = (matched: string): string =>
  drawn(matched)
    .replace(/[\s().-]/g, '')
    .toLowerCase();
