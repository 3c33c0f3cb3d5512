// Trains the judge of harm: logistic regression over hashed n-grams, step sizes by AdaGrad, from text that a grammar makes and,
// where they are given, labelled rows of JSON lines. The same seed and data give the same weights, bit for bit.
//
//   node models/harm/train.ts [--out models/harm] [--rows FILE.jsonl …] [--innocent FILE.jsonl …] [--leave SOURCE] [--leave-grammar K/N] [--split K/N] [--score]
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { featuresOf, type Features } from '../../src/detect/harm/features.ts';
import { createHarmJudge, HAZARDS, HEADS, MAGIC, type Hazard } from '../../src/detect/harm/harm-model.ts';
import { areaUnder, grammarTexts, readRows, type HarmText } from './rows.ts';

const { values } = parseArgs({
  options: {
    out: { type: 'string' },
    rows: { type: 'string', multiple: true, default: [] },
    innocent: { type: 'string', multiple: true, default: [] },
    leave: { type: 'string', multiple: true, default: [] },
    'leave-grammar': { type: 'string' },
    split: { type: 'string' },
    score: { type: 'boolean' },
    quick: { type: 'boolean' },
    offset: { type: 'string', default: '-0.4' },
    epochs: { type: 'string', default: '3' },
    bits: { type: 'string', default: '17' },
    seed: { type: 'string', default: '20261122' },
    l2: { type: 'string', default: '1e-3' },
    rate: { type: 'string', default: '0.5' },
    epsilon: { type: 'string', default: '0.3' },
  },
});

const bits = Number(values.bits);
const mask = 2 ** bits - 1;
const RATE = Number(values.rate);
const L2 = Number(values.l2);
const EPSILON = Number(values.epsilon);

let state = Number(values.seed) >>> 0;
function next(): number {
  state = (state + 0x6d2b79f5) >>> 0;
  let value = Math.imul(state ^ (state >>> 15), state | 1);
  value = (value + Math.imul(value ^ (value >>> 7), value | 61)) ^ value;
  return (value ^ (value >>> 14)) >>> 0;
}

const rows = [
  ...values.rows.flatMap((file) => readRows(readFileSync(file, 'utf8'))),
  ...values.innocent.flatMap((file) => readRows(readFileSync(file, 'utf8')).filter(({ harmful }) => !harmful)),
];
const part = values['leave-grammar']?.split('/').map(Number);
const grammar = grammarTexts({ folder: join(import.meta.dirname, 'grammar'), next });
const isOut = (row: HarmText): boolean => (part === undefined ? false : row.template % (part[1] ?? 1) === part[0]);
const [split = -1, splits = 1] = (values.split ?? '').split('/').map((each) => (each === '' ? -1 : Number(each)));
const isLeft = (row: HarmText): boolean =>
  values.leave.includes(row.source) ||
  (split >= 0 && createHash('sha256').update(row.text).digest().readUInt32BE(0) % splits === split && harmSources.has(row.source));
const harmSources = new Set(values.rows.flatMap((file) => readRows(readFileSync(file, 'utf8')).map(({ source }) => source)));
const training = [...rows.filter((row) => !isLeft(row)), ...grammar.filter((row) => !isOut(row))];
const leftOut = [...rows.filter(isLeft), ...grammar.filter(isOut)];

interface Example {
  readonly features: Features;
  readonly text: HarmText;
  readonly weight: number;
}

const examples: readonly Example[] = training.map((text) => ({
  text,
  weight: text.weight,
  features: featuresOf(text.text.slice(0, 2_000), mask),
}));
const weights = new Float32Array((mask + 1) * HEADS);
const squares = new Float32Array((mask + 1) * HEADS);
const bias = new Float32Array(HEADS);
const odds = (x: number): number => 1 / (1 + Math.exp(-x));

function scoreAt({ buckets, value, classes, classValue }: Features, head: number): number {
  let sum = 0;
  for (const bucket of buckets) sum += weights[bucket * HEADS + head] ?? 0;
  let told = 0;
  for (const bucket of classes) told += weights[bucket * HEADS + head] ?? 0;
  return sum * value + told * classValue + (bias[head] ?? 0);
}

function step(at: number, slope: number): void {
  const sum = (squares[at] ?? 0) + slope * slope;
  squares[at] = sum;
  const old = weights[at] ?? 0;
  weights[at] = old + (RATE * (slope - L2 * old)) / (Math.sqrt(sum) + EPSILON);
}

/** What a head should say of a text: 1, 0, or nothing where it is not known. */
function target(text: HarmText, head: number): number | undefined {
  if (head === 0 || !text.harmful) return text.harmful ? 1 : 0;
  if (text.hazards.length === 0) return undefined;
  return text.hazards.includes(HAZARDS[head - 1] as Hazard) ? 1 : 0;
}

function learn({ features, text, weight }: Example): void {
  for (let head = 0; head < (values.quick ? 1 : HEADS); head += 1) {
    const wanted = target(text, head);
    if (wanted === undefined) continue;
    const gradient = weight * (wanted - odds(scoreAt(features, head)));
    if (Math.abs(gradient) < 1e-3) continue;
    bias[head] = (bias[head] ?? 0) + 0.02 * gradient;
    for (const bucket of features.buckets) step(bucket * HEADS + head, gradient * features.value);
    for (const bucket of features.classes) step(bucket * HEADS + head, gradient * features.classValue);
  }
}

const order = Uint32Array.from(examples.keys());
for (let epoch = 0; epoch < Number(values.epochs); epoch += 1) {
  for (let i = order.length - 1; i > 0; i -= 1) {
    const j = next() % (i + 1);
    const swap = order[i] ?? 0;
    order[i] = order[j] ?? 0;
    order[j] = swap;
  }
  for (const at of order) {
    const example = examples[at];
    if (example !== undefined) learn(example);
  }
}

function encode(slope: number, offset: number): Uint8Array {
  const max = weights.reduce((top, weight) => Math.max(top, Math.abs(weight)), 0);
  const scale = Math.min(max, 6) / 127;
  const header = new DataView(new ArrayBuffer(32));
  header.setUint32(0, MAGIC, true);
  header.setUint32(4, bits, true);
  header.setUint32(8, HEADS, true);
  header.setFloat32(12, scale, true);
  header.setFloat32(16, slope, true);
  header.setFloat32(20, offset, true);
  const small = Int8Array.from(weights, (weight) => Math.max(-127, Math.min(127, Math.round(weight / scale))));
  return Buffer.concat([Buffer.from(header.buffer), Buffer.from(bias.buffer), Buffer.from(small.buffer)]);
}

const bytes = encode(1, Number(values.offset));
const sha256 = createHash('sha256').update(bytes).digest('hex');
console.error(
  `${examples.length} texts (${examples.filter(({ text }) => text.harmful).length} harmful), ${bytes.length} bytes, sha256 ${sha256}`,
);
if (values.out !== undefined) {
  writeFileSync(join(values.out, 'weights.bin'), bytes);
  writeFileSync(join(values.out, 'weights.json'), `${JSON.stringify({ sha256, bytes: bytes.length, seed: Number(values.seed) })}\n`);
}
if (values.score) {
  const judge = createHarmJudge(bytes);
  const scored = leftOut.map((row) => ({
    row,
    score: judge.weigh(row.text.slice(0, 1_200)).score,
    hazard: judge.weigh(row.text.slice(0, 1_200)).hazard,
  }));
  const bad = scored.filter(({ row }) => row.harmful);
  const good = scored.filter(({ row }) => !row.harmful);
  const share = (list: typeof scored): string =>
    list.length === 0 ? '-' : (list.filter(({ score }) => score >= 0.5).length / list.length).toFixed(3);
  const known = bad.filter(({ row }) => row.hazards.length > 0);
  console.log(
    `${(values.leave[0] ?? values.split ?? `grammar ${values['leave-grammar']}`).padEnd(34)} harmful ${String(bad.length).padStart(4)} innocent ${String(good.length).padStart(4)}  ` +
      `AUC ${good.length > 0 && bad.length > 0 ? areaUnder(bad.map(({ score }) => score), good.map(({ score }) => score)).toFixed(3) : '-    '}  ` +
      `at 0.5: recall ${share(bad)}, false ${share(good)}  hazard ${known.length === 0 ? '-' : (known.filter(({ row, hazard }) => row.hazards.includes(hazard)).length / known.length).toFixed(3)}`,
  ); // prettier-ignore
  if (process.env['SCORES'] !== undefined)
    writeFileSync(
      process.env['SCORES'],
      scored
        .map(({ row, score }) => JSON.stringify({ source: row.source, label: row.harmful ? 1 : 0, score, text: row.text.slice(0, 120) }))
        .join('\n'),
    );
}
