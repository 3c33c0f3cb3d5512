// Adversarial patches: a piece of the picture that is far busier than the rest of it, and on which the answer of the network hangs.
// Local roughness finds the piece (Naseer et al. 2019, arXiv:1807.01216, smooth it; here it decides where to look), taking it out tells.
import { SQUARE, type Square } from './classifier.ts';

/** Sides of the cells in which roughness is measured, and of the piece in cells. */
const CELL = 14;
const CELLS = SQUARE / CELL;
const PIECE = 4;

export interface BusyPiece {
  /** How many times busier than the middle of all pieces. */
  readonly outstanding: number;
  /** The square with that piece taken out: the colour of its rim in its place. */
  readonly without: Square;
}

/** The busiest piece of the square. */
export function busiestPiece(square: Square): BusyPiece {
  const cells = roughness(square);
  let best = { x: 0, y: 0, sum: -1 };
  const sums: number[] = [];
  for (let y = 0; y + PIECE <= CELLS; y++) {
    for (let x = 0; x + PIECE <= CELLS; x++) {
      let sum = 0;
      for (let at = 0; at < PIECE * PIECE; at++) sum += cells[(y + Math.floor(at / PIECE)) * CELLS + x + (at % PIECE)] ?? 0;
      sums.push(sum);
      if (sum > best.sum) best = { x, y, sum };
    }
  }
  const middle = sums.sort((a, b) => a - b)[sums.length >> 1] ?? 0;
  return { outstanding: best.sum / Math.max(middle, 0.01 * PIECE * PIECE), without: withoutPiece(square, best) };
}

/** Mean difference of hue between neighbours, by cell. Brightness plays no part: black letters on white are busy and no attack. */
function roughness(square: Square): Float32Array {
  const cells = new Float32Array(CELLS * CELLS);
  const row = SQUARE * 3;
  for (let y = 0; y < SQUARE - 1; y++) {
    for (let x = 0; x < SQUARE - 1; x++) {
      const cell = Math.floor(y / CELL) * CELLS + Math.floor(x / CELL);
      const at = y * row + x * 3;
      const difference = hueBetween(square, at, at + 3) + hueBetween(square, at, at + row);
      cells[cell] = (cells[cell] ?? 0) + difference / (CELL * CELL * 4);
    }
  }
  return cells;
}

/** By red and by blue, both against green. */
function hueBetween(square: Square, one: number, other: number): number {
  const green = (square[one + 1] ?? 0) - (square[other + 1] ?? 0);
  return Math.abs((square[one] ?? 0) - (square[other] ?? 0) - green) + Math.abs((square[one + 2] ?? 0) - (square[other + 2] ?? 0) - green);
}

function withoutPiece(square: Square, { x, y }: { readonly x: number; readonly y: number }): Square {
  const out = square.slice();
  const [left, top, side] = [x * CELL, y * CELL, PIECE * CELL];
  const rim = [0, 0, 0];
  let count = 0;
  const each = (take: (at: number, isRim: boolean) => void): void => {
    for (let py = Math.max(0, top - 1); py < Math.min(SQUARE, top + side + 1); py++) {
      for (let px = Math.max(0, left - 1); px < Math.min(SQUARE, left + side + 1); px++)
        take((py * SQUARE + px) * 3, py < top || px < left || py >= top + side || px >= left + side);
    }
  };
  each((at, isRim) => {
    if (!isRim) return;
    count++;
    for (const channel of [0, 1, 2]) rim[channel] = (rim[channel] ?? 0) + (square[at + channel] ?? 0);
  });
  each((at, isRim) => {
    if (!isRim) for (const channel of [0, 1, 2]) out[at + channel] = (rim[channel] ?? 0) / Math.max(1, count);
  });
  return out;
}
