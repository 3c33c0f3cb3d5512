// Patterns of operators' own types: what fits is what the same regular expression fits, and what cannot be followed is refused by name.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compilePattern, MATCH_UNITS_MAX } from './pattern-automaton.ts';
import { parsePattern, PatternError } from './pattern.ts';

const endsOf = (pattern: string, text: string, isCaseless = false): readonly number[] =>
  compilePattern(parsePattern(pattern), isCaseless).read(text, 0).ends;

describe('a pattern', () => {
  it.each([
    ['abc', 'abcd', [3]],
    ['a{2,4}', 'aaaaa', [2, 3, 4]],
    ['(?:ab|a)b?', 'abb', [1, 2, 3]],
    ['[^a-c\\d]x', 'dx', [2]],
    ['[^a-c\\d]x', 'bx', []],
    ['\\u00e4[\\-\\]]', 'ä]', [2]],
    ['(x(y)?){2}', 'xyx', [3]],
    ['.', '\n', []],
    ['a|', 'a', undefined],
  ])('%s in %j', (pattern, text, ends) => {
    if (ends === undefined) expect(() => endsOf(pattern, text)).toThrow('everywhere');
    else expect(endsOf(pattern, text)).toEqual(ends);
  });

  it('fits in both cases where that is asked', () => expect(endsOf('stra[sß]e-Ä', 'STRAßE-ä', true)).toEqual([8]));

  it.each([
    ['a*', '{1,20}'], ['a+', '{1,20}'], ['a{2,}', '{1,20}'], ['(a{1,9}){1,20}', '180 characters'], ['(?=a)b', 'context'], ['(?<n>a)', 'context'],
    ['(a)\\1', 'references'], ['\\ba', 'wholeWords'], ['^a', 'everywhere'], ['a$', 'everywhere'], ['(a', 'not closed'], ['a)', 'too many'], ['[a', 'not closed'],
    ['[]', 'nothing'], ['[b-a]', 'range'], ['a{3,2}', 'nothing'], ['a??', 'right after another'], ['a{2}{3}', 'right after another'], ['?', 'nothing before'],
    ['\\q', 'not read'], ['\\x1', 'hexadecimal'], ['a{x}', 'count'], ['a'.repeat(1_001), 'longer than'], ['('.repeat(40) + 'a' + ')'.repeat(40), 'nested'],
    ['[😀😁]', 'beyond U+FFFF'], ['[\\ud83d\\ude00]', 'beyond U+FFFF'], ['a?', 'everywhere'], ['a{300}', 'at most 200'], ['(?:.{0,2}[ab]){0,40}c', 'states'], ['[a-c]{129}', '129 characters'],
  ])('%s is refused: %s', (pattern, reason) => {
    expect(() => endsOf(pattern, 'a')).toThrow(PatternError);
    expect(() => endsOf(pattern, 'a')).toThrow(reason);
  }); // prettier-ignore

  it(`fits ${MATCH_UNITS_MAX} characters at most`, () =>
    expect(endsOf(`a{${MATCH_UNITS_MAX}}`, 'a'.repeat(200))).toEqual([MATCH_UNITS_MAX]));

  it('says whether more text could make it longer', () => {
    const automaton = compilePattern(parsePattern('ab{1,3}'), false);
    expect(automaton.read('ab', 0)).toMatchObject({ ends: [2], isOpen: true });
    expect(automaton.read('abx', 0)).toMatchObject({ ends: [2], isOpen: false });
    expect(automaton.canBegin('a'.charCodeAt(0))).toBe(true);
    expect(automaton.canBegin('b'.charCodeAt(0))).toBe(false);
  });
});

const atom = fc.constantFrom('a', 'b', '1', '\\d', '[ab]', '[^a]', '\\w', '.', ' ', '\\.', '\\s', '[1-3b]');
const pattern = fc.letrec<{ node: string; choice: string; many: string }>((tie) => ({
  many: fc
    .tuple(tie('node'), fc.constantFrom('', '?', '{2}', '{0,2}', '{1,3}'))
    .map(([node, count]) => (count === '' ? node : `(?:${node})${count}`)),
  choice: fc.array(tie('many'), { minLength: 1, maxLength: 3 }).map((options) => `(?:${options.join('|')})`),
  node: fc.oneof({ maxDepth: 3, depthIdentifier: 'p' }, atom, fc.array(tie('many'), { minLength: 1, maxLength: 3 }).map((parts) => parts.join('')), tie('choice')), // prettier-ignore
})).node;

describe('any pattern that is taken', () => {
  it('fits what the regular expression fits, end by end', () => {
    fc.assert(
      fc.property(
        pattern,
        fc.string({ unit: fc.constantFrom('a', 'b', '1', '2', ' ', '.', '\n', 'A', 'ä'), maxLength: 10 }),
        (source, text) => {
          let ends: readonly number[];
          try {
            ends = endsOf(source, text);
          } catch (error) {
            expect(error).toBeInstanceOf(PatternError);
            return;
          }
          const whole = new RegExp(`^(?:${source})$`);
          const expected = Array.from({ length: text.length }, (_, at) => at + 1).filter((end) => whole.test(text.slice(0, end)));
          expect(ends).toEqual(expected);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('is taken or refused, never a crash, whatever is written', () => {
    const signs = fc.string({ unit: fc.constantFrom('a', '(', ')', '[', ']', '{', '}', '1', ',', '?', '*', '\\', '|', '-', '^', ':', 'd', 'x'), maxLength: 14 }); // prettier-ignore
    fc.assert(
      fc.property(signs, (source) => {
        try {
          endsOf(source, 'a1(a)');
        } catch (error) {
          expect(error).toBeInstanceOf(PatternError);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('costs what its text is long, however it is built', () => {
    const nasty = compilePattern(parsePattern('(?:a{1,4}|[ab]{1,5}){1,20}c'), false);
    const text = 'a'.repeat(20_000);
    const startedMs = performance.now();
    for (let at = 0; at < text.length; at += 1) nasty.read(text, at);
    expect(performance.now() - startedMs).toBeLessThan(1_000);
  });
});
