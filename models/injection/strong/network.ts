// One hidden layer, learned by Adam (Kingma and Ba, 2015) with dropout (Srivastava et al., 2014); plain arrays, and the same seed gives the same weights.
import { headLength, HEAD_OUTPUTS } from '../../../src/lens/models/vector-head.ts';
import type { Random } from '../../../corpus/injection/seeded-random.ts';

export interface Lesson {
  readonly input: Float32Array;
  /** 1, 0, or absent where nobody knows, by output. */
  readonly targets: readonly (number | undefined)[];
  readonly weight: number;
}

export interface NetworkOptions {
  readonly hidden: number;
  readonly epochs: number;
  readonly dropout: number;
  readonly decay: number;
  readonly rate: number;
  readonly random: Random;
}

const BATCH = 64;
const OUTPUTS = HEAD_OUTPUTS.length;

/** Weights in the order of a `VectorHead`. */
export function learn(lessons: readonly Lesson[], options: NetworkOptions): Float32Array {
  const learner = new Learner(lessons[0]?.input.length ?? 0, options);
  const order = lessons.map((_, index) => index);
  for (let epoch = 0; epoch < options.epochs; epoch += 1) {
    shuffle(order, options.random);
    for (const [index, at] of order.entries()) {
      const lesson = lessons[at];
      if (lesson !== undefined) learner.read(lesson);
      if (index % BATCH === BATCH - 1) learner.step();
    }
  }
  return learner.weights;
}

class Learner {
  readonly weights: Float32Array;
  readonly #options: NetworkOptions;
  readonly #size: number;
  /** Where the hidden units' own numbers begin, the weights of the outputs, and theirs. */
  readonly #start: number;
  readonly #out: number;
  readonly #last: number;
  readonly #slopes: Float32Array;
  readonly #mean: Float32Array;
  readonly #square: Float32Array;
  readonly #active: Float32Array;
  readonly #errors = new Float32Array(OUTPUTS);
  #steps = 0;

  constructor(size: number, options: NetworkOptions) {
    const { hidden, random } = options;
    const length = headLength(size - 1, hidden);
    this.#options = options;
    this.#size = size;
    this.#start = size * hidden;
    this.#out = this.#start + hidden;
    this.#last = this.#out + hidden * OUTPUTS;
    const scaleOf = (at: number): number =>
      at < this.#start ? 1 / Math.sqrt(size) : at >= this.#out && at < this.#last ? 1 / Math.sqrt(hidden) : 0;
    this.weights = Float32Array.from({ length }, (_, at) => (scaleOf(at) === 0 ? 0 : normal(random) * scaleOf(at)));
    this.#slopes = new Float32Array(length);
    this.#mean = new Float32Array(length);
    this.#square = new Float32Array(length);
    this.#active = new Float32Array(hidden);
  }

  /** Adds what a lesson says about the weights. */
  read(lesson: Lesson): void {
    this.#forward(lesson.input);
    this.#compare(lesson);
    this.#backward(lesson.input);
  }

  #forward(input: Float32Array): void {
    const { hidden, dropout, random } = this.#options;
    const { weights } = this;
    const active = this.#active;
    active.set(weights.subarray(this.#start, this.#out));
    for (let at = 0; at < this.#size; at += 1) {
      const value = input[at] ?? 0;
      const row = at * hidden;
      if (value !== 0) for (let unit = 0; unit < hidden; unit += 1) active[unit] = (active[unit] ?? 0) + value * (weights[row + unit] ?? 0);
    }
    for (let unit = 0; unit < hidden; unit += 1) {
      const isKept = (active[unit] ?? 0) > 0 && random() >= dropout;
      active[unit] = isKept ? (active[unit] ?? 0) / (1 - dropout) : 0;
    }
  }

  #compare({ targets, weight }: Lesson): void {
    const { hidden } = this.#options;
    for (let output = 0; output < OUTPUTS; output += 1) {
      const target = targets[output];
      let sum = this.weights[this.#last + output] ?? 0;
      for (let unit = 0; unit < hidden; unit += 1)
        sum += (this.#active[unit] ?? 0) * (this.weights[this.#out + unit * OUTPUTS + output] ?? 0);
      this.#errors[output] = target === undefined ? 0 : (weight * (1 / (1 + Math.exp(-sum)) - target)) / BATCH;
      this.#slopes[this.#last + output] = (this.#slopes[this.#last + output] ?? 0) + (this.#errors[output] ?? 0);
    }
  }

  #backward(input: Float32Array): void {
    const { hidden, dropout } = this.#options;
    const active = this.#active;
    const slopes = this.#slopes;
    for (let unit = 0; unit < hidden; unit += 1) {
      const value = active[unit] ?? 0;
      if (value === 0) continue;
      let back = 0;
      for (let output = 0; output < OUTPUTS; output += 1) {
        const at = this.#out + unit * OUTPUTS + output;
        back += (this.#errors[output] ?? 0) * (this.weights[at] ?? 0);
        slopes[at] = (slopes[at] ?? 0) + (this.#errors[output] ?? 0) * value;
      }
      active[unit] = back / (1 - dropout);
      slopes[this.#start + unit] = (slopes[this.#start + unit] ?? 0) + (active[unit] ?? 0);
    }
    for (let at = 0; at < this.#size; at += 1) {
      const value = input[at] ?? 0;
      const row = at * hidden;
      if (value !== 0)
        for (let unit = 0; unit < hidden; unit += 1) slopes[row + unit] = (slopes[row + unit] ?? 0) + value * (active[unit] ?? 0);
    }
  }

  /** Moves the weights by what the lessons since the last step said. */
  step(): void {
    const { decay, rate } = this.#options;
    this.#steps += 1;
    const first = 1 - 0.9 ** this.#steps;
    const second = 1 - 0.999 ** this.#steps;
    for (const [at, weight] of this.weights.entries()) {
      const slope = (this.#slopes[at] ?? 0) + decay * weight;
      this.#slopes[at] = 0;
      this.#mean[at] = 0.9 * (this.#mean[at] ?? 0) + 0.1 * slope;
      this.#square[at] = 0.999 * (this.#square[at] ?? 0) + 0.001 * slope * slope;
      this.weights[at] = weight - (rate * ((this.#mean[at] ?? 0) / first)) / (Math.sqrt((this.#square[at] ?? 0) / second) + TINY);
    }
  }
}

/** Keeps a step finite where nothing was learned yet. */
const TINY = 1e-8;

/** Networks of one shape as a single one whose outputs are their means. */
export function merged(parts: readonly Float32Array[], { size, hidden }: { readonly size: number; readonly hidden: number }): Float32Array {
  const whole = hidden * parts.length;
  const result = new Float32Array(headLength(size - 1, whole));
  for (const [index, part] of parts.entries()) {
    for (let at = 0; at <= size; at += 1) result.set(part.subarray(at * hidden, (at + 1) * hidden), at * whole + index * hidden);
    const from = (size + 1) * hidden;
    const to = (size + 1) * whole + index * hidden * OUTPUTS;
    for (let at = 0; at < hidden * OUTPUTS; at += 1) result[to + at] = (part[from + at] ?? 0) / parts.length;
    for (let output = 0; output < OUTPUTS; output += 1) {
      const end = result.length - OUTPUTS + output;
      result[end] = (result[end] ?? 0) + (part[part.length - OUTPUTS + output] ?? 0) / parts.length;
    }
  }
  return result;
}

/** Box and Muller, 1958. */
const normal = (random: Random): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

function shuffle(order: number[], random: Random): void {
  for (let at = order.length - 1; at > 0; at -= 1) {
    const other = Math.floor(random() * (at + 1));
    [order[at], order[other]] = [order[other] ?? 0, order[at] ?? 0];
  }
}
