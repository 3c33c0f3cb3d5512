// Arithmetic on pixels: turning, levelling, smoothing and the squares that the network sees, without any of the optional packages.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SQUARE, squareOf } from './classifier.ts';
import { boxMean, plainGrey, standingOut, type Grey } from './grey.ts';
import { busiestPiece } from './patch.ts';
import { driftOf, squeezed } from './squeeze.ts';
import { tilted, tiltOf, turned } from './tilt.ts';

const grey = fc
  .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }))
  .chain(([width, height]) =>
    fc.uint8Array({ minLength: width * height, maxLength: width * height }).map((pixels): Grey => ({ width, height, pixels })),
  );

describe('turning', () => {
  it('comes back after four quarters, however they are cut up', () => {
    fc.assert(
      fc.property(grey, fc.integer({ min: 0, max: 3 }), (given, quarters) => {
        expect(turned(turned(given, quarters), (4 - quarters) % 4)).toEqual(given);
      }),
    );
  });

  it('turns to the right', () => {
    expect(turned({ width: 2, height: 1, pixels: Uint8Array.of(1, 2) }, 1)).toEqual({ width: 1, height: 2, pixels: Uint8Array.of(1, 2) });
    expect(turned({ width: 1, height: 2, pixels: Uint8Array.of(1, 2) }, 1)).toEqual({ width: 2, height: 1, pixels: Uint8Array.of(2, 1) });
  });
});

describe('levelling', () => {
  const lines: Grey = { width: 200, height: 200, pixels: new Uint8Array(40_000).map((_, at) => (Math.floor(at / 200) % 20 < 6 ? 0 : 255)) };

  it.each([-60, -30, -12, 6, 15, 40])('finds lines that are tilted by %i', (degrees) => {
    expect(Math.abs(tiltOf(tilted(lines, degrees)) + degrees)).toBeLessThanOrEqual(2);
  });

  it('leaves level lines and empty pictures as they are', () => {
    expect(tiltOf(lines)).toBe(0);
    expect(tiltOf({ width: 20, height: 20, pixels: new Uint8Array(400).fill(255) })).toBe(0);
  });
});

it('smooths as a plain mean does', () => {
  fc.assert(
    fc.property(grey, fc.integer({ min: 0, max: 4 }), ({ width, height, pixels }, radius) => {
      const smooth = boxMean(Float32Array.from(pixels), { width, height, radius });
      const [x, y] = [width >> 1, height >> 1];
      let [sum, count] = [0, 0];
      for (let py = Math.max(0, y - radius); py <= Math.min(height - 1, y + radius); py++)
        for (let px = Math.max(0, x - radius); px <= Math.min(width - 1, x + radius); px++, count++) sum += pixels[py * width + px] ?? 0;
      expect(smooth[y * width + x]).toBeCloseTo(sum / count, 2);
    }),
  );
});

const picture = (side: number, at: (x: number, y: number) => number) => ({
  width: side,
  height: side,
  rgb: Uint8Array.from({ length: side * side * 3 }, (_, place) => at(Math.floor(place / 3) % side, Math.floor(place / 3 / side))),
});

it('makes dark letters on light ground of faint ones on any ground', () => {
  const faint = picture(60, (x, y) => (x > 20 && x < 30 && y > 20 && y < 40 ? 123 : 120));
  for (const made of [plainGrey(faint), standingOut(faint, 12)]) {
    expect(made.pixels[30 * 60 + 25]).toBeLessThan(64);
    expect(made.pixels[5 * 60 + 5]).toBeGreaterThan(190);
  }
});

describe('squares', () => {
  it('take every pixel into account, of large and of tiny pictures', () => {
    expect(squareOf(picture(1, () => 255)).every((value) => value === 1)).toBe(true);
    const fine = squareOf(picture(SQUARE * 2, (x, y) => ((x + y) % 2 === 0 ? 255 : 0)));
    expect(fine.every((value) => Math.abs(value - 0.5) < 0.01)).toBe(true);
  });

  it('lose single specks when they are squeezed', () => {
    const specks = squareOf(picture(SQUARE, (x, y) => (x % 9 === 4 && y % 9 === 4 ? 140 : 100)));
    const [, smooth] = squeezed(specks);
    expect(new Set(smooth).size).toBe(1);
  });

  it('show the piece that is busier than the rest, and what is left without it', () => {
    const speckled = (isColoured: boolean) => {
      const plain = squareOf(picture(SQUARE, (x, y) => (x >= 140 && x < 196 && y >= 28 && y < 84 ? ((x + y) % 2) * 255 : 100)));
      return isColoured ? plain.map((value, at) => (at % 3 === 1 ? 0.4 : value)) : plain;
    };
    const { outstanding, without } = busiestPiece(speckled(true));
    expect(outstanding).toBeGreaterThan(5);
    expect(Math.max(...without) - Math.min(...without)).toBeLessThan(0.05);
    // Black and white is how letters look.
    expect(busiestPiece(speckled(false)).outstanding).toBe(0);
  });
});

it('counts how far two answers lie apart', () => {
  expect(driftOf(Float32Array.of(1, 0), Float32Array.of(0, 1))).toBe(2);
  expect(driftOf(Float32Array.of(0.5, 0.5), Float32Array.of(0.5, 0.5))).toBe(0);
});
