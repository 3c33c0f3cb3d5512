// Operators' own types: what they find and leave in the corpus, and the law of the stream.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HOLD_UNITS_MAX } from '../detector.ts';
import { spanDetectors } from '../span/detectors.fixture.ts';
import { cutAt, OUTPUT, redactStream, redactWhole } from '../span/law.fixture.ts';
import { createSpanScanner } from '../span/scanner.ts';
import { customDetector, type CustomType } from './custom-detector.ts';
import { CHECKS, isChecked } from './number-checks.ts';

interface Sample {
  readonly about: string;
  readonly type: Partial<CustomType> & Pick<CustomType, 'id' | 'pattern'>;
  readonly hits: readonly string[];
  readonly benign: readonly string[];
}

const PLAIN = {
  ignoreCase: false,
  wholeWords: true,
  class: 'personal-data',
  severity: 'high',
  score: 0.9,
  on: ['input', 'output'],
} as const;
const typeOf = ({ id, context, check, ...rest }: Sample['type']): CustomType => ({
  ...PLAIN,
  type: id.toUpperCase(),
  id,
  ...rest,
  context: context === undefined ? undefined : { words: context.words, within: (context as { within?: number }).within ?? 40 },
  check: typeof check === 'object' ? { remainder: 0, ...(check as object) } as never : check,
}); // prettier-ignore
const samples = JSON.parse(readFileSync(new URL('../../../corpus/custom/types.json', import.meta.url), 'utf8')) as readonly Sample[];
const alone = createSpanScanner([]);
const among = createSpanScanner(spanDetectors);

function marked(text: string, type: CustomType): string {
  const { findings } = redactWhole(alone, text, { ...OUTPUT, followers: [customDetector(type)] });
  return findings.toReversed().reduce((out, { start, end }) => `${out.slice(0, start)}<${out.slice(start, end)}>${out.slice(end)}`, text);
}

describe.each(samples)('$about', ({ type, hits, benign }) => {
  it.each(hits)('finds %s', (text) => expect(marked(text.replaceAll(/[<>]/g, ''), typeOf(type))).toBe(text));
  it.each(benign)('leaves %s', (text) => expect(marked(text, typeOf(type))).toBe(text));
});

describe('a type', () => {
  it('inside a word is found where that is asked', () =>
    expect(marked('xEMP-204417y', typeOf({ id: 'x', pattern: 'EMP-\\d{6}', wholeWords: false }))).toBe('x<EMP-204417>y'));

  it.each([
    ['病人号', '病人号12345678 来了', '病人号<12345678> 来了'],
    ['no.:', 'chart no.:12345678', 'chart no.:<12345678>'],
    ['№', '№12345678', '№<12345678>'],
    ['id', 'void 12345678', 'void 12345678'],
  ])('stands beside %s of its context with or without a blank', (word, text, seen) =>
    expect(marked(text, typeOf({ id: 'x', pattern: '\\d{8}', context: { words: [word], within: 20 } }))).toBe(seen),
  );

  it.each([
    ['😀{2}', 'a😀😀b', 'a<😀😀>b'],
    ['\\ud83d\\ude00{2}', 'a😀😀b', 'a<😀😀>b'],
    ['[^a]{1,2}', 'a😀😀', 'a<😀><😀>'],
    ['.', '😀', '😀'],
  ])('never ends inside a character: %s', (pattern, text, seen) =>
    expect(marked(text, typeOf({ id: 'x', pattern, wholeWords: false }))).toBe(seen),
  );

  it.each<[string, Partial<CustomType>, string]>([
    ['EMP-\\d{6}', { check: 'luhn' }, 'its check is for digits'],
    ['[A-W]{2}\\d{6}', { check: 'mod11' }, 'digits and X'],
    ['\\d', { check: 'mod97' }, 'at least two'],
    ['\\d{8}', { check: { weights: [1, 2, 3], modulo: 10, remainder: 0 } }, '3 weights'],
    ['\\d{3}', { check: { weights: [1, 2, 3], modulo: 10, remainder: 10 } }, 'never leaves 10'],
    ['\\d{3}', { context: { words: ['patient'], within: 6 } }, 'longer than `within`'],
  ])('that nothing can be is refused: %s %j', (pattern, rest, reason) =>
    expect(() => customDetector({ ...PLAIN, id: 'x', type: 'X', pattern, ...rest })).toThrow(reason),
  );

  it.each<[string, Partial<CustomType>]>([
    ['(?:EMP-)?\\d{6}', { check: 'luhn' }],
    ['\\d{2}[ -]?\\d|\\w{1,4}', { check: { weights: [1, 2, 3], modulo: 10, remainder: 0 } }],
    ['[0-9]{9}[0-9Xx]', { check: 'mod11' }],
    ['(?:[A-Z]{2}){1,9}', { check: 'mod97' }],
  ])('that something can be is taken: %s %j', (pattern, rest) =>
    expect(customDetector({ ...PLAIN, id: 'x', type: 'X', pattern, ...rest }).id).toBe('custom.x'),
  );

  it('takes the longest that has its check digit', () =>
    expect(marked('card 4111 1111 1111 1111 9 ', typeOf({ id: 'x', pattern: '\\d(?: ?\\d){11,18}', check: 'luhn' }))).toBe(
      'card <4111 1111 1111 1111> 9 ',
    ));

  it.each([
    ['luhn', '4111111111111111'], ['verhoeff', '2363'], ['ean', '4006381333931'], ['mod11', '0-306-40615-2'], ['mod11', '080442957X'],
    ['mod11-2', '0000-0002-1825-0097'], ['mod11-10', '07945'], ['mod97', '3214282912345698765432161182'], ['mod37-2', 'G123498654321H'],
  ] as const)('is checked by %s: %s', (check, number) => {
    expect(isChecked(number, check)).toBe(true);
    const last = number.at(-1) === '1' ? '2' : '1';
    expect(isChecked(number.slice(0, -1) + last, check)).toBe(false);
  }); // prettier-ignore

  it('is never checked on nothing', () => {
    for (const check of Object.keys(CHECKS)) expect(isChecked(' - ', check as keyof typeof CHECKS)).toBe(false);
  });
});

describe('a stream', () => {
  const followers = samples.map(({ type }) => customDetector(typeOf(type)));
  const options = { ...OUTPUT, followers };
  const pieces = [
    ...samples.flatMap(({ hits, benign }) => [...hits, ...benign].map((text) => text.replaceAll(/[<>]/g, ''))),
    ' ', 'EMP-', '1', 'patient ', '12345672', 'project ', 'blue', '4111 1111 1111 1111', 'x'.repeat(120), 'İ',
  ]; // prettier-ignore

  it('releases the redaction of the whole, however it is cut, and holds no more than it may', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 8 }), fc.array(fc.nat(), { maxLength: 14 }), (parts, places) => {
        const text = parts.join('');
        const cuts = places.map((place) => place % (text.length + 1));
        for (const scanner of [alone, among]) {
          const whole = redactWhole(scanner, text, options);
          const streamed = redactStream(scanner, cutAt(text, cuts), options);
          expect(streamed.text).toBe(whole.text);
          expect(streamed.findings).toEqual(whole.findings);
          expect(redactStream(scanner, [...text], options).heldMax).toBeLessThanOrEqual(HOLD_UNITS_MAX);
        }
      }),
      { numRuns: 80 },
    );
  });
});

describe('many types together', () => {
  const hostile = (count: number) =>
    Array.from({ length: count }, (_, nth) =>
      customDetector({ ...PLAIN, id: `t${nth}`, type: `T${nth}`, wholeWords: false, pattern: `[a-z]{100}[${nth % 10}]` }),
    );
  const looked = (count: number, text: string) => alone.inspect(text, { ...OUTPUT, followers: hostile(count) });

  it('are read to the end of a text that all of them nearly fit, as long as they are few', () => {
    expect(looked(5, 'a'.repeat(16_000))).toMatchObject({ state: 'looked', findings: [] });
    expect(looked(5, `${'a'.repeat(8_000)}3`).findings).toHaveLength(1);
  });

  it('say that they did not look to the end of a text for which they would take too long', () => {
    expect(looked(200, 'a'.repeat(16_000))).toMatchObject({ state: 'failed', code: 'out_of_budget' });
  });

  it('take what is theirs of every text: one that cost too much costs the next nothing', () => {
    const followers = hostile(200);
    expect(alone.inspect('a'.repeat(16_000), { ...OUTPUT, followers }).state).toBe('failed');
    expect(alone.inspect('A letter of 12 lines about 34 other things. '.repeat(300), { ...OUTPUT, followers }).state).toBe('looked');
  });

  it('tell nobody of a bug for it', () => {
    const bugs: unknown[] = [];
    const scanner = createSpanScanner([], (error) => bugs.push(error));
    scanner.inspect('a'.repeat(16_000), { ...OUTPUT, followers: hostile(200) });
    expect(bugs).toEqual([]);
  });
});
