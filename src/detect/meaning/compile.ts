// Turns the books of all rules into one automaton and dense tables of frames.
import type { Phrase } from './alphabet.ts';
import { Automaton } from './automaton.ts';
import type { Concept, Frame, PhraseBook } from './phrasebook.ts';
import { NEAR_DEFAULT, SENTENCES_DEFAULT } from './phrasebook.ts';
import { foldText } from '../normalise/fold.ts';

/** A frame whose concepts are numbers. */
export interface CompiledFrame {
  /** Rule that the frame belongs to. */
  readonly rule: number;
  readonly frame: Frame;
  readonly need: readonly number[];
  readonly unless: readonly number[];
  readonly near: number;
  readonly sentences: number;
  readonly isOrdered: boolean;
}

export interface CompiledBooks {
  readonly automaton: Automaton;
  readonly frames: readonly CompiledFrame[];
  /** Frames that a concept can complete, by concept. */
  readonly framesOf: readonly (readonly number[])[];
  readonly conceptIds: ReadonlyMap<string, number>;
  readonly phraseCount: number;
}

/** Scripts without blanks between words: a phrase may begin anywhere. */
const UNSPACED = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u;

/** Spelled as the normaliser spells texts, so that both meet. */
const foldPhrase = (text: string): string => (ASCII.test(text) ? text : foldText(text).text).toLowerCase();
const ASCII = /^[ -~]*$/;

export function compileBooks(shared: PhraseBook, books: readonly PhraseBook[]): CompiledBooks {
  const names = new Map<string, number>();
  const all = [shared, ...books];
  for (const book of all) for (const name of Object.keys(book.concepts)) names.set(name, names.get(name) ?? names.size);
  const unions = new Map<number, number[]>();
  const drafts = all.flatMap((book, index) => book.frames.map((frame) => compileFrame(frame, index - 1, { names, unions })));
  const phrases = collectPhrases(all, names, unions);
  const frames = rarestFirst(drafts, phrases);
  const framesOf: number[][] = Array.from({ length: names.size }, () => []);
  for (const [index, { need }] of frames.entries()) for (const concept of need) framesOf[concept]?.push(index);
  return { automaton: new Automaton(phrases), frames, framesOf, conceptIds: names, phraseCount: phrases.length };
}

/** Most frames fail on a concept that is not there: the one with the fewest phrases is asked first. */
function rarestFirst(frames: readonly CompiledFrame[], phrases: readonly Phrase[]): CompiledFrame[] {
  const size = new Map<number, number>();
  for (const { concepts } of phrases) for (const concept of concepts) size.set(concept, (size.get(concept) ?? 0) + 1);
  const sizeOf = (concept: number): number => size.get(concept) ?? 0;
  return frames.map((frame) =>
    frame.isOrdered ? frame : { ...frame, need: frame.need.toSorted((one, other) => sizeOf(one) - sizeOf(other)) },
  );
}

interface Naming {
  readonly names: Map<string, number>;
  /** Concepts that also count as another one, made for `a|b`. */
  readonly unions: Map<number, number[]>;
}

function compileFrame(frame: Frame, rule: number, naming: Naming): CompiledFrame {
  const idOf = (name: string): number => conceptId(name, frame.id, naming);
  return {
    rule,
    frame,
    need: frame.need.map(idOf),
    unless: (frame.unless ?? []).map(idOf),
    near: frame.near ?? NEAR_DEFAULT,
    sentences: frame.sentences ?? SENTENCES_DEFAULT,
    isOrdered: frame.isOrdered ?? false,
  };
}

function conceptId(name: string, frame: string, { names, unions }: Naming): number {
  const known = names.get(name);
  if (known !== undefined) return known;
  const parts = name.split('|');
  if (parts.length < 2) throw new Error(`frame ${frame} needs the concept ${name}, which no book has`);
  const id = names.size;
  names.set(name, id);
  for (const part of parts) {
    const partId = conceptId(part, frame, { names, unions });
    unions.set(partId, [...(unions.get(partId) ?? []), id]);
  }
  return id;
}

function collectPhrases(
  books: readonly PhraseBook[],
  names: ReadonlyMap<string, number>,
  unions: ReadonlyMap<number, readonly number[]>,
): Phrase[] {
  const phrases = new Map<string, { phrase: Omit<Phrase, 'concepts'>; concepts: Set<number> }>();
  for (const book of books) {
    for (const [name, concept] of Object.entries(book.concepts)) {
      const id = names.get(name) ?? 0;
      for (const phrase of phrasesOf(concept)) {
        const key = `${phrase.isLoose ? '*' : ''}${phrase.text}${phrase.isPrefix ? '*' : ''}`;
        const entry = phrases.get(key) ?? { phrase, concepts: new Set<number>() };
        for (const meant of [id, ...(unions.get(id) ?? [])]) entry.concepts.add(meant);
        phrases.set(key, entry);
      }
    }
  }
  return [...phrases.values()].map(({ phrase, concepts }) => ({ ...phrase, concepts: [...concepts] }));
}

function phrasesOf(concept: Concept): Omit<Phrase, 'concepts'>[] {
  return Object.values(concept)
    .flatMap((list) => list.split(','))
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .map((entry) => ({
      text: foldPhrase(entry.replaceAll('*', '')),
      isLoose: entry.startsWith('*') || UNSPACED.test(entry),
      isPrefix: entry.endsWith('*') || UNSPACED.test(entry.slice(-1)),
    }))
    .map(checked);
}

/** Signs at an end would be ignored by the scan, and a phrase that folds to nothing would match everywhere. */
function checked<T extends { readonly text: string }>(phrase: T): T {
  if (!/^[\p{L}\p{N}](?:.*[\p{L}\p{N}\p{M}])?$/su.test(phrase.text)) throw new Error(`a phrase begins or ends with a sign: ${phrase.text}`);
  return phrase;
}
