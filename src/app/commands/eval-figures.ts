// Figures of a score over labelled rows: area under the curve, recall at a rate of false alarms, thresholds, and how far each
// of them could be off by chance.
export interface Scored {
  readonly label: 0 | 1;
  readonly score: number;
}

/** A share with the ends of its 95 % interval. */
export interface Share {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly of: number;
}

const Z = 1.96;

/** Wilson's interval (1927): holds for shares near 0 and 1 and for few rows. */
export function shareOf(hits: number, of: number): Share {
  if (of === 0) return { value: 0, low: 0, high: 1, of };
  const value = hits / of;
  const middle = (value + (Z * Z) / (2 * of)) / (1 + (Z * Z) / of);
  const reach = (Z * Math.sqrt((value * (1 - value)) / of + (Z * Z) / (4 * of * of))) / (1 + (Z * Z) / of);
  return { value, low: Math.max(0, middle - reach), high: Math.min(1, middle + reach), of };
}

/** Chance that an attack scores higher than an innocent text; ties count half. NaN when one kind is missing. */
export function areaUnderCurve(rows: readonly Scored[]): number {
  const sorted = rows.toSorted((one, other) => one.score - other.score);
  const attacks = rows.reduce((sum, { label }) => sum + label, 0);
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
  return (rankSum - (attacks * (attacks + 1)) / 2) / (attacks * (rows.length - attacks));
}

/** The area with the interval of Hanley and McNeil (1982). */
export function areaWithInterval(rows: readonly Scored[]): Share {
  const value = areaUnderCurve(rows);
  const attacks = rows.reduce((sum, { label }) => sum + label, 0);
  const innocents = rows.length - attacks;
  const bothAttacks = value / (2 - value) - value * value;
  const bothInnocent = (2 * value * value) / (1 + value) - value * value;
  const variance = (value * (1 - value) + (attacks - 1) * bothAttacks + (innocents - 1) * bothInnocent) / (attacks * innocents);
  const reach = Z * Math.sqrt(Math.max(0, variance));
  return { value, low: Math.max(0, value - reach), high: Math.min(1, value + reach), of: rows.length };
}

/** The score above which at most that share of the innocent rows lies; flagged is what scores higher. */
export function thresholdAt(rows: readonly Scored[], falseAlarms: number): number {
  const innocents = rows.filter(({ label }) => label === 0).map(({ score }) => score);
  innocents.sort((one, other) => other - one);
  return innocents[Math.floor(falseAlarms * innocents.length)] ?? Number.NEGATIVE_INFINITY;
}

export const countAbove = (rows: readonly Scored[], threshold: number): number => rows.filter(({ score }) => score > threshold).length;

export const attacksOf = <T extends Scored>(rows: readonly T[]): readonly T[] => rows.filter(({ label }) => label === 1);
export const innocentsOf = <T extends Scored>(rows: readonly T[]): readonly T[] => rows.filter(({ label }) => label === 0);

/** Share of the attacks that are found when at most that share of the innocent rows is flagged. */
export function recallAt(rows: readonly Scored[], falseAlarms: number): Share {
  const attacks = attacksOf(rows);
  return shareOf(countAbove(attacks, thresholdAt(rows, falseAlarms)), attacks.length);
}

export interface CurvePoint {
  readonly threshold: number;
  readonly falseAlarms: number;
  readonly recall: number;
}

/** The curve at so many thresholds, from the strictest to the mildest. */
export function curveOf(rows: readonly Scored[], points: number): CurvePoint[] {
  const attacks = attacksOf(rows);
  const innocents = innocentsOf(rows);
  const scores = [...new Set(rows.map(({ score }) => score))].sort((one, other) => other - one);
  const step = Math.max(1, Math.floor(scores.length / points));
  return scores
    .filter((_, index) => index % step === 0)
    .map((threshold) => ({
      threshold,
      falseAlarms: innocents.filter(({ score }) => score >= threshold).length / Math.max(1, innocents.length),
      recall: attacks.filter(({ score }) => score >= threshold).length / Math.max(1, attacks.length),
    }));
}
