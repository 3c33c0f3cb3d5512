// Tags names, places, organisations, dates, addresses, ages: a linear-chain conditional random field over hashed features
// (Lafferty, McCallum, Pereira 2001), read off by Viterbi, with the probability of each span by forward and backward sums.
import assert from 'node:assert/strict';
import { featuresOf, FEATURES } from './features.ts';
import { createGazetteer } from './gazetteer.ts';
import { LABELS, TYPES, type Label } from './labels.ts';
import { tokensOf, type Tokens } from './tokens.ts';

export const MAGIC = 0x4d4e5053;
const HEADER_BYTES = 16;
/** Tokens that are judged together; a long text is cut at such lengths, with no overlap. */
const CHUNK_TOKENS_MAX = 1_200;

export interface TaggedSpan {
  readonly type: Label;
  readonly start: number;
  readonly end: number;
  /** Probability of the least sure label of the span, 0 to 1. */
  readonly score: number;
}

export interface NameTagger {
  /** All spans in order. Linear in the length of the text. */
  tag(text: string): readonly TaggedSpan[];
}

interface Weights {
  readonly mask: number;
  readonly scale: number;
  readonly links: Float32Array;
  readonly cells: Int8Array;
}

const N = LABELS.length;

function parseWeights(bytes: Uint8Array): Weights {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const bits = view.getUint32(4, true);
  const linkBytes = N * N * 4;
  const isWhole =
    view.getUint32(0, true) === MAGIC && view.getUint32(8, true) === N && bytes.byteLength === HEADER_BYTES + linkBytes + 2 ** bits * N;
  assert(isWhole, 'the weights of the tagger of names are damaged or of another version');
  const links = new Float32Array(N * N);
  for (let at = 0; at < N * N; at += 1) links[at] = view.getFloat32(HEADER_BYTES + at * 4, true);
  // An inside follows only what it is the inside of.
  for (let from = 0; from < N; from += 1) {
    for (let to = 2; to < N; to += 2) if (from !== to && from !== to - 1) links[from * N + to] = -1e4;
  }
  const cells = new Int8Array(bytes.buffer, bytes.byteOffset + HEADER_BYTES + linkBytes, 2 ** bits * N);
  return { mask: 2 ** bits - 1, scale: view.getFloat32(12, true), links, cells };
}

/** `bytes` as the training script writes them; throws if they are anything else. */
export function createNameTagger(bytes: Uint8Array): NameTagger {
  const weights = parseWeights(bytes);
  const gazetteer = createGazetteer();
  const lattice = new Lattice(weights);
  return {
    tag(text) {
      const spans: TaggedSpan[] = [];
      for (let from = 0; from < text.length;) {
        const tokens = tokensOf(text, { from, max: CHUNK_TOKENS_MAX });
        if (tokens.size === 0) break;
        lattice.read(featuresOf(text, tokens, { gazetteer, mask: weights.mask }), tokens.size);
        spans.push(...spansOf(tokens, lattice));
        from = tokens.ends[tokens.size - 1] ?? text.length;
      }
      return spans;
    },
  };
}

function spansOf(tokens: Tokens, lattice: Lattice): readonly TaggedSpan[] {
  const spans: TaggedSpan[] = [];
  const labels = lattice.best();
  if (labels.every((label) => label === 0)) return spans;
  lattice.weigh();
  for (let i = 0; i < tokens.size; i += 1) {
    const label = labels[i] ?? 0;
    if (label === 0) continue;
    const first = i;
    let score = lattice.probability(i, label);
    const inside = label % 2 === 1 ? label + 1 : label;
    while (i + 1 < tokens.size && labels[i + 1] === inside) {
      i += 1;
      score = Math.min(score, lattice.probability(i, inside));
    }
    const type = TYPES[(inside - 2) / 2];
    if (type !== undefined) spans.push({ type, start: tokens.starts[first] ?? 0, end: tokens.ends[i] ?? 0, score });
  }
  return spans;
}

/** The labels of one chunk and what speaks for each of them. Its arrays are used again for the next chunk. */
class Lattice {
  readonly #weights: Weights;
  readonly #expLinks: Float64Array;
  readonly #scores = new Float32Array(CHUNK_TOKENS_MAX * N);
  readonly #forward = new Float64Array(CHUNK_TOKENS_MAX * N);
  readonly #backward = new Float64Array(CHUNK_TOKENS_MAX * N);
  readonly #from = new Uint8Array(CHUNK_TOKENS_MAX * N);
  #size = 0;

  constructor(weights: Weights) {
    this.#weights = weights;
    this.#expLinks = Float64Array.from(weights.links, Math.exp);
  }

  /** Adds up what the features of each token say. */
  read(features: Uint32Array, size: number): void {
    const { cells, scale } = this.#weights;
    const sums = new Int32Array(N);
    this.#size = size;
    for (let i = 0; i < size; i += 1) {
      sums.fill(0);
      for (let f = i * FEATURES; f < (i + 1) * FEATURES; f += 1) {
        const base = (features[f] ?? 0) * N;
        for (let y = 0; y < N; y += 1) sums[y] = (sums[y] ?? 0) + (cells[base + y] ?? 0);
      }
      for (let y = 0; y < N; y += 1) this.#scores[i * N + y] = (sums[y] ?? 0) * scale;
    }
  }

  /** The most likely labels (Viterbi). */
  best(): Uint8Array {
    const { links } = this.#weights;
    let row = new Float64Array(N);
    let next = new Float64Array(N);
    for (let y = 0; y < N; y += 1) row[y] = y > 0 && y % 2 === 0 ? -1e4 : (this.#scores[y] ?? 0);
    for (let i = 1; i < this.#size; i += 1) {
      for (let y = 0; y < N; y += 1) {
        let top = -Infinity;
        let from = 0;
        for (let x = 0; x < N; x += 1) {
          const score = (row[x] ?? 0) + (links[x * N + y] ?? 0);
          if (score > top) {
            top = score;
            from = x;
          }
        }
        next[y] = top + (this.#scores[i * N + y] ?? 0);
        this.#from[i * N + y] = from;
      }
      [row, next] = [next, row];
    }
    const labels = new Uint8Array(this.#size);
    let last = 0;
    for (let y = 1; y < N; y += 1) if ((row[y] ?? 0) > (row[last] ?? 0)) last = y;
    for (let i = this.#size - 1; i >= 0; i -= 1) {
      labels[i] = last;
      last = this.#from[i * N + last] ?? 0;
    }
    return labels;
  }

  /** Forward and backward sums, each row brought to one. */
  weigh(): void {
    const odds = this.#odds();
    const expLinks = this.#expLinks;
    for (let i = 0; i < this.#size; i += 1) {
      const row = i * N;
      for (let y = 0; y < N; y += 1) {
        let sum = i === 0 ? 1 : 0;
        if (i > 0) for (let x = 0; x < N; x += 1) sum += (this.#forward[row - N + x] ?? 0) * (expLinks[x * N + y] ?? 0);
        this.#forward[row + y] = sum * (odds[row + y] ?? 0);
      }
      normalise(this.#forward, row);
    }
    this.#backward.fill(1, (this.#size - 1) * N, this.#size * N);
    for (let i = this.#size - 2; i >= 0; i -= 1) {
      const row = i * N;
      for (let x = 0; x < N; x += 1) {
        let sum = 0;
        for (let y = 0; y < N; y += 1) sum += (expLinks[x * N + y] ?? 0) * (odds[row + N + y] ?? 0) * (this.#backward[row + N + y] ?? 0);
        this.#backward[row + x] = sum;
      }
      normalise(this.#backward, row);
    }
  }

  #odds(): Float64Array {
    const odds = new Float64Array(this.#size * N);
    for (let i = 0; i < this.#size; i += 1) {
      let top = -Infinity;
      for (let y = 0; y < N; y += 1) top = Math.max(top, this.#scores[i * N + y] ?? 0);
      for (let y = 0; y < N; y += 1) odds[i * N + y] = Math.exp((this.#scores[i * N + y] ?? 0) - top);
    }
    return odds;
  }

  /** After `weigh`: how likely token `i` has that label. */
  probability(i: number, label: number): number {
    let all = 0;
    for (let y = 0; y < N; y += 1) all += (this.#forward[i * N + y] ?? 0) * (this.#backward[i * N + y] ?? 0);
    return all === 0 ? 0 : ((this.#forward[i * N + label] ?? 0) * (this.#backward[i * N + label] ?? 0)) / all;
  }
}

function normalise(rows: Float64Array, row: number): void {
  let sum = 0;
  for (let y = 0; y < N; y += 1) sum += rows[row + y] ?? 0;
  if (sum > 0) for (let y = 0; y < N; y += 1) rows[row + y] = (rows[row + y] ?? 0) / sum;
}
