// Trains the tagger of names: a linear-chain conditional random field over hashed features, from text that a grammar makes and,
// where it is given, from labelled rows of JSON lines. The same seed and data give the same weights, bit for bit.
//
//   node models/names/train.ts --out models/names [--rows FILE.jsonl] [--leave SOURCE] [--fold K/N] [--score] [--epochs N]
//
// --leave keeps rows of one source out, --fold keeps one of N parts of the templates out, and --score tells how what was left out is found.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { featuresOf } from '../../src/detect/names/features.ts';
import { createGazetteer, type Gazetteer } from '../../src/detect/names/gazetteer.ts';
import { LABELS, TYPES, labelNumbers } from '../../src/detect/names/labels.ts';
import { createNameTagger } from '../../src/detect/names/tagger.ts';
import { tokensOf } from '../../src/detect/names/tokens.ts';
import { Field, type Example } from './crf.ts';
import { encodeWeights } from './encode.ts';
import { grammarRows, refilled, seeded, type LabelledText } from './grammar.ts';
import { allowedIn, proseOf } from './prose.ts';
import { parseRows, templateOf, type LabelledRow } from './rows.ts';
import { scoreOf, printScores } from './score.ts';

const { values } = parseArgs({
  options: {
    out: { type: 'string' },
    rows: { type: 'string' },
    leave: { type: 'string' },
    fold: { type: 'string' },
    score: { type: 'boolean' },
    epochs: { type: 'string', default: '5' },
    size: { type: 'string', default: '60000' },
    bits: { type: 'string', default: '17' },
    seed: { type: 'string', default: '20261122' },
    noRefill: { type: 'boolean' },
    prose: { type: 'string', multiple: true },
  },
});

const bits = Number(values.bits);
const mask = 2 ** bits - 1;
const next = seeded(Number(values.seed));
const chance = (share: number): boolean => next() / 2 ** 32 < share;

const full = createGazetteer();
/** Lists with holes, so that the tagger learns to do without them. */
const sparse = (share: number): Gazetteer => ({
  mark: (text, tokens, set) => full.mark(text, tokens, (i, found) => (chance(share) ? undefined : set(i, found))),
});
const holed = sparse(0.35);

const TOKENS_MAX = 1500;

function exampleOf({ text, spans }: LabelledText, gazetteer: Gazetteer): Example {
  const tokens = tokensOf(text, { from: 0, max: TOKENS_MAX });
  return {
    features: featuresOf(text, tokens, { gazetteer, mask }),
    allowed: Uint32Array.from(labelNumbers(tokens, spans), (label) => 1 << label),
  };
}

// --- data

const rows: readonly LabelledRow[] = values.rows === undefined ? [] : parseRows(readFileSync(values.rows, 'utf8'));
const [fold = -1, folds = 1] = (values.fold ?? '').split('/').map((part) => (part === '' ? -1 : Number(part)));
const hashed = (text: string): number => createHash('sha256').update(text).digest().readUInt32BE(0);
const isLeftOut = (row: LabelledRow): boolean =>
  row.source === values.leave || (fold >= 0 && hashed(templateOf(row).toLowerCase()) % folds === fold);
const kept = rows.filter((row) => !isLeftOut(row));
const leftOut = rows.filter(isLeftOut);
const grammarFold = fold >= 0 ? { fold, folds } : undefined;
const texts: LabelledText[] = [
  ...grammarRows({
    next,
    count: Number(values.size),
    folder: join(import.meta.dirname, 'grammar'),
    ...(grammarFold && { leave: grammarFold }),
  }),
  ...kept,
  ...kept.filter((row) => row.spans.length > 0).flatMap((row) => (values.noRefill ? [] : [1, 2].map(() => refilled(row, next)))),
];
/** Some of all texts as people type them: without capitals, or in nothing but capitals. */
const cased = texts.flatMap((each): LabelledText[] => {
  if (!chance(0.08)) return [];
  const text = chance(0.7) ? each.text.toLowerCase() : each.text.toUpperCase();
  return text.length === each.text.length ? [{ text, spans: each.spans }] : [];
});
const own = join(import.meta.dirname, 'grammar', 'prose.txt');
const prose = [own, ...(values.prose ?? [])].flatMap((file) => proseOf(readFileSync(file, 'utf8'), file));
const examples = [
  ...[...texts, ...cased].map((each) => exampleOf(each, chance(0.5) ? holed : full)),
  ...prose.map((text) => {
    const tokens = tokensOf(text, { from: 0, max: TOKENS_MAX });
    return { features: featuresOf(text, tokens, { gazetteer: chance(0.5) ? holed : full, mask }), allowed: allowedIn(text, tokens, full) };
  }),
];
console.error(
  `${examples.length} texts, ${examples.reduce((sum, { allowed }) => sum + allowed.length, 0)} tokens, ${leftOut.length} rows left out`,
);

// --- training

const field = new Field({ buckets: mask + 1, labels: LABELS.length, tokensMax: TOKENS_MAX });
const order = Uint32Array.from(examples.keys());
const epochs = Number(values.epochs);
for (let epoch = 0; epoch < epochs; epoch += 1) {
  for (let i = order.length - 1; i > 0; i -= 1) {
    const j = next() % (i + 1);
    const swap = order[i] ?? 0;
    order[i] = order[j] ?? 0;
    order[j] = swap;
  }
  let loss = 0;
  for (const at of order) loss += field.learn(examples[at] ?? { features: new Uint32Array(0), allowed: new Uint32Array(0) });
  console.error(`epoch ${epoch + 1}: loss ${(loss / examples.length).toFixed(4)} a text`);
}

const bytes = encodeWeights({ weights: field.weights, links: field.links, bits, labels: LABELS.length });
console.error(`weights: ${bytes.length} bytes, sha256 ${createHash('sha256').update(bytes).digest('hex')}`);
if (values.out !== undefined) {
  writeFileSync(join(values.out, 'weights.bin'), bytes);
  writeFileSync(
    join(values.out, 'weights.json'),
    `${JSON.stringify({ sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length, seed: Number(values.seed) })}\n`,
  );
}
if (values.score) {
  const tagger = createNameTagger(bytes);
  printScores(
    'left-out rows',
    scoreOf(leftOut, (text) => tagger.tag(text), TYPES),
  );
  if (grammarFold !== undefined) {
    for (const language of ['en', 'de', 'fr', 'es', 'it', 'pt', 'nl']) {
      const made = grammarRows({
        next: seeded(7),
        count: 600,
        folder: join(import.meta.dirname, 'grammar'),
        only: { ...grammarFold, language },
      });
      printScores(
        `left-out templates, ${language}`,
        scoreOf(made, (text) => tagger.tag(text), TYPES),
      );
    }
  }
}
