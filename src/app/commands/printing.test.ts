// Whatever a text holds, a terminal shows it and does not obey it.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inert, jsonLine, table } from './printing.ts';

const ACTIVE = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/;

describe('text in a terminal', () => {
  it.each([
    ['\u001b[2J\u001b]0;owned\u0007', '\\u001b[2J\\u001b]0;owned\\u0007'],
    ['a\u202egnp.exe', 'a\\u202egnp.exe'],
    ['one\r\ntwo', 'one\\u000d\\u000atwo'],
    ['\u{e0041}tag', '\\u{e0041}tag'],
    ['\ud800', '\\ud800'],
    ['Grüße 你好 🎈', 'Grüße 你好 🎈'],
  ])('%j is shown as %s', (text, shown) => {
    expect(inert(text)).toBe(shown);
  });

  it('holds nothing that acts, whatever came in', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(inert(text)).not.toMatch(ACTIVE);
        expect(table(['a'], [[text]]).split('\n')).toHaveLength(2);
      }),
    );
  });

  it('is the same JSON to whoever parses it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const line = jsonLine({ [text]: [text] });
        expect(line).not.toMatch(ACTIVE);
        expect(JSON.parse(line)).toEqual({ [text]: [text] });
      }),
    );
  });
});
