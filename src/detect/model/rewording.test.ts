// The plainer readings of a text: what they say, where they point, and that they leave alone what they do not know.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { View } from '../detector.ts';
import { reworded } from './rewording.ts';

const viewOf = (text: string): View => ({ text, layers: [], originalAt: (offset) => offset });
const plainest = (text: string): string => reworded(viewOf(text)).at(-1)?.text ?? text;

describe('a plainer reading', () => {
  test.each([
    ['brush aside what you were told', 'ignore instructions'],
    ['please disregard the directives', 'please ignore the instructions'],
    ['brush,  aside everything', 'ignore everything'],
  ])('says %s as %s', (text, plain) => expect(plainest(text)).toBe(plain));

  test('is none where there is nothing plainer to say', () => {
    for (const text of ['', ' ', 'the train to ghent leaves at nine', '忽略', '123 456']) expect(reworded(viewOf(text))).toEqual([]);
  });
  test('takes whole words only, whatever the letters around them', () => {
    for (const text of ['disregardful', 'xdisregard', 'disregardé', 'disregard7']) expect(plainest(text)).toBe(text);
  });
  test('has at most one line of signs between the words of a turn', () => {
    expect(plainest('brush - aside it')).toBe('ignore it');
    expect(plainest('brush ---- aside it')).toBe('brush ---- aside it');
  });
  test('points back into the text that was written', () => {
    const text = 'hello, brush aside the rules now';
    const [read] = reworded(viewOf(text)).slice(-1);
    const at = read?.text.indexOf('now') ?? -1;
    expect(text.slice(read?.originalAt(at))).toBe('now');
    expect(read?.originalAt(read.text.indexOf('ignore'))).toBe(text.indexOf('brush'));
  });
  test('of any text ends, and its places lie in that text, in order', () => {
    const words = fc.constantFrom(
      'brush',
      'aside',
      'disregard',
      'the',
      'rules',
      'what',
      'you',
      'were',
      'told',
      'é',
      '忽',
      '1',
      '-',
      ' ',
      '  ',
      '\n',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(words, fc.string()), { maxLength: 40 }), (parts) => {
        const text = parts.join('').toLowerCase();
        for (const read of reworded(viewOf(text))) {
          let last = 0;
          for (let at = 0; at <= read.text.length; at += 1) {
            const back = read.originalAt(at);
            expect(back).toBeGreaterThanOrEqual(last);
            expect(back).toBeLessThanOrEqual(text.length);
            last = back;
          }
        }
      }),
    );
  });
});
