// Words of all lists are found as a search through the text in small letters finds them, whatever was read before.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { forgetWords, learn, LETTERS_END, readWords } from './known-words.ts';

const WORDS = ['card', 'tax', 'né', 'straße', 'kod', 'tax id', 'd.o.b', 'desk:', 'text me', 'r.č', "driver's license", 'å', 'i', 'ss #'];
const ids = learn(WORDS, 1);

/** What stands there, word for word. */
function searched(text: string, from: number, to: number): readonly number[] {
  const part = text.slice(from, to).toLowerCase();
  const words = new Set(part.match(/[a-z\u00c0-\u024f]+/g));
  return ids.filter((_, index) => {
    const word = WORDS[index] ?? '';
    return /^[a-z\u00c0-\u024f]+$/.test(word) ? words.has(word) : part.includes(word);
  });
}

const expectFound = (text: string, from: number, to: number): void => {
  const { ids: told, count } = readWords(text, from, to);
  const read = new Set(told.slice(0, count));
  expect({ text, from, to, words: ids.filter((id) => read.has(id)) }).toEqual({ text, from, to, words: searched(text, from, to) });
};

const parts = fc.constantFrom(
  ...WORDS,
  'Card',
  'TAX ID',
  'D.O.B',
  'kKod',
  'x',
  '1',
  ' ',
  '.',
  '-',
  ':',
  'İ',
  'ẞ',
  '\u212a',
  '\u212b',
  '你',
  '\ud83d',
  'É',
  'STRASSE',
  'STRAẞE',
);
const texts = fc.array(parts, { maxLength: 24 }).map((list) => list.join(''));

describe('known words', () => {
  it('are those that a search finds, in windows of any order', () => {
    const windows = fc.array(fc.tuple(fc.nat(60), fc.nat(40)), { minLength: 1, maxLength: 12 });
    const check = (text: string, places: readonly (readonly [number, number])[], isInOrder: boolean): void => {
      const ordered = isInOrder ? [...places].sort((a, b) => a[0] + a[1] - b[0] - b[1]) : places;
      for (const [from, units] of ordered) {
        const start = Math.min(from, text.length);
        expectFound(text, start, Math.min(text.length, start + units));
      }
    };
    fc.assert(fc.property(texts, windows, fc.boolean(), check), { numRuns: 3_000, seed: 5 });
  });

  it('are found anew in a text of the same length, and after all was forgotten', () => {
    expectFound('the card 1', 0, 9);
    expectFound('the kard 1', 0, 9);
    forgetWords();
    expectFound('the card 1', 0, 9);
  });

  it('no other capital has a Latin small letter', () => {
    const odd = Array.from({ length: 0x10000 - LETTERS_END }, (_, index) => String.fromCharCode(index + LETTERS_END)).filter((unit) =>
      /[a-z\u00c0-\u024f]/.test(unit.toLowerCase()),
    );
    expect(odd).toEqual(['\u1e9e', '\u212a', '\u212b', '\u2c7e', '\u2c7f', '\ua7dc']);
    const long = Array.from({ length: LETTERS_END }, (_, code) => String.fromCharCode(code)).filter(
      (unit) => unit.toLowerCase().length > 1,
    );
    expect(long).toEqual(['\u0130']);
  });
});
