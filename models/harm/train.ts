// Trains the judge of harm from text that a grammar makes and, where they are given, labelled rows of JSON lines. The same seed and data
// give the same weights, bit for bit. With `--leave-each` it prints what is found of each source that the training leaves out.
//
//   node models/harm/train.ts [--out models/harm] [--rows FILE.jsonl …] [--innocent FILE.jsonl …] [--plain FILE.jsonl …] [--leave-each]
//
// Of `--innocent` files the rows labelled 1 are left out; of `--plain` files every row is innocent of harm, whatever its label says.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { HEADS } from '../../src/detect/harm/harm-model.ts';
import { grammarTexts } from './grammar.ts';
import { exampleOf, learnedFrom, numbersFrom } from './learner.ts';
import { leaveOutLines } from './leave-out.ts';
import { readRows, sentencesOf } from './rows.ts';

const { values } = parseArgs({
  options: {
    out: { type: 'string' },
    rows: { type: 'string', multiple: true, default: [] },
    innocent: { type: 'string', multiple: true, default: [] },
    plain: { type: 'string', multiple: true, default: [] },
    'leave-each': { type: 'boolean', default: false },
    offset: { type: 'string', default: '-0.05' },
    epochs: { type: 'string', default: '3' },
    seed: { type: 'string', default: '20261122' },
    l2: { type: 'string', default: '3e-3' },
    rate: { type: 'string', default: '0.5' },
    epsilon: { type: 'string', default: '0.3' },
  },
});

const texts = (file: string): ReturnType<typeof readRows> => readRows(readFileSync(file, 'utf8'));
const ofHarm = values.rows.flatMap((file) => texts(file).map((text) => ({ ...text, isOfHarm: true })));
const rows = [
  ...ofHarm,
  ...values.innocent.flatMap((file) => texts(file).filter(({ harmful }) => !harmful)),
  ...values.plain.flatMap((file) =>
    texts(file).map((text) => ({ ...text, harmful: false, hazards: [], weight: Math.min(text.weight, 0.3) })),
  ),
];
const seed = Number(values.seed);
const grammar = grammarTexts({ folder: join(import.meta.dirname, 'grammar'), next: numbersFrom(seed) });
const examples = [...rows, ...rows.flatMap(sentencesOf), ...grammar].map(exampleOf);
const schedule = {
  epochs: Number(values.epochs), rate: Number(values.rate), l2: Number(values.l2), epsilon: Number(values.epsilon), offset: Number(values.offset),
  heads: values['leave-each'] ? 1 : HEADS, seed,
}; // prettier-ignore
console.error(`${examples.length} texts, ${examples.filter(({ text }) => text.harmful).length} harmful`);

if (values['leave-each']) {
  for (const line of leaveOutLines({ examples, sources: [...new Set(ofHarm.map(({ source }) => source))], schedule })) console.log(line);
} else {
  const bytes = learnedFrom(examples, schedule);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  console.error(`${bytes.length} bytes, sha256 ${sha256}`);
  if (values.out !== undefined) {
    writeFileSync(join(values.out, 'weights.bin'), bytes);
    writeFileSync(join(values.out, 'weights.json'), `${JSON.stringify({ sha256, bytes: bytes.length, seed })}\n`);
  }
}
