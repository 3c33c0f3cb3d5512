// Figures of a score: area under the curve, recall at a rate of false alarms, thresholds, and a logistic calibration.
export interface Scored {
  readonly label: 0 | 1;
  readonly score: number;
}

export function areaUnderCurve(rows: readonly Scored[]): number {
  const sorted = rows.toSorted((one, other) => one.score - other.score);
  const positives = rows.reduce((sum, { label }) => sum + label, 0);
  let rankSum = 0;
  for (let from = 0; from < sorted.length;) {
    let to = from;
    let hits = 0;
    while (to < sorted.length && sorted[to]?.score === sorted[from]?.score) {
      hits += sorted[to]?.label ?? 0;
      to += 1;
    }
    rankSum += (hits * (from + 1 + to)) / 2;
    from = to;
  }
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * (rows.length - positives));
}

/** Lowest threshold at which at most that share of innocents is flagged (`score > threshold`). */
export function thresholdAt(rows: readonly Scored[], falseAlarms: number): number {
  const innocents = rows.filter(({ label }) => label === 0).map(({ score }) => score);
  innocents.sort((one, other) => other - one);
  return innocents[Math.floor(falseAlarms * innocents.length)] ?? Number.NEGATIVE_INFINITY;
}

export function shareAbove(rows: readonly Scored[], threshold: number): number {
  return rows.filter(({ score }) => score > threshold).length / Math.max(1, rows.length);
}

export const recallAt = (rows: readonly Scored[], falseAlarms: number): number =>
  shareAbove(
    rows.filter(({ label }) => label === 1),
    thresholdAt(rows, falseAlarms),
  );

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
