// Learns a linear-chain conditional random field: stochastic gradient of the log-likelihood, step sizes by AdaGrad (Duchi, Hazan,
// Singer 2011). What is not known of a text counts with all the labels that it may have.
import { FEATURES } from '../../src/detect/names/features.ts';

export interface Example {
  /** `FEATURES` buckets a token. */
  readonly features: Uint32Array;
  /** By token: a bit for each label that it may have. */
  readonly allowed: Uint32Array;
}

const RATE = 0.12;
const L2 = 2e-6;
/** Gradients below it are not worth a step. */
const LEAST = 2e-3;

/** Numbers that are learned, and the sum of the squares of their gradients. */
class Learned {
  readonly values: Float32Array;
  readonly #squares: Float32Array;
  constructor(size: number) {
    this.values = new Float32Array(size);
    this.#squares = new Float32Array(size);
  }

  step(at: number, gradient: number): void {
    const sum = (this.#squares[at] ?? 0) + gradient * gradient;
    this.#squares[at] = sum;
    const old = this.values[at] ?? 0;
    this.values[at] = old + (RATE * (gradient - L2 * old)) / (Math.sqrt(sum) + 1e-3);
  }
}

/** Forward and backward sums over the labels that are allowed. */
class Sweep {
  readonly forward: Float64Array;
  readonly backward: Float64Array;
  readonly scale: Float64Array;
  readonly #field: Field;
  constructor(field: Field, tokensMax: number) {
    this.#field = field;
    this.forward = new Float64Array(tokensMax * field.labels);
    this.backward = new Float64Array(tokensMax * field.labels);
    this.scale = new Float64Array(tokensMax);
  }

  /** Log of the sum, each token's odds brought to one at the top. */
  run(size: number, allowed: Uint32Array | undefined): number {
    let log = 0;
    for (let i = 0; i < size; i += 1) log += Math.log(this.#ahead(i, allowed?.[i] ?? -1));
    const n = this.#field.labels;
    this.backward.fill(1, (size - 1) * n, size * n);
    for (let i = size - 2; i >= 0; i -= 1) this.#back(i, allowed?.[i + 1] ?? -1);
    return log;
  }

  #ahead(i: number, may: number): number {
    const { odds, expLinks, labels } = this.#field;
    const row = i * labels;
    let sum = 0;
    for (let y = 0; y < labels; y += 1) {
      let reach = 0;
      if (((may >>> y) & 1) === 1) {
        if (i === 0) reach = 1;
        else for (let x = 0; x < labels; x += 1) reach += (this.forward[row - labels + x] ?? 0) * (expLinks[x * labels + y] ?? 0);
        reach *= odds[row + y] ?? 0;
      }
      this.forward[row + y] = reach;
      sum += reach;
    }
    for (let y = 0; y < labels; y += 1) this.forward[row + y] = (this.forward[row + y] ?? 0) / sum;
    this.scale[i] = sum;
    return sum;
  }

  #back(i: number, may: number): void {
    const { odds, expLinks, labels } = this.#field;
    const row = i * labels;
    for (let x = 0; x < labels; x += 1) {
      let sum = 0;
      for (let y = 0; y < labels; y += 1) {
        if (((may >>> y) & 1) === 0) continue;
        sum += (expLinks[x * labels + y] ?? 0) * (odds[row + labels + y] ?? 0) * (this.backward[row + labels + y] ?? 0);
      }
      this.backward[row + x] = sum / (this.scale[i + 1] ?? 1);
    }
  }
}

export interface FieldOptions {
  readonly buckets: number;
  readonly labels: number;
  readonly tokensMax: number;
}

export class Field {
  readonly labels: number;
  readonly odds: Float64Array;
  readonly expLinks: Float64Array;
  readonly #weights: Learned;
  readonly #links: Learned;
  readonly #free: Sweep;
  readonly #told: Sweep;

  constructor({ buckets, labels, tokensMax }: FieldOptions) {
    this.labels = labels;
    this.odds = new Float64Array(tokensMax * labels);
    this.expLinks = new Float64Array(labels * labels);
    this.#weights = new Learned(buckets * labels);
    this.#links = new Learned(labels * labels);
    this.#free = new Sweep(this, tokensMax);
    this.#told = new Sweep(this, tokensMax);
  }

  get weights(): Float32Array {
    return this.#weights.values;
  }

  get links(): Float32Array {
    return this.#links.values;
  }

  /** One step on one text; its loss. */
  learn({ features, allowed }: Example): number {
    const size = allowed.length;
    if (size === 0) return 0;
    this.#read(features, size);
    const loss = this.#free.run(size, undefined) - this.#told.run(size, allowed);
    const n = this.labels;
    for (let i = 0; i < size; i += 1) {
      if (i > 0) this.#stepLinks(i, allowed[i] ?? 0);
      for (let at = i * n; at < (i + 1) * n; at += 1) {
        const wanted = (this.#told.forward[at] ?? 0) * (this.#told.backward[at] ?? 0);
        const gradient = wanted - (this.#free.forward[at] ?? 0) * (this.#free.backward[at] ?? 0);
        if (Math.abs(gradient) < LEAST) continue;
        for (let f = i * FEATURES; f < (i + 1) * FEATURES; f += 1) this.#weights.step((features[f] ?? 0) * n + (at - i * n), gradient);
      }
    }
    return loss;
  }

  /** The odds of each label of each token, by its features alone. */
  #read(features: Uint32Array, size: number): void {
    const n = this.labels;
    const weights = this.#weights.values;
    for (let i = 0; i < n * n; i += 1) this.expLinks[i] = Math.exp(this.#links.values[i] ?? 0);
    for (let i = 0; i < size; i += 1) {
      const row = i * n;
      this.odds.fill(0, row, row + n);
      for (let f = i * FEATURES; f < (i + 1) * FEATURES; f += 1) {
        const base = (features[f] ?? 0) * n;
        for (let y = 0; y < n; y += 1) this.odds[row + y] = (this.odds[row + y] ?? 0) + (weights[base + y] ?? 0);
      }
      let top = -Infinity;
      for (let y = 0; y < n; y += 1) top = Math.max(top, this.odds[row + y] ?? 0);
      for (let y = 0; y < n; y += 1) this.odds[row + y] = Math.exp(Math.max(-40, (this.odds[row + y] ?? 0) - top));
    }
  }

  #stepLinks(i: number, may: number): void {
    const n = this.labels;
    const row = i * n;
    for (let x = 0; x < n; x += 1) {
      const free = (this.#free.forward[row - n + x] ?? 0) / (this.#free.scale[i] ?? 1);
      const told = (this.#told.forward[row - n + x] ?? 0) / (this.#told.scale[i] ?? 1);
      if (free < 1e-4 && told < 1e-4) continue;
      for (let y = 0; y < n; y += 1) {
        const link = (this.expLinks[x * n + y] ?? 0) * (this.odds[row + y] ?? 0);
        const wanted = ((may >>> y) & 1) === 1 ? told * link * (this.#told.backward[row + y] ?? 0) : 0;
        const gradient = wanted - free * link * (this.#free.backward[row + y] ?? 0);
        if (Math.abs(gradient) > LEAST / 2) this.#links.step(x * n + y, gradient);
      }
    }
  }
}
