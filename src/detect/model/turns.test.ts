// Turns of phrase: which one is told where several could be, and the same as a plain search through all of them.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isInWord, Turns } from './turns.ts';

const SOME = { ignore: 'brush {aside|away}|brush', instructions: 'what you {said|have been told}|what' };
const MORE = { stop: 'brush aside the|halt', ignore: 'what ever' };
const turns = new Turns(SOME, MORE);
const at = (text: string, hasMore = true, from = 0): unknown => {
  let to = from;
  while (to < text.length && isInWord(text.charCodeAt(to))) to += 1;
  return turns.at(text, { from, to }, hasMore);
};

describe('a turn of phrase', () => {
  it('is the longest that stands there, with any signs between its words', () => {
    expect(at('brush')).toEqual({ sense: 'ignore', length: 0 });
    expect(at('brush aside')).toEqual({ sense: 'ignore', length: 6 });
    expect(at('brush, (aside)')).toEqual({ sense: 'ignore', length: 8 });
    expect(at('brush... (aside)')).toEqual({ sense: 'ignore', length: 0 });
    expect(at('brush - aside')).toEqual({ sense: 'ignore', length: 8 });
    expect(at('brush aside the')).toEqual({ sense: 'stop', length: 10 });
    expect(at('what you have been told')).toEqual({ sense: 'instructions', length: 19 });
  });

  it('ends with a word', () => {
    expect(at('brush asides')).toEqual({ sense: 'ignore', length: 0 });
    expect(at('brushes')).toBeUndefined();
    expect(at('brush2')).toBeUndefined();
    expect(at('élan')).toBeUndefined();
    expect(at('', true)).toBeUndefined();
  });

  it('is of the first table alone where no more is asked for', () => {
    expect(at('halt')).toEqual({ sense: 'stop', length: 0 });
    expect(at('halt', false)).toBeUndefined();
    expect(at('brush aside the', false)).toEqual({ sense: 'ignore', length: 6 });
    expect(at('what ever', false)).toEqual({ sense: 'instructions', length: 0 });
  });

  it('is what a search through all phrases finds, in any text', () => {
    const words = [
      'brush',
      'aside',
      'away',
      'what',
      'you',
      'said',
      'the',
      "'ve",
      'been',
      'told',
      'ever',
      'halt',
      ' ',
      '  ',
      ', ',
      '\n',
      "'",
      'x',
    ];
    const phrases = [
      ['brush aside', 'ignore'],
      ['brush away', 'ignore'],
      ['brush', 'ignore'],
      ['what you said', 'instructions'],
      ['what you have been told', 'instructions'],
      ['what', 'instructions'],
      ['brush aside the', 'stop'],
      ['halt', 'stop'],
      ['what ever', 'ignore'],
    ] as const;
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...words), { maxLength: 12 }), (list) => {
        const text = list.join('');
        const found = phrases
          .map(([phrase, sense]) => ({
            phrase,
            sense,
            match: new RegExp(`^${phrase.replaceAll(' ', '[^a-z0-9]{1,3}')}(?![a-z0-9])`).exec(text),
          }))
          .filter(({ match, phrase }) => match !== null && /^[a-z0-9]*/.exec(text)?.[0] === phrase.split(' ')[0])
          .toSorted((one, other) => other.phrase.length - one.phrase.length)[0];
        const told = at(text) as { readonly sense: string } | undefined;
        expect(told?.sense).toBe(found?.sense);
      }),
      { numRuns: 500 },
    );
  });
});
