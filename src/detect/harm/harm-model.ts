// Judges how harmful a text is, and in which way: a linear model over hashed n-grams, one head for harm and one for each hazard
// (MLCommons AILuminate v1.0, and harassment).
import assert from 'node:assert/strict';
import type { Finding } from '../../core/types.ts';
import type { TextModel } from '../text-model.ts';
import { featuresOf } from './features.ts';
import { HAZARDS, type Hazard } from './hazards.ts';
import { readingsOf } from './readings.ts';
import { pooledOf, segmentsOf } from './segments.ts';

/** Harm at all, then each hazard. */
export const HEADS = 1 + HAZARDS.length;
export const MAGIC = 0x4d525053;
const HEADER_BYTES = 32;
/** Pieces of a long text are judged one by one: a paragraph of harm is not made good by pages of peace. */
export const PIECE_UNITS = 1_200;
export const PIECE_STEP_UNITS = 900;
/** Least score that is told at all: low, so that whoever sets a threshold sees the order of what lies below the default. */
const LEAST = 0.01;

export interface HarmVerdict {
  /** 0 to 1. */
  readonly score: number;
  readonly hazard: Hazard;
}

export interface HarmJudge {
  weigh(piece: string): HarmVerdict;
}

interface Weights {
  readonly mask: number;
  readonly scale: number;
  /** Slope and offset of the score (Platt). */
  readonly slope: number;
  readonly offset: number;
  readonly bias: Float32Array;
  readonly cells: Int8Array;
}

function parseWeights(bytes: Uint8Array): Weights {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const bits = view.getUint32(4, true);
  const biasBytes = HEADS * 4;
  const isWhole =
    view.getUint32(0, true) === MAGIC &&
    view.getUint32(8, true) === HEADS &&
    bytes.byteLength === HEADER_BYTES + biasBytes + 2 ** bits * HEADS;
  assert(isWhole, 'the weights of the judge of harm are damaged or of another version');
  return {
    mask: 2 ** bits - 1,
    scale: view.getFloat32(12, true),
    slope: view.getFloat32(16, true),
    offset: view.getFloat32(20, true),
    bias: Float32Array.from({ length: HEADS }, (_, head) => view.getFloat32(HEADER_BYTES + head * 4, true)),
    cells: new Int8Array(bytes.buffer, bytes.byteOffset + HEADER_BYTES + biasBytes, 2 ** bits * HEADS),
  };
}

const odds = (x: number): number => 1 / (1 + Math.exp(-x));

/** `bytes` as `models/harm/train.ts` writes them; throws if they are anything else. */
export function createHarmJudge(bytes: Uint8Array): HarmJudge {
  const { mask, scale, slope, offset, bias, cells } = parseWeights(bytes);
  const sumsOf = (segment: string): Float64Array => {
    const { buckets, value, classes, classValue } = featuresOf(segment, mask);
    const sums = new Float64Array(HEADS);
    const add = (from: Uint32Array, worth: number): void => {
      for (const bucket of from) {
        const base = bucket * HEADS;
        for (let head = 0; head < HEADS; head += 1) sums[head] = (sums[head] ?? 0) + (cells[base + head] ?? 0) * worth;
      }
    };
    add(buckets, value);
    add(classes, classValue);
    return sums.map((sum, head) => sum * scale + (bias[head] ?? 0));
  };
  const read = (piece: string): HarmVerdict => {
    const segments = segmentsOf(piece).map(sumsOf);
    const at = (head: number): number => pooledOf(segments.map((sums) => sums[head] ?? 0)).at;
    const best = HAZARDS.map((hazard, index) => ({ hazard, at: at(index + 1) })).reduce((a, b) => (b.at > a.at ? b : a));
    return { score: odds(slope * at(0) + offset), hazard: best.hazard };
  };
  return {
    weigh: (piece) =>
      readingsOf(piece)
        .map(read)
        .reduce((worst, next) => (next.score > worst.score ? next : worst)),
  };
}

export function createHarmModel(bytes: Uint8Array): TextModel {
  const judge = createHarmJudge(bytes);
  return {
    task: 'harm',
    judge(text) {
      let worst: Finding | undefined;
      for (let start = 0; start === 0 || start + PIECE_UNITS - PIECE_STEP_UNITS < text.length; start += PIECE_STEP_UNITS) {
        const end = Math.min(text.length, start + PIECE_UNITS);
        const { score, hazard } = judge.weigh(text.slice(start, end));
        if (score < LEAST || score <= (worst?.score ?? 0)) continue;
        worst = {
          rule: 'harm.request', class: 'harm', type: hazard, severity: score >= 0.5 ? 'high' : score >= 0.2 ? 'low' : 'info', score, start, end,
          reason: `reads like what people write of this hazard: ${hazard.replaceAll('_', ' ')}`, taxonomy: 'jailbreak',
        }; // prettier-ignore
      }
      return worst === undefined ? [] : [worst];
    },
  };
}
