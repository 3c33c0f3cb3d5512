// Letters spelled as escapes are read as a parser reads them, however the stream is cut.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EscapeWatch, withoutNeedlessEscapes } from './json-escapes.ts';

const spell = (text: string): string => [...text].map((letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
const hiddenIn = (pieces: readonly string[]): readonly string[] | 'unknown' => {
  const watch = new EscapeWatch();
  for (const piece of pieces) watch.push(piece);
  return watch.hidden();
};

describe('escapes in JSON', () => {
  it('are undone in JSON, and only there', () => {
    expect(withoutNeedlessEscapes(`{"to":"${spell('AKIA')}"}`)).toBe('{"to":"AKIA"}');
    expect(withoutNeedlessEscapes('{"path":"a\\/b"}')).toBe('{"path":"a/b"}');
    expect(withoutNeedlessEscapes('{"lines":"a\\nb\\u0007"}')).toBe('{"lines":"a\\nb\\u0007"}');
    expect(withoutNeedlessEscapes(`not JSON ${spell('A')}`)).toBe(`not JSON ${spell('A')}`);
  });

  it('are found wherever the stream is cut', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', 'Z', '7', '@', '/'), minLength: 1, maxLength: 12 }), fc.nat(), (word, cut) => {
        const text = `{"key":["${spell(word)}"]}`;
        const at = cut % text.length;
        expect(hiddenIn([text.slice(0, at), text.slice(at)])).toContain(word);
      }),
    );
  });

  it('cost nothing where there are none', () => {
    expect(hiddenIn(['{"a":"b', '\\n"}'])).toEqual([]);
    expect(hiddenIn([`plain text ${spell('A')}`])).toEqual([]);
  });

  it('are unknown, not absent, in a text too long to keep', () => {
    expect(hiddenIn([`{"a":"${spell('A')}`, 'x'.repeat(300_000)])).toBe('unknown');
    expect(hiddenIn(['{"a":"', 'x'.repeat(300_000)])).toEqual([]);
  });
});
