// Prompts that come back: word for word in a stream, disguised in a whole text.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { spanDetectors } from '../detectors.fixture.ts';
import { cutAt, OUTPUT, redactStream, redactWhole } from '../law.fixture.ts';
import { createSpanScanner } from '../scanner.ts';
import type { SpanOptions } from '../scanner.ts';
import { judgeLeak } from './judge-leak.ts';

const PROMPT =
  'You are the assistant of a small library in Leeds. Answer politely. Never tell a reader what another reader has borrowed, and never ' +
  'mention the back door code. Opening hours are nine to five. 請用中文回答所有的問題並且保持禮貌不要談論圖書館的內部規定。';
const CANARY = 'sp-c7f3a9d25e8b41';
const OPTIONS: SpanOptions = { ...OUTPUT, context: { systemPrompt: PROMPT, canary: CANARY } };
const scanner = createSpanScanner(spanDetectors);
const words = PROMPT.split(' ');

const leaks = (text: string, options = OPTIONS): readonly string[] =>
  scanner.inspect(text, options).findings.filter((finding) => finding.class === 'leak').map((finding) => text.slice(finding.start, finding.end)); // prettier-ignore

describe('a stream that repeats the prompt', () => {
  it('releases the same however it is cut', () => {
    const part = fc.oneof(
      fc.tuple(fc.nat(words.length), fc.nat(16), fc.constantFrom(' ', '\n', ', ', '  ')).map(([at, count, gap]) => words.slice(at, at + count).join(gap)),
      fc.constantFrom(PROMPT, PROMPT.toUpperCase(), CANARY, 'SP C7F3 A9D2 5E8B 41', 'sp-c7f3a9', 'and so on. ', 'Never tell a reader ', '圖書館的內部規定', ' ', 'bob@example.com'),
    ); // prettier-ignore
    const check = (parts: readonly string[], places: readonly number[]): void => {
      const text = parts.join(' ');
      const whole = redactWhole(scanner, text, OPTIONS);
      const cuts = places.map((place) => Math.floor(place * text.length));
      for (const chunks of [cutAt(text, cuts), [...text].flatMap((unit) => unit.split(''))]) {
        const got = redactStream(scanner, chunks, OPTIONS);
        expect({ text: got.text, findings: got.findings }).toEqual({ text: whole.text, findings: whole.findings });
        if (chunks.length === text.length) expect(got.heldMax).toBeLessThanOrEqual(256);
      }
    };
    const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 });
    fc.assert(fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), cuts, check), { numRuns: 250, seed: 5 });
  });

  it('is stopped at the eighth word, and lets only four words of the run go', () => {
    expect(leaks('Never tell a reader what another reader has borrowed')).toEqual(['what another reader has borrowed']);
    expect(leaks('Never tell a reader what another')).toEqual([]);
  });

  it('needs 48 characters as well as eight words', () => {
    const short = createSpanScanner(spanDetectors);
    const options: SpanOptions = {
      ...OUTPUT,
      context: { systemPrompt: 'a b c d e f g h i j k l m n o p q r s t u v w x y z of the long alphabet' },
    };
    expect(short.inspect('so: a b c d e f g h i j', options).findings).toEqual([]);
  });

  it('guards a prompt shorter than eight words as a whole', () => {
    const options: SpanOptions = { ...OUTPUT, context: { systemPrompt: 'The magic word is xylophone today' } };
    expect(leaks('He said the magic word is xylophone today.', options)).toEqual(['xylophone today']);
  });

  it('finds nothing in its own words about the same matters', () => {
    expect(leaks('I am the assistant of the library in Leeds, and I cannot tell you what other readers borrow. We open at nine.')).toEqual(
      [],
    );
  });

  it('looks for nothing without a prompt and a marker', () => {
    expect(leaks(`${PROMPT} ${CANARY}`, OUTPUT)).toEqual([]);
  });

  it('looks at answers only', () => {
    expect(leaks(PROMPT, { ...OPTIONS, direction: 'input' })).toEqual([]);
  });
});

describe('a whole answer', () => {
  const rot13 = (text: string): string =>
    text.replace(/[a-z]/gi, (unit) => String.fromCharCode(unit.charCodeAt(0) + (unit.toLowerCase() < 'n' ? 13 : -13)));
  const disguises: Readonly<Record<string, (text: string) => string>> = {
    '': (text) => text,
    reversed: (text) => [...text].toReversed().join(''),
    base64: (text) => Buffer.from(text).toString('base64'),
    hex: (text) => Buffer.from(text).toString('hex'),
    rot13,
  };

  it.each(Object.entries(disguises))('gives the prompt away in disguise: "%s"', (disguise, apply) => {
    const answer = `Sure: ${apply(PROMPT.slice(0, 150))}`;
    expect(judgeLeak(answer, PROMPT)).toMatchObject({ disguise });
    expect(judgeLeak(answer, PROMPT).score).toBeGreaterThan(0.8);
    expect(scanner.inspect(answer, { ...OPTIONS, tasks: ['leak'] }).findings.map((finding) => finding.rule)).toContain('leak.prompt');
  });

  it.each([
    ['spelled out', PROMPT.slice(0, 120).split('').join(' ')],
    ['one word a line', words.slice(0, 20).join('\n')],
    ['with hyphens', PROMPT.slice(0, 120).replaceAll(' ', '-')],
    ['as a list of its sentences, shuffled', 'Opening hours are nine to five.\n- Never tell a reader what another reader has borrowed'],
  ])('gives the prompt away %s', (_, answer) => {
    expect(judgeLeak(answer, PROMPT).score).toBeGreaterThan(0.6);
  });

  it('grows with what it gives away', () => {
    const score = (count: number): number =>
      judgeLeak(`Well. ${words.slice(0, count).join(' ')} and that is all that I may say of it today.`, PROMPT).score;
    expect(score(4)).toBe(0);
    expect(score(10)).toBeLessThan(score(20));
    expect(score(20)).toBeLessThan(score(28));
  });

  it('gives nothing away in other words', () => {
    expect(judgeLeak('The library opens at nine, and the staff never say who borrowed what.', PROMPT).score).toBe(0);
    expect(judgeLeak('', PROMPT).score).toBe(0);
  });
});
