// Logistic regression with few weights, each held to the side where sense puts it, and drawn towards nothing.
import { oddsOf, PLACES, SIGNS, type OrderWeights, type Place, type Sign } from '../../src/detect/documents/order-weights.ts';
import type { DocumentRow, Suspected } from './rows.ts';

interface Example extends Suspected {
  readonly label: 0 | 1;
  readonly weight: number;
}

/** What sounds harmless speaks against an order, everything else for one. */
const SIDE: Readonly<Record<Sign, 1 | -1>> = { fast: 1, rules: 1, address: 1, direct: 1, answer: 1, order: 1, harmless: -1 };
const ROUNDS = 4;
const STEPS = 4_000;
const RATE = 0.5;
/**
 * Few innocents say where they stand, so hidden places are told apart less than signs. Sentences in plain sight are asked only where they are
 * worded for a model, which tells nothing there and much where a text is hidden.
 */
const PULLS: Readonly<Record<Place, number>> = { hidden: 3, aside: 3, open: 3, seen: 3, sight: 0 };
/** What the other judges flag is no news: it teaches, but less. */
const FLAGGED_SHARE = 0.3;
const START: OrderWeights = {
  weights: { fast: 1, rules: 1, address: 1, direct: 1, answer: 0, order: 0, harmless: -1 },
  biases: { hidden: 0, aside: 0, open: 0, seen: 0, sight: 0 },
};

/** The text of a document that stands out most; undefined where there is none. */
function strongest(weights: OrderWeights, suspects: readonly Suspected[]): Suspected | undefined {
  let best: Suspected | undefined;
  for (const one of suspects) if (best === undefined || oddsOf(weights, one) > oddsOf(weights, best)) best = one;
  return best;
}

/** Nobody says which text of a document gives the orders: the one that stands out most is taken for it, and with new weights asked again. */
export function fitted(rows: readonly DocumentRow[], l2: number): OrderWeights {
  let weights = START;
  for (let round = 0; round < ROUNDS; round += 1) {
    const examples = rows.flatMap(({ label, weight, suspects, isFlagged }): readonly Example[] => {
      const one = strongest(weights, suspects);
      return one === undefined ? [] : [{ ...one, label, weight: isFlagged ? FLAGGED_SHARE * weight : weight }];
    });
    weights = regressed(merged(examples), l2);
  }
  return weights;
}

/** Texts that stand in many documents are judged once, with the weight of all. */
function merged(examples: readonly Example[]): readonly Example[] {
  const groups = Map.groupBy(examples, (one) => JSON.stringify([one.label, one.place, one.signs]));
  return [...groups.values()].flatMap((group) =>
    group.slice(0, 1).map((one) => ({ ...one, weight: group.reduce((sum, { weight }) => sum + weight, 0) })),
  );
}

const WIDTH = SIGNS.length + PLACES.length + 1;

/** Half of the weight to either label; plain gradient steps, so that the same rows give the same weights. The last column is common to all places. */
function regressed(examples: readonly Example[], l2: number): OrderWeights {
  const spreads = SIGNS.map((sign) => spread(examples.map(({ signs }) => signs[sign])));
  const columns = new Float64Array(examples.length * WIDTH);
  for (const [row, { place, signs }] of examples.entries()) {
    SIGNS.forEach((sign, column) => (columns[row * WIDTH + column] = signs[sign] / (spreads[column] ?? 1)));
    columns[row * WIDTH + SIGNS.length + PLACES.indexOf(place)] = 1;
    columns[row * WIDTH + WIDTH - 1] = 1;
  }
  const pulls = [...SIGNS.map(() => 1), ...PLACES.map((place) => PULLS[place])];
  const shares = sharesOf(examples);
  const found = new Float64Array(WIDTH);
  for (let step = 0; step < STEPS; step += 1) {
    const slopes = found.map((value, column) => l2 * (pulls[column] ?? 0) * value);
    for (const [row, { label }] of examples.entries()) {
      let odds = 0;
      for (let column = 0; column < WIDTH; column += 1) odds += (found[column] ?? 0) * (columns[row * WIDTH + column] ?? 0);
      const error = (1 / (1 + Math.exp(-odds)) - label) * (shares[row] ?? 0);
      for (let column = 0; column < WIDTH; column += 1)
        slopes[column] = (slopes[column] ?? 0) + error * (columns[row * WIDTH + column] ?? 0);
    }
    for (let column = 0; column < WIDTH; column += 1) found[column] = (found[column] ?? 0) - RATE * (slopes[column] ?? 0);
    SIGNS.forEach((sign, column) => (found[column] = SIDE[sign] * Math.max(0, SIDE[sign] * (found[column] ?? 0))));
  }
  const common = found[WIDTH - 1] ?? 0;
  return {
    weights: Object.fromEntries(SIGNS.map((sign, column) => [sign, (found[column] ?? 0) / (spreads[column] ?? 1)])) as Record<Sign, number>,
    biases: Object.fromEntries(PLACES.map((place, index) => [place, common + (found[SIGNS.length + index] ?? 0)])) as Record<Place, number>,
  };
}

function sharesOf(examples: readonly Example[]): Float64Array {
  const sums = [0, 0];
  for (const { label, weight } of examples) sums[label] = (sums[label] ?? 0) + weight;
  return Float64Array.from(examples, ({ label, weight }) => weight / 2 / (sums[label] ?? 1));
}

const SPREAD_MIN = 0.1;
function spread(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return Math.max(SPREAD_MIN, Math.sqrt(variance));
}
