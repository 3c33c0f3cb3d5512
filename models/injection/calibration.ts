// Fits the logistic curve that turns evidence into a probability.
import type { Scored } from '../../src/app/commands/eval-figures.ts';

/** Platt's method (1999): the slope of the logistic curve that fits best, by gradient steps on both classes weighed alike. */
export function plattSlope(rows: readonly Scored[]): number {
  const positives = rows.filter(({ label }) => label === 1).length;
  const weightOf = (label: 0 | 1): number => (label === 1 ? 0.5 / positives : 0.5 / (rows.length - positives));
  let slope = 0.5;
  let offset = 0;
  for (let round = 0; round < 3000; round += 1) {
    let slopeBy = 0;
    let offsetBy = 0;
    for (const { label, score } of rows) {
      const error = (1 / (1 + Math.exp(-(slope * score + offset))) - label) * weightOf(label);
      slopeBy += error * score;
      offsetBy += error;
    }
    slope -= 0.2 * slopeBy;
    offset -= 0.2 * offsetBy;
  }
  return slope;
}
