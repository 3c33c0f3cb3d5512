// How often attacks on the network that judges pictures are noticed, and how often innocent pictures raise the same alarm. Noise and patches
// are made with the real gradient; half a minute each. Run: node bench/images.ts [pictures to attack]
import sharp from 'sharp';
import * as tf from '@tensorflow/tfjs-core';
import { LOOKS, SQUARE, squareOf, type Square } from '../src/lens/images/classifier.ts';
import { findingsIn } from '../src/lens/images/findings.ts';
import type { ImageFacts } from '../src/lens/images/image-facts.ts';
import { pixelsOf, type Picture } from '../src/lens/images/make-anew.ts';
import { classifierOf } from '../src/lens/images/network.ts';
import { attacked, network } from '../test/support/image-attack.ts';
import { lettering, scene } from '../test/support/pictures.ts';

const COUNT = Number(process.argv[2] ?? 8);
const FACTS: ImageFacts = { kind: 'png', width: SQUARE, height: SQUARE, frames: 1, metadataBytes: 0, trailingBytes: 0 };
const model = await network();
const classifier = classifierOf(tf, model);

const tally = new Map<string, { all: number; reached: number; noise: number; patch: number; unsafe: number }>();

async function judge(kind: string, picture: Picture, target?: number): Promise<void> {
  const rules = (await findingsIn(classifier, picture, FACTS)).map(({ rule }) => rule);
  const row = tally.get(kind) ?? { all: 0, reached: 0, noise: 0, patch: 0, unsafe: 0 };
  tally.set(kind, row);
  row.all++;
  if (target !== undefined && (await topOf(squareOf(picture))) === target) row.reached++;
  for (const name of ['noise', 'patch', 'unsafe'] as const) if (rules.includes(`image.${name}`)) row[name]++;
}

async function topOf(square: Square): Promise<number> {
  const [shares] = await classifier.classify([square]);
  return shares?.indexOf(Math.max(...shares)) ?? 0;
}

const pictureOf = (square: Square): Picture => ({
  width: SQUARE,
  height: SQUARE,
  rgb: Uint8Array.from(square, (value) => Math.round(value * 255)),
});

/** A square of 50 by 50 in the upper right: a twentieth of the picture. */
const mask = new Float32Array(SQUARE * SQUARE * 3);
for (let y = 20; y < 70; y++) mask.fill(1, (y * SQUARE + 150) * 3, (y * SQUARE + 200) * 3);

for (let seed = 0; seed < 60; seed++) await judge('scenes', await pixelsOf(sharp(await scene(seed))));
for (let size = 12; size < 52; size += 2) {
  const lines = ['Meeting on Thursday', 'bring the garden report'].slice(0, 1 + (size % 4 === 0 ? 1 : 0));
  await judge('letters on white', await pixelsOf(sharp(await lettering({ lines, size }))));
}
for (let seed = 0; seed < COUNT; seed++) {
  const square = squareOf(await pixelsOf(sharp(await scene(seed))));
  const target = LOOKS.indexOf((await topOf(square)) === LOOKS.indexOf('neutral') ? 'porn' : 'neutral');
  await judge('noise', pictureOf(attacked(model, square, { target, steps: 4, stepSize: 3 / 255, reach: 8 / 255 })), target);
  await judge('patches', pictureOf(attacked(model, square, { target, steps: 8, stepSize: 0.25, reach: 1, mask })), target);
}
for (const [kind, { all, reached, noise, patch, unsafe }] of tally)
  console.log(
    `${kind.padEnd(18)} ${all} pictures, attack reached its aim ${reached}; flagged as noise ${noise}, patch ${patch}, unsafe ${unsafe}`,
  );
