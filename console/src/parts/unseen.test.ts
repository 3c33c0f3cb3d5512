// Texts of attackers lose nothing and hide nothing.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toPieces, toPlain } from './unseen.ts';

const CASES: readonly (readonly [shown: string, text: string])[] = [
  ['plain text, even with accents: é ü 漢字', 'plain text, even with accents: é ü 漢字'],
  ['two\nlines', 'two\nlines'],
  ['[U+200B]a', '\u200Ba'],
  ['user[U+202E]gpj.exe', 'user\u202Egpj.exe'],
  ['[U+001B][31mred', '\u001B[31mred'],
  ['a[U+00A0]b', 'a\u00A0b'],
  ['[U+E0041]', '\u{E0041}'],
  ['[U+FE0F][U+E0100]', '\uFE0F\u{E0100}'],
  ['[U+3164][U+115F][U+FFA0]', '\u3164\u115F\uFFA0'],
  ['[U+D800]', '\uD800'],
  ['[U+2028]', '\u2028'],
  ['', ''],
];

describe('text from outside', () => {
  it.each(CASES)('is shown as %s', (shown, text) => expect(toPlain(text)).toBe(shown));

  it('is taken apart without losing a unit, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const pieces = toPieces(text).map((piece) => piece.text);
        expect(pieces.join('')).toBe(text);
      }),
    );
  });

  it('has no piece that hides a character: only named pieces hold one', () => {
    const hidden = /[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]/u;
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const shown = toPieces(text).filter(({ code }) => code === undefined);
        expect(shown.filter((piece) => hidden.test(piece.text.replaceAll('\n', '')))).toEqual([]);
      }),
    );
  });

  it('of 200,000 pieces is taken apart in less than two seconds', () => {
    const begin = performance.now();
    expect(toPieces('a\u200B'.repeat(100_000))).toHaveLength(200_000);
    expect(performance.now() - begin).toBeLessThan(2_000);
  });

  it('has a name for the characters that attackers like best', () => {
    expect(toPieces('\u202E')[0]?.name).toBe('right-to-left override');
    expect(toPieces('\u{E0041}')[0]?.name).toBe('tag A');
  });
});
