// The tagger of names with the weights that are committed: their digest, what they find in a corpus that no training saw, and their manners.
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCorpus } from '../../../models/names/corpus.ts';
import { f1Of, scoreOf } from '../../../models/names/score.ts';
import { TYPES } from './labels.ts';
import { createNameModel } from './name-model.ts';

const MODEL = new URL('../../../models/names/', import.meta.url);
const CORPUS = new URL('../../../corpus/names/', import.meta.url);
const weights = readFileSync(new URL('weights.bin', MODEL));
const figures = JSON.parse(readFileSync(new URL('figures.json', MODEL), 'utf8')) as Record<string, { exact: number; overlap: number }>;
const model = createNameModel(weights);
const find = (text: string) => model.judge(text, 'user').map(({ type, start, end }) => ({ type: type ?? '', start, end }));
const namesIn = (text: string): readonly string[] => find(text).map(({ type, start, end }) => `${type}:${text.slice(start, end)}`);

describe('the weights', () => {
  it('are those that the card speaks of', () => {
    const card = JSON.parse(readFileSync(new URL('weights.json', MODEL), 'utf8')) as { sha256: string };
    expect(createHash('sha256').update(weights).digest('hex')).toBe(card.sha256);
    expect(weights.byteLength).toBeLessThan(3_000_000);
  });

  it('are refused when they are cut or of another kind', () => {
    expect(() => createNameModel(weights.subarray(0, -1))).toThrow('damaged');
    expect(() => createNameModel(Buffer.concat([Buffer.from([1]), weights.subarray(1)]))).toThrow('damaged');
  });

  it.each(readdirSync(CORPUS).sort())('find as much as the card says in %s', (name) => {
    const scores = f1Of(scoreOf(readCorpus(readFileSync(new URL(name, CORPUS), 'utf8')), find, TYPES).get('all') ?? fail());
    expect({ exact: scores.exact.toFixed(3), overlap: scores.overlap.toFixed(3) }).toEqual({
      exact: figures[name]?.exact.toFixed(3),
      overlap: figures[name]?.overlap.toFixed(3),
    });
    expect(scores.overlap).toBeGreaterThanOrEqual(name === 'en.txt' ? 0.8 : 0.65);
  });
});

const fail = (): never => {
  throw new Error('nothing was counted');
};

describe('names', () => {
  it.each([
    ['My name is Ottavio Brandl.', ['PERSON:Ottavio Brandl']],
    ['Ich heiße Wiltrud Hagenau und wohne in Bremen.', ['PERSON:Wiltrud Hagenau', 'LOCATION:Bremen']],
    ['Send it to 14 Larch Avenue, Leeds.', ['ADDRESS:14 Larch Avenue, Leeds']],
    ['We met on 3 May 2021.', ['DATE_TIME:3 May 2021']],
    ['See https://ada.example.org/cv.', ['DOMAIN_NAME:https://ada.example.org/cv']],
    ['write to ada.berg (at) example (dot) org', ['EMAIL_ADDRESS:ada.berg (at) example (dot) org']],
    ['iban de89 3704 0044 0532 0130 00', ['IBAN_CODE:de89 3704 0044 0532 0130 00']],
  ])('are found: %s', (text, names) => expect(namesIn(text)).toEqual(names));

  it.each(['How do I reset my password?', 'The list is empty.', 'const total = items.length + 1;', '', ' \n\t'])(
    'are not seen where none are: %j',
    (text) => expect(namesIn(text)).toEqual([]),
  );

  it('lie in the text, in order, and do not overlap, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        let at = 0;
        for (const { start, end } of find(text)) {
          expect(start).toBeGreaterThanOrEqual(at);
          expect(end).toBeGreaterThan(start);
          at = end;
        }
        expect(at).toBeLessThanOrEqual(text.length);
      }),
    );
  });

  it('are found behind many thousand words, and one word of a megabyte is no trouble', () => {
    const text = `${'and then it rained again '.repeat(4000)}\nName: Ottavio Brandl`;
    expect(namesIn(text)).toContain('PERSON:Ottavio Brandl');
    expect(find('x'.repeat(1_000_000))).toEqual([]);
  });
});
