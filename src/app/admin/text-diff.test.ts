// A difference, read one way, is the text before; read the other way, the text after.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diffLines } from './text-diff.ts';

const text = fc.array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 12 }).map((lines) => lines.map((line) => `${line}\n`).join(''));

describe('the difference of two texts', () => {
  it('holds both of them, in order', () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        const lines = diffLines(before, after);
        const side = (other: string): string =>
          lines
            .filter(({ kind }) => kind !== other)
            .map((line) => `${line.text}\n`)
            .join('');
        expect([side('add'), side('remove')]).toEqual([before, after]);
        if (before === after) expect(lines.every(({ kind }) => kind === 'same')).toBe(true);
      }),
    );
  });

  it('of texts too long for a table is told as replaced, without what they share at both ends', () => {
    const many = (word: string): string => Array.from({ length: 2_000 }, (_, at) => `${word} ${at}\n`).join('');
    const lines = diffLines(`head\n${many('old')}tail\n`, `head\n${many('new')}tail\n`);
    const count = (wanted: string): number => lines.filter(({ kind }) => kind === wanted).length;
    expect([count('same'), count('remove'), count('add')]).toEqual([2, 2_000, 2_000]);
  });
});
