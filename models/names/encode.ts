// Writes the weights file of the tagger; `src/detect/names/tagger.ts` reads it.
import { MAGIC } from '../../src/detect/names/tagger.ts';

interface Trained {
  readonly weights: Float32Array;
  readonly links: Float32Array;
  readonly bits: number;
  readonly labels: number;
}

/** Largest weight that is told apart; larger ones are cut. */
const WEIGHT_MAX = 2.5;

export function encodeWeights({ weights, links, bits, labels }: Trained): Uint8Array {
  const scale = WEIGHT_MAX / 127;
  const header = new DataView(new ArrayBuffer(16));
  header.setUint32(0, MAGIC, true);
  header.setUint32(4, bits, true);
  header.setUint32(8, labels, true);
  header.setFloat32(12, scale, true);
  const small = Int8Array.from(weights, (weight) => Math.max(-127, Math.min(127, Math.round(weight / scale))));
  return Buffer.concat([Buffer.from(header.buffer), Buffer.from(Float32Array.from(links).buffer), Buffer.from(small.buffer)]);
}
