// Values that are cut by characters which nobody sees: found like any other, in whole texts and in streams, with all that stands inside them.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { spanDetectors } from './detectors.fixture.ts';
import { cutAt, OUTPUT, redactStream, redactWhole } from './law.fixture.ts';
import { tokens } from './planted.fixture.ts';
import { createSpanScanner } from './scanner.ts';
import { drawn, RUN_UNITS_MAX, UNSEEN } from './unseen.ts';

const scanner = createSpanScanner(spanDetectors);
const planted = tokens(7);
const VALUES = [
  ...planted.map(({ before, value }) => before + value),
  'bob.smith@example.com',
  '4111 1111 1111 1111',
  'DE89 3704 0044 0532 0130 00',
  'https://user:pa55w0rd@host.com/x',
];
const HIDERS = [
  '\u200b',
  '\u200c',
  '\u200d',
  '\u2060',
  '\ufeff',
  '\u00ad',
  '\u180e',
  '\u034f',
  '\ufe0f',
  '\u2063',
  '\u202e',
  '\u{e0041}',
  '\u200b\u200d',
];

const rulesIn = (text: string): readonly (string | undefined)[] => scanner.inspect(text, OUTPUT).findings.map(({ type }) => type);
const between = (text: string, hider: string): string => [...text].join(hider);

function expectLaw(text: string, chunks: readonly string[]): void {
  const quiet = scanner.stream({ ...OUTPUT, isForFindings: true });
  const steps = [...chunks.map((chunk) => quiet.push(chunk)), quiet.end()];
  expect(steps.flatMap(({ pieces }) => pieces)).toEqual([]);
  expect(steps.flatMap(({ findings }) => findings)).toEqual(redactStream(scanner, chunks).findings);
  const whole = redactWhole(scanner, text);
  const { text: released, findings } = redactStream(scanner, chunks);
  expect({ released, findings }).toEqual({ released: whole.text, findings: whole.findings });
}

describe('a value with characters that are not drawn between all its letters', () => {
  it.each(HIDERS.map((hider) => [hider.codePointAt(0)?.toString(16) ?? '', hider] as const))(
    'U+%s: is found as without them',
    (_, hider) => {
      for (const value of VALUES) {
        const text = `Here it is: ${value}, and no more.`;
        const hidden = `Here it is: ${between(value, hider)}, and no more.`;
        expect([value, rulesIn(hidden)]).toEqual([value, rulesIn(text)]);
        // Whatever is released, nothing of the value is in it.
        expect(drawn(redactWhole(scanner, hidden).text)).toBe(redactWhole(scanner, text).text);
        expectLaw(hidden, hidden.split(''));
      }
    },
  );

  it('is found where it stands, and what stands around it stays', () => {
    const key = planted.find(({ type }) => /aws/i.test(type))?.value ?? '';
    const hidden = between(key, '\u200b');
    const text = `a\u200bb \u200d\u200d${hidden}\u2060\u2060 c`;
    const [found, ...more] = scanner.inspect(text, OUTPUT).findings;
    expect(more).toEqual([]);
    expect(text.slice(found?.start, found?.end)).toBe(hidden);
    const { text: released } = redactStream(scanner, [...text]);
    expect(released.startsWith('a\u200bb \u200d\u200d\u{1F512}')).toBe(true);
    expect(released.endsWith('\u{1F512}\u2060\u2060 c')).toBe(true);
  });

  it('is seen through up to so many in a row, and what waits is bounded', () => {
    const key = planted.find(({ type }) => /aws/i.test(type))?.value ?? '';
    const withRun = (units: number): string => `${key.slice(0, 9)}${'\u200b'.repeat(units)}${key.slice(9)} .`;
    expect(rulesIn(withRun(RUN_UNITS_MAX))).toHaveLength(1);
    expect(rulesIn(withRun(RUN_UNITS_MAX + 1))).toHaveLength(0);
    for (const units of [RUN_UNITS_MAX, RUN_UNITS_MAX + 1, 5 * RUN_UNITS_MAX]) expectLaw(withRun(units), withRun(units).split(''));
    const { heldMax } = redactStream(scanner, [...`${key.slice(0, 9)}${'\u200b'.repeat(100_000)}`]);
    expect(heldMax).toBeLessThanOrEqual(9 + RUN_UNITS_MAX);
  });
});

describe('texts in which such characters are at home', () => {
  it.each([
    ['Persian', 'می\u200cخواهم کتاب\u200cها را بخوانم، نمی\u200cدانم چرا.'],
    ['Hindi', 'क्\u200dष और क्\u200cष अलग दिखते हैं।'],
    ['families', 'We are 👩\u200d👩\u200d👧\u200d👦 and 🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f} ❤️ 1️⃣2️⃣3️⃣.'],
    ['hyphens', 'Die Donau\u00adfahrt war schön\u00ader'],
    ['nothing else', '\u200b\u200b\ufeff'],
    ['the beginning and the end', '\ufeffhello\u200b'],
  ])('%s: leave as they came, at once', (_, text) => {
    expect(rulesIn(text)).toEqual([]);
    expect(redactStream(scanner, [...text]).text).toBe(text);
    const stream = scanner.stream(OUTPUT);
    let out = '';
    for (const unit of text) for (const piece of stream.push(unit).pieces) out += piece.text;
    expect(text.length - out.length).toBeLessThanOrEqual(12);
  });
});

it('however it is cut, a stream releases what redaction of the whole gives', () => {
  const hider = fc.constantFrom(...UNSEEN.map((code) => String.fromCharCode(code)), '\u{e0041}', '', '', '', '\u200b'.repeat(70));
  const part = fc.constantFrom(...VALUES, 'the ', 'key: ', ' ', '\n', 'é', '😀', '.', '12 ', '@', 'AKIA', '\udc41', '\udb40');
  const text = fc
    .array(fc.tuple(part, hider, fc.nat(40)), { minLength: 1, maxLength: 8 })
    .map((parts) => parts.map(([value, hidden, at]) => `${value.slice(0, at)}${hidden}${value.slice(at)}`).join(''));
  fc.assert(
    fc.property(text, fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 }), fc.boolean(), (whole, cuts, isByUnit) => {
      const places = cuts.map((place) => Math.floor(place * whole.length));
      expectLaw(whole, isByUnit ? whole.split('') : cutAt(whole, places));
    }),
    { numRuns: 1_500, seed: 41 },
  );
});

it('costs no more than its length', () => {
  const time = (units: number): number => {
    const text = 'a\u200b'.repeat(units / 2);
    const startedMs = performance.now();
    redactWhole(scanner, text);
    redactStream(scanner, text.match(/[^]{1,7}/g) ?? []);
    return performance.now() - startedMs;
  };
  time(16_384);
  // The least of several, since the machine is shared: what grows with the square of its length takes 64 times as long.
  const least = (units: number): number => Math.min(...Array.from({ length: 7 }, () => time(units)));
  expect(least(131_072)).toBeLessThan(40 * least(16_384));
});
