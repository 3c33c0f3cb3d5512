// Logistic regression over the features of segments, one head for harm and one for each hazard, step sizes by AdaGrad. A text is
// learned as it will be judged: its segments share what is to be learned by how much each counts.
import { featuresOf, type Features } from '../../src/detect/harm/features.ts';
import { HEADS, MAGIC } from '../../src/detect/harm/harm-model.ts';
import { HAZARDS } from '../../src/detect/harm/hazards.ts';
import { pooledOf, segmentsOf } from '../../src/detect/harm/segments.ts';
import type { HarmText } from './rows.ts';

export interface Example {
  readonly segments: readonly Features[];
  readonly text: HarmText;
}

export interface Schedule {
  readonly epochs: number;
  readonly rate: number;
  readonly l2: number;
  readonly epsilon: number;
  /** Added to the log-odds of every text. */
  readonly offset: number;
  /** Heads that are learned; 1: harm alone. */
  readonly heads: number;
  readonly seed: number;
}

export const BITS = 17;
const MASK = 2 ** BITS - 1;
/** Longer texts are cut. */
const TEXT_UNITS_MAX = 4_000;
const GRADIENT_MIN = 1e-3;
const BIAS_RATE = 0.02;
/** Weights beyond are clipped. */
const WEIGHT_MAX = 6;

export const exampleOf = (text: HarmText): Example => ({
  text,
  segments: segmentsOf(text.text.slice(0, TEXT_UNITS_MAX)).map((segment) => featuresOf(segment, MASK)),
});

/** Numbers from 0 to 2³² that the seed decides. */
export function numbersFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value = (value + Math.imul(value ^ (value >>> 7), value | 61)) ^ value;
    return (value ^ (value >>> 14)) >>> 0;
  };
}

/** What a head should say of a text: 1, 0, or nothing where it is not known. */
function target({ harmful, hazards }: HarmText, head: number): number | undefined {
  if (head === 0 || !harmful) return harmful ? 1 : 0;
  if (hazards.length === 0) return undefined;
  return hazards.some((hazard) => hazard === HAZARDS[head - 1]) ? 1 : 0;
}

class Learner {
  readonly #weights = new Float32Array((MASK + 1) * HEADS);
  readonly #squares = new Float32Array((MASK + 1) * HEADS);
  readonly #bias = new Float32Array(HEADS);
  readonly #schedule: Schedule;

  constructor(schedule: Schedule) {
    this.#schedule = schedule;
  }

  #scoreAt({ buckets, value, classes, classValue }: Features, head: number): number {
    const weights = this.#weights;
    let sum = 0;
    for (const bucket of buckets) sum += weights[bucket * HEADS + head] ?? 0;
    let told = 0;
    for (const bucket of classes) told += weights[bucket * HEADS + head] ?? 0;
    return sum * value + told * classValue + (this.#bias[head] ?? 0);
  }

  #step(at: number, slope: number): void {
    const { rate, l2, epsilon } = this.#schedule;
    const sum = (this.#squares[at] ?? 0) + slope * slope;
    this.#squares[at] = sum;
    const old = this.#weights[at] ?? 0;
    this.#weights[at] = old + (rate * (slope - l2 * old)) / (Math.sqrt(sum) + epsilon);
  }

  learn({ segments, text }: Example): void {
    for (let head = 0; head < this.#schedule.heads; head += 1) {
      const wanted = target(text, head);
      if (wanted === undefined) continue;
      const { at, shares } = pooledOf(segments.map((features) => this.#scoreAt(features, head)));
      const gradient = text.weight * (wanted - 1 / (1 + Math.exp(-at)));
      if (Math.abs(gradient) < GRADIENT_MIN) continue;
      this.#bias[head] = (this.#bias[head] ?? 0) + BIAS_RATE * gradient;
      for (const [index, features] of segments.entries()) this.#turn(features, head, gradient * (shares[index] ?? 0));
    }
  }

  #turn({ buckets, value, classes, classValue }: Features, head: number, gradient: number): void {
    if (Math.abs(gradient) < GRADIENT_MIN) return;
    for (const bucket of buckets) this.#step(bucket * HEADS + head, gradient * value);
    for (const bucket of classes) this.#step(bucket * HEADS + head, gradient * classValue);
  }

  /** Bytes that `createHarmJudge` reads. */
  encode(): Uint8Array {
    const max = this.#weights.reduce((top, weight) => Math.max(top, Math.abs(weight)), 0);
    const scale = Math.min(max, WEIGHT_MAX) / 127;
    const header = new DataView(new ArrayBuffer(32));
    header.setUint32(0, MAGIC, true);
    header.setUint32(4, BITS, true);
    header.setUint32(8, HEADS, true);
    header.setFloat32(12, scale, true);
    header.setFloat32(16, 1, true);
    header.setFloat32(20, this.#schedule.offset, true);
    const small = Int8Array.from(this.#weights, (weight) => Math.max(-127, Math.min(127, Math.round(weight / scale))));
    return Buffer.concat([Buffer.from(header.buffer), Buffer.from(this.#bias.buffer), Buffer.from(small.buffer)]);
  }
}

/** Share of the words and letters that a lesson leaves out, so that no single one is relied upon. */
const LEFT_OUT = 0.3;

function thinned({ segments, text }: Example, next: () => number): Example {
  return {
    text,
    segments: segments.map(({ buckets, value, classes, classValue }) => ({
      buckets: buckets.filter(() => next() >= LEFT_OUT * 2 ** 32),
      value: value / (1 - LEFT_OUT),
      classes,
      classValue,
    })),
  };
}

/** Weights learned from all examples, in an order that the seed decides. */
export function learnedFrom(examples: readonly Example[], schedule: Schedule): Uint8Array {
  const next = numbersFrom(schedule.seed);
  const learner = new Learner(schedule);
  const order = Uint32Array.from(examples.keys());
  for (let epoch = 0; epoch < schedule.epochs; epoch += 1) {
    for (let i = order.length - 1; i > 0; i -= 1) {
      const j = next() % (i + 1);
      const swap = order[i] ?? 0;
      order[i] = order[j] ?? 0;
      order[j] = swap;
    }
    for (const at of order) {
      const example = examples[at];
      if (example !== undefined) learner.learn(thinned(example, next));
    }
  }
  return learner.encode();
}
