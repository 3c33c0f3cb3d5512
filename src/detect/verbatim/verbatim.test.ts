// Word-for-word overlap: what is found wherever and however it stands, what is not, and the law of the stream.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readFileSync } from 'node:fs';
import { cutAt } from '../span/law.fixture.ts';
import { addTo, BLOCK_BYTES, blockOf, blocksFor, isIn } from './bloom.ts';
import { CORPUS_FORMAT, HEAD_BYTES, headBytes, parseHead, type CorpusHead } from './corpus-file.ts';
import { Fingerprints, GRAM_UNITS, mixed, WINDOW_GRAMS, type Fingerprint } from './fingerprints.ts';
import { STRETCH_UNITS, VERBATIM_HOLD_UNITS, VerbatimWatch, type VerbatimIndex } from './verbatim-watch.ts';

const HANDBOOK = readFileSync(new URL('../../../corpus/overlap/handbook.txt', import.meta.url), 'utf8');
const OTHER = readFileSync(new URL('../../../corpus/overlap/other.txt', import.meta.url), 'utf8');

function fingerprintsOf(text: string): readonly Fingerprint[] {
  const reader = new Fingerprints();
  return Array.from({ length: text.length }, (_, at) => reader.push(text.charCodeAt(at), at)).filter((found) => found !== undefined);
}

function indexOf(name: string, text: string): VerbatimIndex {
  const prints = fingerprintsOf(text);
  const blocks = blocksFor(prints.length);
  const bytes = new Uint8Array(blocks * BLOCK_BYTES);
  const block = (number: number): Uint8Array => bytes.subarray(number * BLOCK_BYTES, (number + 1) * BLOCK_BYTES);
  for (const { one, two } of prints) addTo(block(blockOf(two, blocks)), one, two);
  return { name, blocks, block };
}

const handbook = indexOf('handbook', HANDBOOK);
const found = (text: string, indexes: readonly VerbatimIndex[] = [handbook]) => new VerbatimWatch(indexes).read(text, true);
const PASSAGE = HANDBOOK.slice(400, 700);
const ASIDE = 'I looked into the papers that we have on this question, and this is what I can tell you about it: ';

describe('a passage', () => {
  it.each([
    ['as it stands', PASSAGE],
    ['in capitals', PASSAGE.toUpperCase()],
    ['one word a line', PASSAGE.replaceAll(/\s+/g, '\n')],
    ['without signs and blanks', PASSAGE.replaceAll(/[^A-Za-z0-9]/g, '')],
    ['with accents', PASSAGE.replaceAll('e', 'é')],
    ['with stars between the words', PASSAGE.replaceAll(/\s+/g, ' ** ')],
  ])('is found %s, with its place', (_, text) => {
    const findings = found(ASIDE + text + ASIDE);
    const covered = findings.reduce((sum, { start, end }) => sum + end - start, 0);
    expect(findings.every(({ rule, class: kind, type }) => rule === 'leak.verbatim' && kind === 'leak' && type === 'handbook')).toBe(true);
    expect(findings[0]?.start ?? 0).toBeGreaterThanOrEqual(ASIDE.length);
    expect(findings.at(-1)?.end ?? Infinity).toBeLessThanOrEqual(ASIDE.length + text.length + 2);
    expect(covered).toBeGreaterThan(text.length * 0.6);
  });

  it(`of ${STRETCH_UNITS} letters and digits is found wherever it is taken from`, () => {
    const letters = HANDBOOK.replaceAll(/[^A-Za-z0-9]/g, '');
    for (let at = 0; at + STRETCH_UNITS <= letters.length; at += 7)
      expect(found(`${ASIDE}${letters.slice(at, at + STRETCH_UNITS)} ${ASIDE}`)).not.toEqual([]);
  });

  it('that is short, told in other words, or of another text is not', () => {
    expect(found(ASIDE + HANDBOOK.slice(400, 440) + ASIDE)).toEqual([]);
    expect(found(OTHER)).toEqual([]);
    expect(found(ASIDE.repeat(20))).toEqual([]);
    expect(found('')).toEqual([]);
  });

  it('is told by its corpus', () => {
    const other = indexOf('other', OTHER);
    const types = found(`${PASSAGE}\n${ASIDE}\n${OTHER.slice(0, 400)}`, [handbook, other]).map(({ type }) => type);
    expect([...new Set(types)]).toEqual(['handbook', 'other']);
  });
});

describe('fingerprints', () => {
  it('are one in eight letters, and the same wherever a stretch stands', () => {
    const prints = fingerprintsOf(HANDBOOK);
    const letters = HANDBOOK.replaceAll(/[^A-Za-z0-9]/g, '').length;
    expect(prints.length / letters).toBeLessThan((2 / (WINDOW_GRAMS + 1)) * 1.15);
    const inside = new Set(fingerprintsOf(ASIDE + PASSAGE).map(({ one, two }) => `${one} ${two}`));
    const alone = fingerprintsOf(PASSAGE).map(({ one, two }) => `${one} ${two}`);
    expect(alone.length).toBeGreaterThan(20);
    expect(alone.filter((one) => !inside.has(one))).toEqual([]);
  });

  it('are at most a window apart, so that nothing long slips through', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', 'b', 'c', ' ', '.'), minLength: 200, maxLength: 600 }), (text) => {
        const letters = text.replaceAll(/[ .]/g, '');
        let last = -1;
        for (const { start } of fingerprintsOf(letters)) {
          expect(start - last).toBeLessThanOrEqual(WINDOW_GRAMS);
          last = start;
        }
        if (letters.length >= GRAM_UNITS + WINDOW_GRAMS - 1) expect(letters.length - GRAM_UNITS - last).toBeLessThanOrEqual(WINDOW_GRAMS);
      }),
    );
  });
});

describe('a filter', () => {
  it('knows all of its own, and one in three hundred others at most', () => {
    const blocks = blocksFor(20_000);
    const bytes = new Uint8Array(blocks * BLOCK_BYTES);
    const at = (two: number): Uint8Array => bytes.subarray(blockOf(two, blocks) * BLOCK_BYTES).subarray(0, BLOCK_BYTES);
    const pair = (seed: number): readonly [number, number] => [mixed(seed) >>> 3, mixed(seed ^ 0x55555555)];
    for (let seed = 0; seed < 20_000; seed += 1) addTo(at(pair(seed)[1]), ...pair(seed));
    let chance = 0;
    for (let seed = 0; seed < 20_000; seed += 1) {
      expect(isIn(at(pair(seed)[1]), ...pair(seed))).toBe(true);
      if (isIn(at(pair(seed + 1e6)[1]), ...pair(seed + 1e6))) chance += 1;
    }
    expect(chance / 20_000).toBeLessThan(1 / 300);
  });
});

describe('a head', () => {
  const head: CorpusHead = { format: CORPUS_FORMAT, name: 'a', madeAtMs: 1, files: 1, bytes: 1, fingerprints: 1, blocks: 2, gramUnits: GRAM_UNITS, windowGrams: WINDOW_GRAMS, sha256: '' }; // prettier-ignore
  it('is read again, and refused when the file is cut, longer or of another kind', () => {
    const bytes = headBytes(head);
    const size = HEAD_BYTES + 2 * BLOCK_BYTES;
    expect(parseHead(bytes, size)).toEqual(head);
    expect(parseHead(bytes, size - 1)).toBeUndefined();
    expect(parseHead(headBytes({ ...head, windowGrams: 9 }), size)).toBeUndefined();
    expect(parseHead(headBytes({ ...head, format: 'other' }), size)).toBeUndefined();
    expect(parseHead(new Uint8Array(10), size)).toBeUndefined();
  });
});

describe('a stream', () => {
  const pieces = [PASSAGE, HANDBOOK.slice(0, 130), HANDBOOK.slice(900, 1_000), ASIDE, ' '.repeat(300), 'word ', '. ', OTHER.slice(0, 200), HANDBOOK.slice(50, 1_500)]; // prettier-ignore
  const texts = fc.array(fc.constantFrom(...pieces), { maxLength: 8 }).map((parts) => parts.join(''));

  it('is judged alike however it is cut, to its end, and holds no more than it may', () => {
    fc.assert(
      fc.property(texts, fc.array(fc.nat(), { maxLength: 12 }), (text, places) => {
        const parts = cutAt(text, places.map((place) => place % (text.length + 1))); // prettier-ignore
        const watch = new VerbatimWatch([handbook]);
        let units = 0;
        let before = 0;
        const findings = parts.flatMap((part) => {
          const some = watch.read(part, false);
          units += part.length;
          for (const { start, end } of some) {
            expect(start).toBeGreaterThanOrEqual(before);
            expect(end).toBeLessThanOrEqual(units);
          }
          before = watch.clearTo;
          expect(units - watch.clearTo).toBeLessThanOrEqual(VERBATIM_HOLD_UNITS);
          return some;
        });
        expect([...findings, ...watch.read('', true)]).toEqual(found(text));
        expect(watch.clearTo).toBe(text.length);
      }),
      { numRuns: 150 },
    );
  });
});
