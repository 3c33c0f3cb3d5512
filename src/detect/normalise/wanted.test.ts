// Misspelt words found again: the same as a comparison with every word, for any slips.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import wanted from './wanted-words.json' with { type: 'json' };
import { wordIndex } from './wanted.ts';
import { FAR, LETTERS_MAX, WordList } from './word-list.ts';

const index = wordIndex();
const WANTED = wanted.wanted.split(' ');
const unitsOf = (word: string): Uint16Array => Uint16Array.from(word, (letter) => letter.charCodeAt(0));
const whole = (word: string): { from: number; to: number } => ({ from: 0, to: word.length });
const nearest = (word: string): string | undefined => {
  const found = index.nearest(unitsOf(word), whole(word));
  return found < 0 ? undefined : index.wordAt(found);
};

const letter = fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz');
const word = fc.array(letter, { minLength: 1, maxLength: LETTERS_MAX - 2 }).map((letters) => letters.join(''));
const slip = fc.record({ kind: fc.constantFrom('more', 'less', 'other', 'exchanged'), at: fc.nat(), letter });

function slipped(text: string, { kind, at, letter: by }: { readonly kind: string; readonly at: number; readonly letter: string }): string {
  const place = at % Math.max(1, text.length);
  const [before, behind] = [text.slice(0, place), text.slice(place)];
  if (kind === 'more') return before + by + behind;
  if (kind === 'less') return before + behind.slice(1);
  if (kind === 'other') return before + by + behind.slice(1);
  return before + behind.slice(1, 2) + behind.slice(0, 1) + behind.slice(2);
}

describe('slips between two words', () => {
  it('are told the same by the look at one slip and by the whole table', () => {
    fc.assert(
      fc.property(word, fc.array(slip, { maxLength: 3 }), (text, slips) => {
        const other = slips.reduce(slipped, text);
        if (other.length === 0 || other.length > LETTERS_MAX) return;
        const list = new WordList([text]);
        const all = list.slips(0, unitsOf(other), whole(other));
        expect(list.slipsUpToOne(0, unitsOf(other), whole(other))).toBe(all <= 1 ? all : FAR);
        expect(all <= 2).toBe(all <= 2 && list.mayBeNear(0, other.length, lettersOf(other)));
      }),
      { numRuns: 2000 },
    );
  });

  const lettersOf = (text: string): number => [...text].reduce((bits, one) => bits | (1 << (one.charCodeAt(0) - 97)), 0);
});

describe('a misspelt word', () => {
  it('with one slip is put right to a word as near', () => {
    fc.assert(
      fc.property(fc.constantFrom(...WANTED.filter((one) => one.length > 4 && one.length < LETTERS_MAX)), slip, (text, by) => {
        const other = slipped(text, by);
        const found = nearest(other);
        const slips = new WordList([found ?? '']).slips(0, unitsOf(other), whole(other));
        expect(found).toBeDefined();
        expect(slips).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('with two slips is put right where it is long, begins alike and no nearer word is there', () => {
    expect(nearest('intsrucitons')).toBe('instructions');
    expect(nearest('disregrd')).toBe('disregard');
    expect(nearest('cnfidntial')).toBe('confidential');
    expect(nearest('xxstructions')).toBeUndefined();
  });

  it('has all the wanted words at two slips to choose from', () => {
    const long = WANTED.filter((one) => one.length >= 8 && one.length < LETTERS_MAX - 1);
    fc.assert(
      fc.property(fc.constantFrom(...long), slip, slip, (text, one, other) => {
        const twice = slipped(slipped(text, one), other);
        if (twice.length < 7 || twice.length > LETTERS_MAX || twice[0] !== text[0]) return;
        if (new WordList([text]).slips(0, unitsOf(twice), whole(twice)) > 2) return;
        expect(nearest(twice)).toBeDefined();
      }),
      { numRuns: 500 },
    );
  });
});
