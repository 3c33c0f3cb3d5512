// Grey pictures for the reader of letters: as bright as they are, or by how much each pixel stands out from its neighbourhood.
import type { Picture } from './make-anew.ts';

export interface Grey {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

/** Rec. 601 luma, stretched so that the darkest thousandth is black and the brightest white; dark ground is turned to light. */
export function plainGrey({ width, height, rgb }: Picture): Grey {
  const pixels = new Uint8Array(width * height);
  for (let at = 0, from = 0; at < pixels.length; at++, from += 3)
    pixels[at] = Math.round(0.299 * (rgb[from] ?? 0) + 0.587 * (rgb[from + 1] ?? 0) + 0.114 * (rgb[from + 2] ?? 0));
  const stretched = stretch(pixels, 0.001);
  return { width, height, pixels: mean(stretched) < 110 ? stretched.map((value) => 255 - value) : stretched };
}

/**
 * What differs from its surroundings in any colour is dark, the rest is light. Shows letters of nearly the colour of their ground, and
 * letters of another colour that are equally bright.
 */
export function standingOut({ width, height, rgb }: Picture, radius: number): Grey {
  const out = new Uint8Array(width * height);
  for (const channel of [0, 1, 2]) {
    const one = new Float32Array(out.length);
    for (let at = 0; at < one.length; at++) one[at] = rgb[at * 3 + channel] ?? 0;
    const around = boxMean(one, { width, height, radius });
    for (let at = 0; at < out.length; at++) {
      const difference = Math.abs((one[at] ?? 0) - (around[at] ?? 0));
      if (difference > (out[at] ?? 0)) out[at] = Math.min(255, Math.round(difference * 4));
    }
  }
  return { width, height, pixels: stretch(out, 0.01).map((value) => 255 - value) };
}

export interface BoxOptions {
  readonly width: number;
  readonly height: number;
  readonly radius: number;
}

/** Mean over a square window around each pixel; time does not depend on the radius. */
export function boxMean(values: Float32Array, { width, height, radius }: BoxOptions): Float32Array {
  const rows = slide(values, { lines: height, length: width, step: 1, jump: width, radius });
  return slide(rows, { lines: width, length: height, step: width, jump: 1, radius });
}

interface Slide {
  readonly lines: number;
  readonly length: number;
  readonly step: number;
  readonly jump: number;
  readonly radius: number;
}

function slide(values: Float32Array, { lines, length, step, jump, radius }: Slide): Float32Array {
  const out = new Float32Array(values.length);
  for (let line = 0; line < lines; line++) {
    const base = line * jump;
    let sum = 0;
    let count = 0;
    for (let at = 0; at < Math.min(radius, length); at++, count++) sum += values[base + at * step] ?? 0;
    for (let at = 0; at < length; at++) {
      if (at + radius < length) {
        sum += values[base + (at + radius) * step] ?? 0;
        count++;
      }
      if (at - radius - 1 >= 0) {
        sum -= values[base + (at - radius - 1) * step] ?? 0;
        count--;
      }
      out[base + at * step] = sum / count;
    }
  }
  return out;
}

/** Stretches to 0…255, leaving out a share of pixels at each end. */
function stretch(pixels: Uint8Array, share: number): Uint8Array {
  const counts = new Uint32Array(256);
  for (const value of pixels) counts[value] = (counts[value] ?? 0) + 1;
  const out = Math.max(1, Math.floor(pixels.length * share));
  const low = edge(counts, out, 1);
  const high = edge(counts, out, -1);
  if (high <= low) return pixels.slice();
  const scale = 255 / (high - low);
  return pixels.map((value) => Math.min(255, Math.max(0, Math.round((value - low) * scale))));
}

function edge(counts: Uint32Array, share: number, step: 1 | -1): number {
  let passed = 0;
  for (let value = step === 1 ? 0 : 255; value >= 0 && value <= 255; value += step) {
    passed += counts[value] ?? 0;
    if (passed >= share) return value;
  }
  return step === 1 ? 255 : 0;
}

const mean = (pixels: Uint8Array): number => pixels.reduce((sum, value) => sum + value, 0) / Math.max(1, pixels.length);
