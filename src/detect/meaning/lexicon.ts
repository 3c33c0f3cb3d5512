// The book that all meaning rules share: orders, what they are about, and the vocabulary of talk about attacks.
import harm from './lexicon/harm.json' with { type: 'json' };
import objects from './lexicon/objects.json' with { type: 'json' };
import orders from './lexicon/orders.json' with { type: 'json' };
import talk from './lexicon/talk.json' with { type: 'json' };
import type { PhraseBook } from './phrasebook.ts';

export const SHARED_BOOK: PhraseBook = { concepts: { ...orders, ...harm, ...objects, ...talk }, frames: [] };
