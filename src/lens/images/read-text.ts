// All that can be read in a picture: as it is, by what merely stands out, on its side, on its head, and tilted.
import { plainGrey, standingOut, type Grey } from './grey.ts';
import type { Picture } from './make-anew.ts';
import type { ReadWord, ReaderEngine } from './reader-engine.ts';
import { tilted, tiltOf, turned } from './tilt.ts';

/** Below, the engine guesses; marks of no letters read as words are seldom surer. */
const SURE_MIN = 40;
const LEGIBLE = 75;
const LETTERS_MIN = 6;
/** Letters of this height or more are read well; smaller pictures are doubled. */
const SMALL_SIDE = 1_000;
/** Pictures on their side are read at this size: large letters are enough to find out. */
const TURNED_SIDE = 1_400;
const STAND_OUT_RADIUS = 24;
const TEXT_UNITS_MAX = 16_384;

/** One text for each way of reading that gave one; none of them twice. */
export function readTexts(engine: ReaderEngine, pictures: readonly Picture[]): readonly string[] {
  const texts = new Set<string>();
  const take = (grey: Grey): void => {
    const calm = calmed(grey);
    const text = textOf(engine.read(calm.pixels, calm.width, calm.height));
    if (text !== '') texts.add(text);
  };
  for (const picture of pictures) {
    const views = [plainGrey(picture), standingOut(picture, STAND_OUT_RADIUS)].map((grey) => sized(grey));
    for (const view of views) take(view);
    for (const view of views) {
      const tilt = tiltOf(view);
      if (tilt === 0) continue;
      const level = tilted(shrunk(view, TURNED_SIDE), tilt);
      for (const quarters of [0, 2]) take(turned(level, quarters));
    }
    for (const view of views) {
      const small = shrunk(view, TURNED_SIDE);
      for (const quarters of [1, 2, 3]) take(turned(small, quarters));
    }
  }
  return withoutParts([...texts]);
}

function textOf(words: readonly ReadWord[]): string {
  const lines = new Map<string, string[]>();
  let letters = 0;
  for (const { word, sure, line } of words) {
    if (sure < SURE_MIN) continue;
    if (sure >= LEGIBLE && /[\p{L}\p{N}]{3}/u.test(word)) letters += word.length;
    lines.set(line, [...(lines.get(line) ?? []), word]);
  }
  // Letters on their head are read as other letters, here and there with certainty: a text is more than that.
  if (letters < LETTERS_MIN) return '';
  const text = [...lines.values()].map((line) => line.join(' ')).join('\n');
  return text.slice(0, TEXT_UNITS_MAX);
}

/** A text that stands in another one tells nothing new. */
const withoutParts = (texts: readonly string[]): readonly string[] =>
  texts.filter((text, at) => !texts.some((other, place) => place !== at && other.length > text.length && other.includes(text)));

const sized = (grey: Grey): Grey => (Math.max(grey.width, grey.height) < SMALL_SIDE ? doubled(grey) : grey);

function doubled({ width, height, pixels }: Grey): Grey {
  const out = new Uint8Array(pixels.length * 4);
  for (let y = 0; y < height * 2; y++) {
    for (let x = 0; x < width * 2; x++) {
      // Halfway between neighbours, so that edges of letters stay smooth.
      const [left, top] = [x >> 1, y >> 1];
      const [right, below] = [Math.min(width - 1, left + (x & 1)), Math.min(height - 1, top + (y & 1))];
      out[y * width * 2 + x] =
        ((pixels[top * width + left] ?? 0) +
          (pixels[top * width + right] ?? 0) +
          (pixels[below * width + left] ?? 0) +
          (pixels[below * width + right] ?? 0)) >>
        2;
    }
  }
  return { width: width * 2, height: height * 2, pixels: out };
}

/** Share of neighbours that are light and dark by turns: letters have a tenth, and where everything is noise, the engine takes minutes. */
const RESTLESS = 0.2;
const CALM_SIDE = 200;

/** Halved until it is no sea of specks: means of four even noise out, and leave letters. */
function calmed(grey: Grey): Grey {
  let now = grey;
  while (Math.max(now.width, now.height) > CALM_SIDE && restlessness(now) > RESTLESS) now = halved(now);
  return now;
}

function restlessness({ width, height, pixels }: Grey): number {
  const middle = pixels.reduce((sum, value) => sum + value, 0) / Math.max(1, pixels.length);
  let turns = 0;
  for (let at = 1; at < pixels.length; at++) if ((pixels[at] ?? 0) > middle !== (pixels[at - 1] ?? 0) > middle) turns++;
  return turns / Math.max(1, width * height);
}

/** Halved until it fits. */
function shrunk(grey: Grey, side: number): Grey {
  return Math.max(grey.width, grey.height) <= side ? grey : shrunk(halved(grey), side);
}

function halved(grey: Grey): Grey {
  const [width, height] = [grey.width >> 1, grey.height >> 1];
  if (width === 0 || height === 0) return { width: 1, height: 1, pixels: new Uint8Array([255]) };
  const out = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = 2 * y * grey.width + 2 * x;
      out[y * width + x] =
        ((grey.pixels[at] ?? 0) +
          (grey.pixels[at + 1] ?? 0) +
          (grey.pixels[at + grey.width] ?? 0) +
          (grey.pixels[at + grey.width + 1] ?? 0)) >>
        2;
    }
  }
  return { width, height, pixels: out };
}
