// Names as the gateway looks for them, sentence by sentence: what that costs in quality, what is proven keeps its name, and the law of the stream.
import { readFileSync, readdirSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCorpus } from '../../../models/names/corpus.ts';
import { f1Of, scoreOf } from '../../../models/names/score.ts';
import { spanDetectors } from '../span/detectors.fixture.ts';
import { cutAt, redactStream, redactWhole, OUTPUT } from '../span/law.fixture.ts';
import { createSpanScanner, type SpanOptions } from '../span/scanner.ts';
import { SENTENCE_UNITS_MAX } from '../text-watch.ts';
import { TYPES } from './labels.ts';
import { nameDetector } from './name-detector.ts';
import { createNameModel } from './name-model.ts';

const CORPUS = new URL('../../../corpus/names/', import.meta.url);
const model = createNameModel(readFileSync(new URL('../../../models/names/weights.bin', import.meta.url)));
const names = nameDetector(model, TYPES);
const alone = createSpanScanner([]);
const among = createSpanScanner(spanDetectors);
const options: SpanOptions = { ...OUTPUT, followers: [names] };
const find = (text: string) => redactWhole(alone, text, options).findings.map(({ type, start, end }) => ({ type: type ?? '', start, end }));
const shown = (text: string, types: readonly string[] = TYPES): readonly string[] =>
  redactWhole(among, text, { ...OUTPUT, followers: [nameDetector(model, types)] }).findings.map(
    ({ type, start, end }) => `${type}:${text.slice(start, end)}`,
  );

describe('names, sentence by sentence', () => {
  it.each(readdirSync(CORPUS).sort())('are found as well as in whole texts in %s', (name) => {
    const rows = readCorpus(readFileSync(new URL(name, CORPUS), 'utf8'));
    const whole = scoreOf(
      rows,
      (text) => model.judge(text, 'user').map(({ type, start, end }) => ({ type: type ?? '', start, end })),
      TYPES,
    );
    const cut = scoreOf(rows, find, TYPES);
    const overlap = (scores: typeof whole): number => f1Of(scores.get('all') ?? never()).overlap;
    expect(overlap(cut)).toBeGreaterThanOrEqual(overlap(whole) - 0.05);
    expect(overlap(cut)).toBeGreaterThanOrEqual(name === 'en.txt' ? 0.8 : 0.65);
  });

  it.each([
    [
      'Dr. Ottavio Brandl lives in Bremen. J. R. Holloway called on Monday.',
      ['PERSON:Ottavio Brandl', 'LOCATION:Bremen', 'PERSON:R. Holloway'],
    ],
    ['Write to Ottavio Brandl at o.brandl@example.org.', ['PERSON:Ottavio Brandl', 'EMAIL_ADDRESS:.brandl@example.org']],
  ])('%s', (text, found) => expect(shown(text, ['PERSON', 'LOCATION'])).toEqual(found));

  it('are only those that are asked for', () => {
    expect(shown('Ottavio Brandl lives in Bremen.', ['LOCATION'])).toEqual(['LOCATION:Bremen']);
  });

  it('leave what is proven its name, though the guess is longer', () => {
    // The model takes the whole for an address; the card in it is proven.
    const everything = nameDetector({ task: 'pii', judge: (text) => [guess(text.length)] }, ['ADDRESS']);
    const text = 'Pay with 4111 1111 1111 1111 or write to ada@example.org today.';
    const { findings } = redactWhole(among, text, { ...OUTPUT, followers: [everything] });
    expect(findings.map(({ type, start, end }) => [type, text.slice(start, end)])).toEqual([
      ['ADDRESS', 'Pay with '],
      ['CREDIT_CARD', '4111 1111 1111 1111'],
      ['ADDRESS', ' or write to a'],
      ['EMAIL_ADDRESS', 'da@example.org'],
      ['ADDRESS', ' today.'],
    ]);
  });
});

const guess = (end: number) =>
  ({ rule: 'x', class: 'personal-data', type: 'ADDRESS', severity: 'critical', score: 1, start: 0, end, reason: '', taxonomy: 'sensitive-output' }) as const; // prettier-ignore

const never = (): never => {
  throw new Error('nothing was counted');
};

const WORDS = ['Ottavio Brandl', 'Bremen', 'Dr. ', 'ada@example.org', '4111 1111 1111 1111', '. ', '\n', 'and then ', 'x'.repeat(300), '! ', '。', '14 Larch Avenue, Leeds', '+1 202 555 0143', ' ', '😀']; // prettier-ignore
const texts = fc.array(fc.oneof(fc.constantFrom(...WORDS), fc.string({ maxLength: 12 })), { maxLength: 25 }).map((parts) => parts.join(''));

describe('a stream', () => {
  it('releases the redaction of the whole, however it is cut', () => {
    fc.assert(
      fc.property(texts, fc.array(fc.nat(), { maxLength: 12 }), (text, places) => {
        const cuts = places.map((place) => place % (text.length + 1));
        const whole = redactWhole(among, text, options);
        const streamed = redactStream(among, cutAt(text, cuts), options);
        expect(streamed.text).toBe(whole.text);
        expect(streamed.findings).toEqual(whole.findings);
      }),
      { numRuns: 300 },
    );
  });

  it('holds a sentence at most', () => {
    const prose = 'the rain went on and on without any end to it while nobody said a word about that '.repeat(20);
    expect(redactStream(alone, [...prose], options).heldMax).toBeLessThanOrEqual(SENTENCE_UNITS_MAX);
  });
});
