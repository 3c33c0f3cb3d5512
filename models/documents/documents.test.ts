// The committed weights of hidden orders: what they do on the corpus, and that they are those that the training writes.
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { rowBench, type RowBench } from '../../src/app/commands/detect-row.ts';
import { loadDetectors } from '../../src/app/serve/guards.ts';
import { parseOrderWeights } from '../../src/detect/documents/order-weights.ts';
import { cascadeDigest, figuresOf, type PlaceFigures } from './corpus.ts';

const parseFile = (name: string): unknown => JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8'));
const committed = parseFile('orders.json') as { readonly injection: string };
const isOfThisCascade = committed.injection === cascadeDigest();
const HINT = isOfThisCascade
  ? 'after a change of the rules: node models/documents/evaluate.ts'
  : 'models/injection was trained since these weights were fitted: node models/documents/train.ts --data FILE --write';

let bench: RowBench;
beforeAll(async () => {
  const made = rowBench('documents', await loadDetectors());
  if (made === undefined) throw new Error('nobody judges documents');
  bench = made;
});

describe('the weights of hidden orders', () => {
  it('do on the corpus what the figures say, and hold the bounds under a later cascade', () => {
    const figures = figuresOf(bench);
    if (isOfThisCascade) expect(figures, HINT).toEqual(parseFile('figures.json'));
    const of = (list: string, figure: keyof PlaceFigures): number => {
      const values = Object.entries(figures[list] ?? {}).filter(([place]) => place !== 'plain sight');
      return values.reduce((sum, [, one]) => sum + one[figure], 0) / values.length;
    };
    expect(of('unseen', 'recall'), HINT).toBeGreaterThanOrEqual(0.65);
    expect(of('unseen', 'falseAlarms'), HINT).toBeLessThanOrEqual(0.03);
    expect(of('fitted', 'recall'), HINT).toBeGreaterThanOrEqual(0.7);
    expect(of('fitted', 'falseAlarms'), HINT).toBeLessThanOrEqual(0.2);
  });

  it.each([
    [{}],
    [null],
    [{ format: 'sallyport-orders', weights: {}, biases: {} }],
    [{ ...committed, biases: { hidden: 1 } }],
    [{ ...committed, weights: { fast: 'much' } }],
  ])('are refused when they are not whole: %j', (value) => expect(() => parseOrderWeights(value)).toThrow('orders.json'));
});
