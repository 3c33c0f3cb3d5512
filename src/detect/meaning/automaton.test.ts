// The automaton, checked against a naive search.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Phrase } from './alphabet.ts';
import { Automaton } from './automaton.ts';

const phrase = (text: string, concept: number, more: Partial<Phrase> = {}): Phrase => ({
  text,
  isLoose: false,
  isPrefix: false,
  concepts: [concept],
  ...more,
});

function find(phrases: readonly Phrase[], text: string): string[] {
  const { count, concept, start, end } = new Automaton(phrases).scan(text);
  return Array.from({ length: count }, (_, at) => `${concept[at]}:${text.slice(start[at], end[at])}`);
}

const check = (phrases: readonly Phrase[], text: string, expected: readonly string[]): void =>
  expect(find(phrases, text)).toEqual(expected);

describe('phrases', () => {
  test('match whole words only', () => check([phrase('rule', 1)], 'a rule, no ruler, overrule', ['1:rule']));
  test('match longer words when they are prefixes', () => check([phrase('rul', 1, { isPrefix: true })], 'rules overrule', ['1:rul']));
  test('match over any run of signs', () => check([phrase('previous rules', 1)], 'previous --\n rules', ['1:previous --\n rules']));
  test('match at both ends of the text', () => check([phrase('a', 1), phrase('z', 2)], 'a z', ['1:a', '2:z']));
  test('may overlap and contain each other', () =>
    check([phrase('a b', 1), phrase('b c', 2), phrase('b', 3)], 'a b c', ['1:a b', '3:b', '2:b c']));
  test('may begin anywhere in scripts without blanks', () =>
    check([phrase('指令', 1, { isLoose: true, isPrefix: true })], '之前的指令集', ['1:指令']));
  test('a Latin word beside such a script is a word', () => check([phrase('ai', 1)], '致ai助手', ['1:ai']));
  test('carry several concepts', () => check([phrase('x', 1, { concepts: [1, 2] })], 'x', ['1:x', '2:x']));
  test('an empty text has no hits', () => check([phrase('x', 1)], '', []));
});

test('sentence ends are counted', () => {
  const { sentence } = new Automaton([phrase('x', 1)]).scan('x. x! x, x');
  expect([...sentence.subarray(0, 4)]).toEqual([0, 1, 2, 2]);
});

test('finds what a naive search finds', () => {
  const word = fc.constantFrom('a', 'b', 'ab', 'ba', 'abc');
  const words = fc.array(word, { minLength: 1, maxLength: 3 }).map((list) => list.join(' '));
  fc.assert(
    fc.property(fc.uniqueArray(words, { minLength: 1, maxLength: 8 }), fc.array(word, { maxLength: 40 }), (list, text) => {
      const input = text.join(' ');
      const expected = list.flatMap((entry) =>
        Array.from({ length: text.length }, (_, at) => text.slice(at).join(' ')).filter(
          (rest) => rest === entry || rest.startsWith(`${entry} `),
        ),
      );
      expect(
        find(
          list.map((entry, at) => phrase(entry, at)),
          input,
        ),
      ).toHaveLength(expected.length);
    }),
    { numRuns: 500 },
  );
});
