// The network of the strong stage learns what one layer cannot, the same way each time, and means of networks are means.
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../corpus/injection/seeded-random.ts';
import { outputsOf, type VectorHead } from '../../../src/lens/models/vector-head.ts';
import { learn, merged, type Lesson } from './network.ts';

const CORNERS = [
  [-1, -1, 0],
  [-1, 1, 1],
  [1, -1, 1],
  [1, 1, 0],
] as const;
const lessons = Array.from({ length: 800 }, (_, at): Lesson => {
  const [one, other, label] = CORNERS[at % 4] ?? CORNERS[0];
  return { input: Float32Array.from([one, other, 0]), targets: [label, undefined], weight: 1 };
});
const options = { hidden: 12, epochs: 40, dropout: 0.1, decay: 0, rate: 0.02 };
const headOf = (weights: Float32Array, hidden: number): VectorHead => ({
  manifest: { format: 'sallyport-strong', digest: '', vector: 2, hidden, calibration: { slope: 1, offset: 0 } },
  weights,
});
const one = learn(lessons, { ...options, random: seededRandom(1) });
const other = learn(lessons, { ...options, random: seededRandom(2) });

describe('the network', () => {
  test('learns either, but not both', () => {
    for (const [left, right, label] of CORNERS)
      expect((outputsOf(headOf(one, 12), Float32Array.from([left, right, 0]))[0] ?? 0) > 0).toBe(label === 1);
  });
  test('is the same for the same seed', () => {
    expect(learn(lessons, { ...options, random: seededRandom(1) })).toEqual(one);
    expect(other).not.toEqual(one);
  });
  test('merged with another says the mean of both', () => {
    const both = merged([one, other], { size: 3, hidden: 12 });
    for (const [left, right] of CORNERS) {
      const input = Float32Array.from([left, right, 1]);
      const [first = 0] = outputsOf(headOf(one, 12), input);
      const [second = 0] = outputsOf(headOf(other, 12), input);
      expect(outputsOf(headOf(both, 24), input)[0]).toBeCloseTo((first + second) / 2, 3);
    }
  });
});
