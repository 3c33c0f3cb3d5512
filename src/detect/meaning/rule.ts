// Makes a detector out of a card and a book of phrases: the common case of a rule file.
import type { Family } from '../../core/types.ts';
import type { MeaningDetector } from '../detector.ts';
import type { PhraseBook } from './phrasebook.ts';
import { weigh } from './weigh.ts';

const FAMILIES: readonly Family[] = ['role_play', 'obfuscation', 'instruction_hijack', 'contextual_framing', 'translation_chaining'];

export type MeaningCard = Omit<MeaningDetector, 'kind' | 'judge' | 'book'> & { readonly book: PhraseBook };

export function meaningRule(card: MeaningCard): MeaningDetector {
  return { ...card, kind: 'meaning', judge: (look) => weigh(look, card) };
}

/** The shape that JSON import gives a book: families are plain strings there. */
interface RawBook {
  readonly concepts: PhraseBook['concepts'];
  readonly frames: readonly { readonly id: string; readonly family: string; readonly score: number; readonly need: readonly string[] }[];
}

/** Checks what the type system cannot see in a data file. Throws at start, never in a request. */
export function parseBook(raw: RawBook): PhraseBook {
  for (const { id, family, score, need } of raw.frames) {
    if (!FAMILIES.some((known) => known === family)) throw new Error(`frame ${id} names an unknown family`);
    if (!(score > 0 && score < 1)) throw new Error(`frame ${id} has a score outside 0 to 1`);
    if (need.length === 0) throw new Error(`frame ${id} needs no concept`);
  }
  return raw as PhraseBook;
}
