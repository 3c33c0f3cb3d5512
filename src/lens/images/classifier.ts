// A small network that says what a picture looks like, and the squares that it is shown. The network itself is handed in.
import type { Picture } from './make-anew.ts';

/** In the order of the network's answers (NSFWJS, MobileNet v2). */
export const LOOKS = ['drawing', 'hentai', 'neutral', 'porn', 'sexy'] as const;

/** Sides of the square that the network sees. */
export const SQUARE = 224;

/** Red, green and blue from 0 to 1, `SQUARE` by `SQUARE`. */
export type Square = Float32Array;

export interface Classifier {
  /** For each square one share for each of `LOOKS`; they add up to 1. */
  classify(squares: readonly Square[]): Promise<readonly Float32Array[]>;
}

/** Each pixel of the square is the mean of what it covers: nothing that stands between samples goes unseen. */
export function squareOf({ width, height, rgb }: Picture): Square {
  const out = new Float32Array(SQUARE * SQUARE * 3);
  for (let y = 0; y < SQUARE; y++) {
    const [top, bottom] = cover(y, height);
    for (let x = 0; x < SQUARE; x++) meanInto(out, (y * SQUARE + x) * 3, { rgb, width, top, bottom, across: cover(x, width) });
  }
  return out;
}

const cover = (at: number, length: number): readonly [number, number] => {
  const from = Math.floor((at * length) / SQUARE);
  return [from, Math.max(from + 1, Math.floor(((at + 1) * length) / SQUARE))];
};

interface Covered {
  readonly rgb: Uint8Array;
  readonly width: number;
  readonly top: number;
  readonly bottom: number;
  readonly across: readonly [number, number];
}

function meanInto(out: Float32Array, to: number, { rgb, width, top, bottom, across: [left, right] }: Covered): void {
  let [red, green, blue] = [0, 0, 0];
  for (let y = top; y < bottom; y++) {
    for (let from = (y * width + left) * 3; from < (y * width + right) * 3; from += 3) {
      red += rgb[from] ?? 0;
      green += rgb[from + 1] ?? 0;
      blue += rgb[from + 2] ?? 0;
    }
  }
  const scale = 1 / (255 * (bottom - top) * (right - left));
  out[to] = red * scale;
  out[to + 1] = green * scale;
  out[to + 2] = blue * scale;
}
