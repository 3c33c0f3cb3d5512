// Feature squeezing (Xu, Evans, Qi 2018, arXiv:1704.01155): noise that was computed against a network does not survive coarser colours and
// smoothing, and what it made the network say changes with it. An ordinary picture looks the same after both.
import { SQUARE, type Square } from './classifier.ts';

/** Colours of so many steps each. */
const STEPS = 15;

/** The square in the ways that noise does not survive. */
export const squeezed = (square: Square): readonly Square[] => [fewerColours(square), medianOf(square)];

/** How far two answers lie apart, from 0 to 2. */
export const driftOf = (one: Float32Array, other: Float32Array): number =>
  one.reduce((sum, share, at) => sum + Math.abs(share - (other[at] ?? 0)), 0);

const fewerColours = (square: Square): Square => square.map((value) => Math.round(value * STEPS) / STEPS);

/** The middle one of nine neighbours, for each colour. */
function medianOf(square: Square): Square {
  const out = new Float32Array(square.length);
  const nine = new Float32Array(9);
  for (let y = 0; y < SQUARE; y++) {
    for (let x = 0; x < SQUARE; x++) {
      for (let channel = 0; channel < 3; channel++) {
        for (let at = 0; at < 9; at++) {
          const [fromX, fromY] = [inside(x + (at % 3) - 1), inside(y + Math.floor(at / 3) - 1)];
          nine[at] = square[(fromY * SQUARE + fromX) * 3 + channel] ?? 0;
        }
        out[(y * SQUARE + x) * 3 + channel] = nine.sort()[4] ?? 0;
      }
    }
  }
  return out;
}

const inside = (at: number): number => Math.min(SQUARE - 1, Math.max(0, at));
