// Trains and asks what names an attack: one linear score for each class and family, over the window by which the attack was found.
import { labelRange } from '../../src/detect/model/weights.ts';
import type { LinearModel, Place, TrainOptions } from './linear-model.ts';
import type { TrainRow, ViewRow } from './rows.ts';

export interface Head {
  readonly label: string;
  readonly weights: Float32Array;
  readonly bias: number;
}

/** Labels that exclude each other are trained against each other: softmax with AdaGrad. */
const GROUPS: readonly { readonly field: 'class' | 'family'; readonly labels: readonly string[] }[] = [
  { field: 'class', labels: ['injection', 'jailbreak'] },
  { field: 'family', labels: ['role_play', 'instruction_hijack', 'contextual_framing', 'translation_chaining', 'obfuscation'] },
];
const EPOCHS = 10;

export function trainHeads(rows: readonly TrainRow[], options: TrainOptions, model: LinearModel): Head[] {
  return GROUPS.flatMap(({ field, labels }) => {
    const known = rows.filter((row) => labels.includes(row[field] ?? ''));
    const heads = labels.map((label) => ({
      label,
      weights: new Float32Array(1 << options.bits),
      squares: new Float32Array(1 << options.bits).fill(1e-4),
      bias: 0,
    }));
    for (let epoch = 0; epoch < EPOCHS; epoch += 1) {
      for (let step = 0; step < known.length; step += 1) {
        const row = known[Math.floor(options.random() * known.length)];
        if (row !== undefined) learn(row, { heads, model, options, wanted: row[field] ?? '' });
      }
    }
    return heads;
  });
}

interface Lesson {
  readonly heads: { readonly label: string; readonly weights: Float32Array; readonly squares: Float32Array; bias: number }[];
  readonly model: LinearModel;
  readonly options: TrainOptions;
  readonly wanted: string;
}

function learn(row: TrainRow, { heads, model, options, wanted }: Lesson): void {
  const worst = model.worst(row);
  const read = row.views[worst.view];
  // What was hidden is called so because it was hidden: the words that it hid say nothing about that.
  if (read === undefined || (wanted === 'obfuscation' && read.isHidden)) return;
  const slots = slotsAround(read, worst, options.bits).filter(() => options.random() >= options.drop);
  const norm = 1 / Math.sqrt(slots.length + 1);
  const scores = heads.map(({ weights, bias }) => Math.exp(slots.reduce((sum, slot) => sum + (weights[slot] ?? 0), 0) * norm + bias));
  const total = scores.reduce((sum, score) => sum + score, 0);
  for (const [index, head] of heads.entries()) {
    const slope = ((scores[index] ?? 0) / total - (head.label === wanted ? 1 : 0)) * norm;
    for (const slot of slots) {
      const square = (head.squares[slot] ?? 0) + slope * slope;
      head.squares[slot] = square;
      head.weights[slot] = (head.weights[slot] ?? 0) - (options.rate * slope) / Math.sqrt(square);
    }
  }
}

function slotsAround(read: ViewRow, place: Place, bits: number): number[] {
  const { from, to } = labelRange(place, read.first.length - 1);
  const mask = (1 << bits) - 1;
  return Array.from(read.features.subarray(read.first[from] ?? 0, read.first[to] ?? 0), (feature) => feature & mask);
}

/** What the heads call an attack that was found at a place, as the fast stage names it without rules. */
export function nameOf(row: TrainRow, place: Place, heads: readonly Head[]): { readonly class: string; readonly family: string } {
  const read = row.views[place.view];
  const best = (labels: readonly string[]): string => {
    let top = { label: '', score: Number.NEGATIVE_INFINITY };
    for (const { label, weights, bias } of heads) {
      if (read === undefined || !labels.includes(label)) continue;
      const slots = slotsAround(read, place, Math.log2(weights.length));
      const score = slots.reduce((sum, slot) => sum + (weights[slot] ?? 0), 0) / Math.sqrt(slots.length + 1) + bias;
      if (score > top.score) top = { label, score };
    }
    return top.label;
  };
  const [classes = [], families = []] = GROUPS.map(({ labels }) => labels);
  const family = best(families);
  return { class: family === 'role_play' ? 'jailbreak' : best(classes), family: read?.isHidden === true ? 'obfuscation' : family };
}
