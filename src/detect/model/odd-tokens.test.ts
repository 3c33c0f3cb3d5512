// Which tokens had to be put right: sums over tokens, from the places that a reading notes.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { View } from '../detector.ts';
import { viewsOf } from '../normalise/views.ts';
import { oddTokens } from './odd-tokens.ts';
import { TokenReader } from './tokens.ts';

function read(view: View): { readonly sums: Int32Array; readonly tokens: TokenReader } {
  const tokens = new TokenReader();
  tokens.read(view.text, false);
  return { sums: oddTokens(view, tokens), tokens };
}

/** How many odd tokens each reading of a text has. */
const oddIn = (text: string): number[] => viewsOf(text).views.map((view) => read(view).sums.at(-1) ?? 0);

describe('odd tokens', () => {
  test('are none in a text that is written as people write', () =>
    expect(Math.max(...oddIn('please send the letter to my mother'))).toBe(0));
  test('are those that were misspelt and are put right', () => {
    expect(Math.max(...oddIn('please ingore the letter'))).toBe(1);
    expect(Math.max(...oddIn('we ingore the instrutcions now'))).toBe(2);
  });
  test('that are passed over, as courtesies are, count for the next one', () =>
    expect(Math.max(...oddIn('plaese ingore the instrutcions'))).toBe(2));
  test('are not those in which signs stand for letters: readings count these for themselves', () =>
    expect(Math.max(...oddIn('please 1gn0r3 the letter'))).toBe(0));
  test('count in the window in which they stand, and in no other', () => {
    const view = { text: 'one two three four', layers: [], originalAt: (offset: number) => offset, oddAt: [4] };
    const { sums, tokens } = read(view);
    expect(tokens.count).toBe(4);
    expect([...sums]).toEqual([0, 0, 1, 1, 1]);
  });
  test('of any text are sums that rise by one at most', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', 'e', '1', '0', 'о', ' ', 'ingore', 'plaese', '\u200b', 'x') }), (text) => {
        for (const view of viewsOf(text).views) {
          const { sums, tokens } = read(view);
          if (sums.length === 0) continue;
          expect(sums.length).toBe(tokens.count + 1);
          for (let at = 1; at < sums.length; at += 1) expect([0, 1]).toContain((sums[at] ?? 0) - (sums[at - 1] ?? 0));
        }
      }),
    );
  });
});
