// How a text is tilted, and turning pictures. Lines of letters leave gaps between them: seen along the lines, rows are either full or empty.
import type { Grey } from './grey.ts';

/** A quarter turn to the right, `quarters` times. */
export function turned({ width, height, pixels }: Grey, quarters: number): Grey {
  if (quarters % 4 === 0) return { width, height, pixels };
  const out = new Uint8Array(pixels.length);
  const isSide = quarters % 2 === 1;
  const [outWidth, outHeight] = isSide ? [height, width] : [width, height];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [toX, toY] = quarters === 1 ? [height - 1 - y, x] : quarters === 2 ? [width - 1 - x, height - 1 - y] : [y, width - 1 - x];
      out[toY * outWidth + toX] = pixels[y * width + x] ?? 0;
    }
  }
  return { width: outWidth, height: outHeight, pixels: out };
}

/** Turns to the right about the middle by less than a quarter; what comes in from outside is white. */
export function tilted({ width, height, pixels }: Grey, degrees: number): Grey {
  const [sin, cos] = [Math.sin((degrees * Math.PI) / 180), Math.cos((degrees * Math.PI) / 180)];
  const outWidth = Math.ceil(Math.abs(width * cos) + Math.abs(height * sin));
  const outHeight = Math.ceil(Math.abs(width * sin) + Math.abs(height * cos));
  const out = new Uint8Array(outWidth * outHeight).fill(255);
  for (let y = 0; y < outHeight; y++) {
    for (let x = 0; x < outWidth; x++) {
      const [dx, dy] = [x - outWidth / 2, y - outHeight / 2];
      const fromX = dx * cos + dy * sin + width / 2;
      const fromY = dy * cos - dx * sin + height / 2;
      const [left, top] = [Math.floor(fromX), Math.floor(fromY)];
      if (left < 0 || top < 0 || left + 1 >= width || top + 1 >= height) continue;
      const at = top * width + left;
      const [fx, fy] = [fromX - left, fromY - top];
      const upper = (pixels[at] ?? 0) * (1 - fx) + (pixels[at + 1] ?? 0) * fx;
      const lower = (pixels[at + width] ?? 0) * (1 - fx) + (pixels[at + width + 1] ?? 0) * fx;
      out[y * outWidth + x] = upper * (1 - fy) + lower * fy;
    }
  }
  return { width: outWidth, height: outHeight, pixels: out };
}

const TILT_MAX = 84;
const STEP = 3;
/** Dark pixels looked at; more tell no more. */
const POINTS_MAX = 20_000;
/** How much clearer the rows must be than those of the picture as it is. */
const CLEARER = 1.25;

/** By how many degrees to turn the picture to the right so that its lines lie level; 0 where nothing speaks for more. */
export function tiltOf({ width, height, pixels }: Grey): number {
  const dark: number[] = [];
  for (let at = 0; at < pixels.length; at++) if ((pixels[at] ?? 255) < 96) dark.push(at);
  const every = Math.max(1, Math.floor(dark.length / POINTS_MAX));
  const points = dark.filter((_, index) => index % every === 0);
  if (points.length < 50) return 0;
  const clarity = (degrees: number): number => rowContrast(points, { width, height, degrees });
  let [best, clearest] = [0, clarity(0) * CLEARER];
  for (let degrees = -TILT_MAX; degrees <= TILT_MAX; degrees += STEP) {
    const clear = clarity(degrees);
    if (degrees !== 0 && clear > clearest) [best, clearest] = [degrees, clear];
  }
  if (best === 0) return 0;
  for (const degrees of [best - 2, best - 1, best + 1, best + 2]) {
    const clear = clarity(degrees);
    if (clear > clearest) [best, clearest] = [degrees, clear];
  }
  return best;
}

interface Rows {
  readonly width: number;
  readonly height: number;
  readonly degrees: number;
}

/** Sum of squares of the rows' fullness: the same dark pixels in fewer rows give more. */
function rowContrast(points: readonly number[], { width, height, degrees }: Rows): number {
  const [sin, cos] = [Math.sin((degrees * Math.PI) / 180), Math.cos((degrees * Math.PI) / 180)];
  const rows = new Uint32Array(2 * (width + height) + 2);
  for (const at of points) {
    const row = Math.round((Math.floor(at / width) * cos + (at % width) * sin) / 2) + width;
    rows[row] = (rows[row] ?? 0) + 1;
  }
  return rows.reduce((sum, count) => sum + count * count, 0);
}
