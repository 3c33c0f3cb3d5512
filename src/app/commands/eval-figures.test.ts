// The figures against cases that can be counted by hand, and against laws that hold for any scores.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { areaUnderCurve, areaWithInterval, curveOf, recallAt, shareOf, thresholdAt, type Scored } from './eval-figures.ts';

const rows = (attacks: readonly number[], innocents: readonly number[]): Scored[] => [
  ...attacks.map((score): Scored => ({ label: 1, score })),
  ...innocents.map((score): Scored => ({ label: 0, score })),
];

describe('the area under the curve', () => {
  test.each([
    ['all right', [0.9, 0.8], [0.1, 0.2], 1],
    ['all wrong', [0.1], [0.9], 0],
    ['all the same', [0.5, 0.5], [0.5], 0.5],
    ['three of four pairs right', [0.9, 0.4], [0.5, 0.1], 0.75],
  ])('of %s', (_, attacks, innocents, area) => expect(areaUnderCurve(rows(attacks, innocents))).toBe(area));
  test('is the share of pairs in order', () => {
    const scores = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(scores, scores, (attacks, innocents) => {
        const pairs = attacks.flatMap((attack) => innocents.map((innocent) => (attack > innocent ? 1 : attack === innocent ? 0.5 : 0)));
        expect(areaUnderCurve(rows(attacks, innocents))).toBeCloseTo(pairs.reduce<number>((sum, one) => sum + one, 0) / pairs.length);
      }),
    );
  });
  test('lies inside its interval', () => {
    const { value, low, high } = areaWithInterval(rows([0.9, 0.8, 0.3], [0.1, 0.4, 0.2]));
    expect(low).toBeLessThan(value);
    expect(high).toBeGreaterThan(value);
  });
});

describe('a threshold', () => {
  test('never flags more innocents than the budget', () => {
    const scores = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(scores, fc.double({ min: 0, max: 0.99, noNaN: true }), (innocents, budget) => {
        const threshold = thresholdAt(rows([], innocents), budget);
        expect(innocents.filter((score) => score > threshold).length / innocents.length).toBeLessThanOrEqual(budget);
      }),
    );
  });
  test('gives the recall above it', () => expect(recallAt(rows([0.9, 0.2], [0.5, 0.1]), 0).value).toBe(0.5));
});

describe('an interval', () => {
  test('of no hits does not end at nothing', () => expect(shareOf(0, 100).high).toBeGreaterThan(0.03));
  test('of no rows says nothing', () => expect(shareOf(0, 0)).toMatchObject({ low: 0, high: 1 }));
});

test('a curve only climbs', () => {
  const curve = curveOf(rows([0.9, 0.7, 0.4], [0.8, 0.2, 0.1]), 100);
  for (const [index, point] of curve.entries()) {
    expect(point.recall).toBeGreaterThanOrEqual(curve[index - 1]?.recall ?? 0);
    expect(point.falseAlarms).toBeGreaterThanOrEqual(curve[index - 1]?.falseAlarms ?? 0);
  }
  expect(curve.at(-1)).toMatchObject({ recall: 1, falseAlarms: 1 });
});
