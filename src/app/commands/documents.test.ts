// Documents as `detect --task documents` judges them: an order is found in whatever hides it, and what pages, mails and sheets hide
// innocently is left alone. Figures that hold here stand in docs/detection-documents.md.
import { beforeAll, describe, expect, it } from 'vitest';
import { inAnAttribute, inPlainSight, SAMPLES, WAYS_OF_HIDING } from '../../../corpus/documents/placed.ts';
import { loadDetectors, type Detectors } from '../serve/guards.ts';
import { rowBench, type RowBench } from './detect-row.ts';

let bench: RowBench;
let detectors: Detectors;
beforeAll(async () => {
  detectors = await loadDetectors();
  const made = rowBench('documents', detectors);
  if (made === undefined) throw new Error('nobody judges documents');
  bench = made;
});
const isFlagged = (text: string): boolean => {
  const { score = 0, failed } = bench.judge({ id: 1, text });
  return failed !== undefined || score >= 0.5;
};

const shareOf = (texts: readonly string[]): number => texts.filter(isFlagged).length / texts.length;

/** Pages say much in comments and titles that is no order, so an order has to be plainer there. */
const LESS_HIDDEN = /comment|title/;

describe('orders that the weights never saw', () => {
  it.each(Object.entries(WAYS_OF_HIDING))(
    'are found in %s, at least thirteen of twenty or half of them, and one innocent text of twenty at most',
    (way, hide) => {
      expect(shareOf(SAMPLES.unseen.orders.map(hide))).toBeGreaterThanOrEqual(LESS_HIDDEN.test(way) ? 0.5 : 0.65);
      expect(shareOf(SAMPLES.unseen.innocent.map(hide))).toBeLessThanOrEqual(0.05);
    },
  );

  it('are found in plain sight, one of three, and no innocent one is taken for one', () => {
    expect(shareOf(SAMPLES.unseen.orders.map(inPlainSight))).toBeGreaterThanOrEqual(0.33);
    expect(shareOf(SAMPLES.unseen.innocent.map(inPlainSight))).toBe(0);
  });
});

it('orders that the weights were fitted to are found, at least three of four', () => {
  expect(shareOf(SAMPLES.fitted.orders.map(inAnAttribute))).toBeGreaterThanOrEqual(0.75);
});

describe('the learned stage by itself', () => {
  /** A cascade whose learned stage gives every text the same score. */
  const benchOf = (score: number): RowBench | undefined =>
    rowBench('documents', {
      spans: [],
      meaning: detectors.meaning
        .filter((part) => part.kind === 'learned')
        .map((part) => ({
          ...part,
          stage: () => ({ begin: () => {}, read: () => {}, reworded: () => [], conclude: () => ({ findings: [], score, stages: [] }) }),
        })),
    });
  it.each([
    [4_000, 0.75],
    [8_000, 0.875],
    [16_000, 0.9375],
  ])('has to be surer the longer a document is: of %i characters, %d', (units, least) => {
    const text = 'a '.repeat(units / 2);
    expect(benchOf(least)?.judge({ id: 1, text }).score).toBe(least);
    expect(benchOf(least - 0.001)?.judge({ id: 1, text }).score).toBeLessThan(0.5);
  });
});
