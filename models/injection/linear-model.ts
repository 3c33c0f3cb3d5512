// Trains the linear score: logistic loss, AdaGrad (Duchi, Hazan and Singer, 2011), features dropped at random, and of each text the
// window that looks worst, because an attack is one place of a text and innocence is all of it.
import type { Random } from '../../corpus/injection/seeded-random.ts';
import { DISGUISE_GRADES, stepOf, windowGrade } from '../../src/detect/model/weights.ts';
import type { TrainRow, ViewRow } from './rows.ts';

export interface TrainOptions {
  readonly bits: number;
  readonly windows: readonly number[];
  readonly epochs: number;
  readonly rate: number;
  /** Share of features left out of each step. */
  readonly drop: number;
  /** Share of the steps on attacks in which its strongest tokens are left out, and most of them that are, as a share. */
  readonly lose: number;
  readonly loseShare: number;
  readonly random: Random;
}

export interface Place {
  readonly score: number;
  readonly view: number;
  readonly from: number;
  readonly to: number;
}

const DISGUISE_RATE = 0.01;
/** By grade, the least that words in disguise count: rows hold too few of them for what an attacker can make. */
const DISGUISE_LEAST = [0, 0.3, 0.7, 1.2, 1.6, 1.6, 2.2, 3.2, 4.2];

const NO_TOKENS: ReadonlySet<number> = new Set();
const NOWHERE: Place = { score: Number.NEGATIVE_INFINITY, view: 0, from: 0, to: 0 };

export class LinearModel {
  readonly weights: Float32Array;
  bias = 0;
  /** By grade; never falling: no disguise speaks for a text. */
  readonly disguise = Float64Array.from(DISGUISE_LEAST);
  readonly #options: TrainOptions;
  readonly #mask: number;
  readonly #squares: Float32Array;
  #biasSquares = 0.01;
  #sums = new Float64Array(8192);
  #kept = new Int32Array(65_536);

  constructor(options: TrainOptions) {
    this.#options = options;
    this.#mask = (1 << options.bits) - 1;
    this.weights = new Float32Array(1 << options.bits);
    this.#squares = new Float32Array(1 << options.bits).fill(1e-4);
  }

  /** Adds a share of another model's weights. */
  add(other: LinearModel, share: number): void {
    for (const [slot, weight] of other.weights.entries()) if (weight !== 0) this.weights[slot] = (this.weights[slot] ?? 0) + weight * share;
    this.bias += other.bias * share;
    for (const [grade, weight] of other.disguise.entries())
      this.disguise[grade] = (this.disguise[grade] ?? 0) + (weight - (DISGUISE_LEAST[grade] ?? 0)) * share;
  }

  train(rows: readonly TrainRow[]): void {
    const { epochs, random } = this.#options;
    const order = rows.map((_, index) => index);
    for (let epoch = 0; epoch < epochs; epoch += 1) {
      for (let last = order.length - 1; last > 0; last -= 1) {
        const other = Math.floor(random() * (last + 1));
        [order[last], order[other]] = [order[other] ?? 0, order[last] ?? 0];
      }
      for (const index of order) {
        const row = rows[index];
        if (row !== undefined) this.#learn(row);
      }
    }
  }

  #learn(row: TrainRow): void {
    const worst = this.worst(row);
    if (worst === NOWHERE) return;
    this.#step(row, worst, row.weight);
    // Any other window of an innocent text is innocent too.
    const { random, windows } = this.#options;
    const view = Math.floor(random() * row.views.length);
    const tokens = (row.views[view]?.first.length ?? 1) - 1;
    const size = windows[Math.floor(random() * windows.length)] ?? 0;
    if (row.label === 1 || tokens <= (windows[0] ?? 0)) return;
    const from = Math.floor(random() * Math.max(1, tokens - (windows[0] ?? 0)));
    this.#step(row, { score: 0, view, from, to: Math.min(tokens, from + size) }, row.weight / 2);
  }

  #step(row: TrainRow, { view, from, to }: Place, weight: number): void {
    const read = row.views[view];
    if (read === undefined) return;
    const { random, drop, rate } = this.#options;
    const end = read.first[to] ?? 0;
    let kept = 0;
    let sum = 0;
    const lost = row.label === 1 && random() < this.#options.lose ? this.#strongest(read, from, to) : NO_TOKENS;
    let token = from;
    for (let at = read.first[from] ?? 0; at < end && kept < this.#kept.length; at += 1) {
      while (at >= (read.first[token + 1] ?? end)) token += 1;
      if (random() < drop || lost.has(token)) continue;
      const slot = (read.features[at] ?? 0) & this.#mask;
      this.#kept[kept] = slot;
      kept += 1;
      sum += this.weights[slot] ?? 0;
    }
    if (kept === 0) return;
    const norm = 1 / Math.sqrt(kept + 1);
    const grade = gradeOf(read, from, to);
    const error = (1 / (1 + Math.exp(-(sum * norm + this.bias + (this.disguise[grade] ?? 0)))) - row.label) * weight;
    const slope = error * norm;
    for (let at = 0; at < kept; at += 1) {
      const slot = this.#kept[at] ?? 0;
      const square = (this.#squares[slot] ?? 0) + slope * slope;
      this.#squares[slot] = square;
      this.weights[slot] = (this.weights[slot] ?? 0) - (rate * slope) / Math.sqrt(square);
    }
    this.#learnDisguise(grade, error);
    this.#biasSquares += error * error;
    this.bias -= (rate * error) / Math.sqrt(this.#biasSquares);
  }

  /** The tokens that speak loudest for an attack: it must be found without them too (Globerson and Roweis, 2006). */
  #strongest({ features, first }: ViewRow, from: number, to: number): ReadonlySet<number> {
    const sums: [number, number][] = [];
    for (let token = from; token < to; token += 1) {
      let sum = 0;
      for (let at = first[token] ?? 0; at < (first[token + 1] ?? 0); at += 1) sum += this.weights[(features[at] ?? 0) & this.#mask] ?? 0;
      sums.push([sum, token]);
    }
    sums.sort(([one], [other]) => other - one);
    const share = this.#options.random() * this.#options.loseShare;
    return new Set(sums.slice(0, Math.round(sums.length * share)).map(([, token]) => token));
  }

  #learnDisguise(grade: number, error: number): void {
    if (grade === 0) return;
    this.disguise[grade] = Math.max(DISGUISE_LEAST[grade] ?? 0, (this.disguise[grade] ?? 0) - DISGUISE_RATE * error);
    for (let at = 1; at < DISGUISE_GRADES; at += 1) this.disguise[at] = Math.max(this.disguise[at] ?? 0, this.disguise[at - 1] ?? 0);
  }

  /** The window with the highest score over all views; `windows` as in the fast stage. */
  worst(row: TrainRow): Place {
    let worst = NOWHERE;
    for (const [view, read] of row.views.entries()) {
      const { features, first } = read;
      const count = first.length - 1;
      if (count <= 0) continue;
      if (this.#sums.length < count + 1) this.#sums = new Float64Array(count * 2);
      const sums = this.#sums;
      let sum = 0;
      let at = 0;
      for (let token = 0; token < count; token += 1) {
        for (; at < (first[token + 1] ?? 0); at += 1) sum += this.weights[(features[at] ?? 0) & this.#mask] ?? 0;
        sums[token + 1] = sum;
      }
      for (const [from, to] of windowsOf(count, this.#options.windows)) {
        const score =
          ((sums[to] ?? 0) - (sums[from] ?? 0)) / Math.sqrt((first[to] ?? 0) - (first[from] ?? 0) + 1) +
          this.bias +
          (this.disguise[gradeOf(read, from, to)] ?? 0);
        if (score > worst.score) worst = { score, view, from, to };
      }
    }
    return worst;
  }
}

const gradeOf = ({ disguise, odd }: ViewRow, from: number, to: number): number =>
  odd.length === 0 ? disguise : windowGrade(disguise, (odd[to] ?? 0) - (odd[from] ?? 0), to - from);

export function windowsOf(count: number, sizes: readonly number[]): [number, number][] {
  const windows: [number, number][] = [];
  let isWhole = false;
  for (const size of sizes) {
    if (count <= size) {
      if (!isWhole) windows.push([0, count]);
      isWhole = true;
      continue;
    }
    const step = stepOf(size);
    for (let from = 0; ; from += step) {
      windows.push([from, Math.min(count, from + size)]);
      if (from + size >= count) break;
    }
  }
  return windows;
}
