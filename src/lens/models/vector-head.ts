// What a vector of a sentence says about it: one hidden layer over the vector and where the sentence came from. Whoever makes the vectors is
// handed in elsewhere; nothing here loads a package.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Family, Origin } from '../../core/types.ts';
import type { Opinion } from './classifier.ts';

const FAMILIES = ['role_play', 'obfuscation', 'instruction_hijack', 'contextual_framing', 'translation_chaining'] as const;
/** What the head tells, one number each: an attack; of attacks, a jailbreak and no injection; of attacks, which family. */
export const HEAD_OUTPUTS = ['attack', 'jailbreak', ...FAMILIES] as const;
/** A vector has length one; numbers of about one in size are quicker learned. */
const VECTOR_SCALE = 6;
/** A shorter vector is none. */
const LENGTH_MIN = 1e-9;

const manifestSchema = z.object({
  format: z.literal('sallyport-strong'),
  /** SHA-256 of the weights. */
  digest: z.string(),
  /** Numbers in a vector. */
  vector: z.number().int().positive(),
  hidden: z.number().int().positive(),
  /** Makes a chance of the first output that may be added, as evidence, to that of the stages before. */
  calibration: z.object({ slope: z.number(), offset: z.number() }),
});

export type HeadManifest = z.output<typeof manifestSchema>;

export interface VectorHead {
  readonly manifest: HeadManifest;
  /** By input, then by hidden unit; what it starts from; by hidden unit, then by output; what that starts from. */
  readonly weights: Float32Array;
}

/** How many weights a head has. */
export const headLength = (vector: number, hidden: number): number => (vector + 2) * hidden + (hidden + 1) * HEAD_OUTPUTS.length;

/** Throws where the weights are not those that the manifest vouches for. */
export function parseHead(manifest: unknown, bytes: Uint8Array): VectorHead {
  const card = manifestSchema.parse(manifest);
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found !== card.digest) throw new Error(`the weights of the strong stage are damaged: their digest is ${found}`);
  const length = headLength(card.vector, card.hidden);
  if (bytes.byteLength !== length * Float32Array.BYTES_PER_ELEMENT) throw new Error(`the strong stage has not ${length} weights`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { manifest: card, weights: Float32Array.from({ length }, (_, at) => view.getFloat32(at * Float32Array.BYTES_PER_ELEMENT, true)) };
}

/** Whether nobody in the conversation wrote a text. */
export const isFetched = (origin: Origin): boolean => origin === 'retrieved' || origin === 'tool';

/** A vector as the head takes it: of one length, then 1 for fetched text and 0 for others. */
export function inputOf(vector: ArrayLike<number>, origin: Origin): Float32Array {
  let square = 0;
  for (let at = 0; at < vector.length; at += 1) square += (vector[at] ?? 0) ** 2;
  const scale = VECTOR_SCALE / Math.max(Math.sqrt(square), LENGTH_MIN);
  const input = Float32Array.from({ length: vector.length + 1 }, (_, at) => (vector[at] ?? 0) * scale);
  input[vector.length] = Number(isFetched(origin));
  return input;
}

/** The numbers of all outputs, in their order. Throws where the vector is not of the size that the head has learned. */
export function outputsOf({ manifest, weights }: VectorHead, input: Float32Array): Float64Array {
  const { vector, hidden } = manifest;
  if (input.length !== vector + 1) throw new Error(`a vector of ${vector} numbers was expected, and has ${input.length - 1}`);
  const outputs = HEAD_OUTPUTS.length;
  const start = (vector + 1) * hidden;
  const out = start + hidden;
  const last = out + hidden * outputs;
  const result = Float64Array.from({ length: outputs }, (_, output) => weights[last + output] ?? 0);
  for (let unit = 0; unit < hidden; unit += 1) {
    let sum = weights[start + unit] ?? 0;
    for (let at = 0; at <= vector; at += 1) sum += (input[at] ?? 0) * (weights[at * hidden + unit] ?? 0);
    if (sum <= 0) continue;
    for (let output = 0; output < outputs; output += 1)
      result[output] = (result[output] ?? 0) + sum * (weights[out + unit * outputs + output] ?? 0);
  }
  return result;
}

/** Throws where the vector is none: what cannot be judged must not look like what was. */
export function opinionOf(head: VectorHead, vector: ArrayLike<number>, origin: Origin): Opinion {
  const [attack = 0, jailbreak = 0, ...families] = outputsOf(head, inputOf(vector, origin));
  if (!Number.isFinite(attack)) throw new Error('a vector holds what is no number');
  const { slope, offset } = head.manifest.calibration;
  const best = families.indexOf(Math.max(...families));
  const family: Family = FAMILIES[best] ?? 'instruction_hijack';
  return { score: 1 / (1 + Math.exp(-(slope * attack + offset))), kind: jailbreak > 0 ? 'jailbreak' : 'injection', family };
}
