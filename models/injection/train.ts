// Trains, evaluates and writes the weights of the fast stage.
//   node models/injection/train.ts [--data FILE]... [--write] [--seed N] [--scores FILE]
// Without --write it only evaluates: each source left out once, own rows left out by author. With --write it also trains on all
// rows and writes fast.bin and fast.json. The same rows and seed give the same bytes. With --scores the score of each left-out row is
// written as a line of JSON, for bench/band.ts and strong/train.ts.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { seededRandom } from '../../corpus/injection/seeded-random.ts';
import { FEATURES_VERSION, lengthCost, ruleLift, type FastManifest } from '../../src/detect/model/weights.ts';
import { areaUnderCurve, countAbove, recallAt, thresholdAt, type Scored } from '../../src/app/commands/eval-figures.ts';
import { plattSlope } from './calibration.ts';
import { nameOf, trainHeads, type Head } from './heads.ts';
import { LinearModel, type TrainOptions } from './linear-model.ts';
import { bend } from './adversary.ts';
import { FREE, openReader, PAGES, readRows, type TrainRow } from './rows.ts';

const { values } = parseArgs({
  options: {
    data: { type: 'string', multiple: true, default: [] },
    seed: { type: 'string', default: '1' },
    write: { type: 'boolean', default: false },
    scores: { type: 'string' },
    verbose: { type: 'boolean', default: false },
    set: { type: 'string', multiple: true, default: [] },
  },
});
const seed = Number(values.seed);
const settings = {
  bits: 20,
  headBits: 16,
  epochs: 4,
  rate: 0.3,
  drop: 0.2,
  lose: 0.5,
  loseShare: 0.5,
  ownWeight: 1.2,
  /** A row of its own wording teaches more than one of a grammar. */
  freeWeight: 5,
  /** More finds less in fetched text, whose honest orders then teach that orders are honest; less flags more pages. */
  pageWeight: 2,
  fetchedPageWeight: 0.7,
  ruleWeight: 0.45,
  /** What a text has to be surer by, each time that it is e times as long: the worst of many windows looks worse by chance. */
  lengthWeight: 2,
  falseAlarms: 0.014,
  ownFolds: 4,
  longAttack: 0.3,
  runs: 2,
  sourceFolds: 0,
  bentAttacks: 7000,
  bentInnocents: 6000,
  bentTries: 40,
  // Two rounds of edited rows hold 20 of 100 attacks in place of 13 against who sees scores (bench/adaptive.ts), for five points of indirect recall.
  bentRounds: 0,
  bentWeight: 1,
};
for (const one of values.set) {
  const [name = '', value = ''] = one.split('=');
  if (!(name in settings)) throw new Error(`there is no setting ${name}`);
  Object.assign(settings, { [name]: Number(value) });
}
const windows = [9, 18, 36, 96];
const options = (from: number): TrainOptions => ({ ...settings, windows, random: seededRandom(from) });

/** Operators say how their model shall refuse, in the words of attacks; what a model said is less likely to give it orders. */
const ORIGINS = { operator: -6, model: -1 };

/** A source of thousands of rows must not drown one of a hundred. */
const SOURCE_ROWS = 400;
const WEIGHT_MAX = 4;

/** Longer texts are not bent: an edit of many words changes little. */
const BENT_UNITS_MAX = 400;
/** Of texts in other languages than English, few: most edits are English. */
const OTHERS_SHARE = 0.25;

function weigh(rows: readonly TrainRow[]): void {
  const counts = new Map<string, number>();
  for (const { source, label } of rows) counts.set(`${source} ${label}`, (counts.get(`${source} ${label}`) ?? 0) + 1);
  for (const row of rows) {
    const count = counts.get(`${row.source} ${row.label}`) ?? 1;
    const isLong = row.label === 1 && row.origin !== 'user' && row.text.length > 400;
    row.weight =
      (isLong ? settings.longAttack : 1) *
      (row.isBent === true ? settings.bentWeight : 1) *
      (row.source.startsWith(FREE)
        ? settings.freeWeight
        : row.source.startsWith(PAGES)
          ? row.origin === 'user'
            ? settings.pageWeight
            : settings.fetchedPageWeight
          : row.isOwn
            ? settings.ownWeight
            : Math.min(WEIGHT_MAX, Math.sqrt(SOURCE_ROWS / count)));
  }
}

/** The mean of a few models that differ only in the order of the rows and the features dropped: steadier than any of them. */
function train(rows: readonly TrainRow[]): LinearModel {
  weigh(rows);
  const mean = new LinearModel(options(seed));
  for (let run = 0; run < settings.runs; run += 1) {
    const model = new LinearModel(options(seed + run * 1000));
    model.train(rows);
    mean.add(model, 1 / settings.runs);
  }
  return mean;
}

const lift = (row: TrainRow): number => ruleLift(settings.ruleWeight, row.found, tokensOf(row));

interface Left extends Scored {
  readonly row: TrainRow;
  readonly model: number;
  /** Of own attacks, what the model would call them. */
  readonly named?: ReturnType<typeof nameOf>;
}

/** Tokens of the text as it stands. */
const tokensOf = ({ views: [plainView] }: TrainRow): number => (plainView?.first.length ?? 1) - 1;

/** Scores of rows by models that never saw their source. */
function leaveOut(rows: readonly TrainRow[], partOf: (row: TrainRow) => string | undefined): Left[] {
  const parts = [...new Set(rows.map(partOf))].filter((part) => part !== undefined);
  return parts.flatMap((part) => {
    const kept = rows.filter((row) => partOf(row) !== part && row.isPage !== true);
    const left = rows.filter((row) => partOf(row) === part && row.isBent !== true);
    const model = train(kept);
    const heads = left.some(({ isOwn }) => isOwn) ? headsOf(kept, model) : [];
    return left.map((row) => {
      const place = model.worst(row);
      const score = Math.max(-20, place.score) - lengthCost(settings.lengthWeight, tokensOf(row));
      const named = row.isOwn && row.label === 1 ? { named: nameOf(row, place, heads) } : {};
      return { row, label: row.label, model: score, score: score + lift(row), ...named };
    });
  });
}

const headsOf = (some: readonly TrainRow[], model: LinearModel): Head[] =>
  trainHeads(
    some.filter(({ isOwn, label }) => isOwn && label === 1),
    { ...options(seed), bits: settings.headBits },
    model,
  );

const shareAbove = (some: readonly Scored[], above: number): number => countAbove(some, above) / Math.max(1, some.length);
const percent = (share: number): string => (100 * share).toFixed(1).padStart(5);

function tell(title: string, rows: readonly Scored[]): void {
  console.log(
    `${title.padEnd(34)} AUC ${areaUnderCurve(rows).toFixed(4)}  recall at 1 % ${percent(recallAt(rows, 0.01).value)}  0.3 % ${percent(recallAt(rows, 0.003).value)}  0.1 % ${percent(recallAt(rows, 0.001).value)}`,
  );
}

function tellGroups(rows: readonly Left[], threshold: number, keyOf: (row: TrainRow) => string): void {
  const groups = Map.groupBy(rows, ({ row }) => keyOf(row));
  for (const [key, group] of [...groups].sort(([one], [other]) => one.localeCompare(other))) {
    const of = (label: 0 | 1): string => {
      const some = group.filter((one) => one.label === label);
      return some.length === 0 ? '      -' : `${percent(shareAbove(some, threshold))} of ${String(some.length).padStart(4)}`;
    };
    console.log(`  ${key.padEnd(52)} attacks ${of(1).padEnd(14)} innocents ${of(0)}`);
  }
}

const reader = await openReader();
const plain = await readRows({ seed, files: values.data, reader });
console.log(`${plain.length} rows, ${plain.filter(({ isOwn }) => isOwn).length} of them own`);
const rows = [...plain];
for (let round = 0; round < settings.bentRounds; round += 1) rows.push(...bendRows(round));
const authors = [...new Set(rows.filter(({ isOwn }) => isOwn).map(({ source }) => source))].sort();
const foldOf = new Map(authors.map((author, index) => [author, `own ${index % settings.ownFolds}`]));
const sources = [...new Set(rows.filter(({ isOwn }) => !isOwn).map(({ source }) => source))].sort();
const shared = leaveOut(rows, (row) =>
  row.isOwn ? undefined : settings.sourceFolds === 0 ? row.source : `fold ${sources.indexOf(row.source) % settings.sourceFolds}`,
);
const ownAndPages = leaveOut(rows, (row) => foldOf.get(row.source));
const own = ownAndPages.filter(({ row }) => row.isPage !== true);
const pages = ownAndPages.filter(({ row }) => row.isPage === true);
if (shared.length > 0) {
  tell(
    'sources left out, model alone',
    shared.map(({ label, model }) => ({ label, score: model })),
  );
  tell('sources left out, with rules', shared);
}
tell(
  'own authors left out, model alone',
  own.map(({ label, model }) => ({ label, score: model })),
);
tell(
  'own authors left out, rules alone',
  own.map(({ label, row }) => ({ label, score: row.found.rules })),
);
tell('own authors left out, with rules', own);
// The own innocents are look-alikes, far more of them than traffic has: where there are others, those set the threshold.
const threshold = thresholdAt(shared.length > 0 ? shared : own, settings.falseAlarms);
const flagged = (some: readonly Left[], label: 0 | 1): string =>
  percent(
    shareAbove(
      some.filter((one) => one.label === label),
      threshold,
    ),
  );
console.log(
  `at the default threshold: shared recall ${flagged(shared, 1)} false alarms ${flagged(shared, 0)}; own recall ${flagged(own, 1)} false alarms ${flagged(own, 0)}`,
);
console.log(`long innocent pages, by authors left out: ${flagged(pages, 0)} % of ${pages.length} flagged`);
const foundOwn = own.filter(({ named, score }) => named !== undefined && score >= threshold);
const rightly = (field: 'class' | 'family'): string =>
  percent(foundOwn.filter(({ row, named }) => named?.[field] === row[field]).length / foundOwn.length);
console.log(`own attacks found, by authors left out: class named rightly ${rightly('class')}, family ${rightly('family')}`);
if (values.verbose) {
  tellGroups(shared, threshold, (row) => row.source);
  tellGroups(shared, threshold, (row) => row.category);
  tellGroups(own, threshold, (row) => row.source);
  tellGroups(own, threshold, (row) => `language ${row.lang}`);
}
if (values.scores !== undefined) writeScores(values.scores);
if (values.write) write();

/** As the product would tell them: calibrated on the left-out rows themselves. */
function writeScores(path: string): void {
  const slope = plattSlope(shared);
  const lines = [...shared, ...own].map(({ row: { id, source, category, label }, score }) =>
    JSON.stringify({ id, source, category, label, score: 1 / (1 + Math.exp(-slope * (score - threshold))) }),
  );
  writeFileSync(path, `${lines.join('\n')}\n`);
}

/** Texts that an adversary bent against a model of the rows so far: attacks down, innocents up. */
function bendRows(round: number): TrainRow[] {
  const began = performance.now();
  weigh(rows);
  const model = new LinearModel({ ...options(seed + 50 + round), epochs: 2 });
  model.train(rows);
  const random = seededRandom(seed + 70 + round);
  const take = (label: 0 | 1, wanted: number): TrainRow[] => {
    const some = plain.filter(
      (row) => row.label === label && row.text.length <= BENT_UNITS_MAX && (row.lang === 'en' || random() < OTHERS_SHARE),
    );
    const share = wanted / settings.bentRounds / some.length;
    return some.filter(() => random() < share);
  };
  const bent = [...take(1, settings.bentAttacks), ...take(0, settings.bentInnocents)].map((row) => {
    const scoreOf = (text: string): number => {
      const read = reader.again(row, text);
      return model.worst(read).score + lift(read);
    };
    return reader.again(row, bend(row.text, { random, scoreOf, tries: settings.bentTries, isAttack: row.label === 1 }));
  });
  console.log(`round ${round + 1}: ${bent.length} rows bent in ${Math.round((performance.now() - began) / 1000)} s`);
  return bent;
}

function write(): void {
  const learned = rows.filter(({ isPage }) => isPage !== true);
  const model = train(learned);
  const heads = headsOf(learned, model);
  const scale = scaleOf(model.weights);
  const headScale = Math.max(...heads.map(({ weights }) => scaleOf(weights)));
  const bytes = Buffer.concat(
    [quantised(model.weights, scale), ...heads.map(({ weights }) => quantised(weights, headScale))].map((part) => Buffer.from(part.buffer)),
  );
  // Of own rows most were written to look like the other side: a score's certainty is that on other people's texts.
  const slope = plattSlope(shared.length > 0 ? shared : own);
  const manifest: FastManifest = {
    format: 'sallyport-fast',
    features: FEATURES_VERSION,
    digest: createHash('sha256').update(bytes).digest('hex'),
    bits: settings.bits,
    headBits: settings.headBits,
    scale,
    headScale,
    bias: model.bias,
    disguise: [...model.disguise],
    origin: ORIGINS,
    windows,
    ruleWeight: settings.ruleWeight,
    lengthWeight: settings.lengthWeight,
    calibration: { slope, offset: -slope * threshold },
    heads: heads.map(({ label, bias }) => ({ label, bias })),
  };
  writeFileSync(new URL('fast.bin', import.meta.url), bytes);
  const provenance = {
    seed,
    settings,
    rows: learned.length,
    data: values.data.map((path) => createHash('sha256').update(readFileSync(path)).digest('hex')),
  };
  writeFileSync(new URL('fast.json', import.meta.url), `${JSON.stringify({ ...manifest, provenance }, null, 2)}\n`);
  console.log(`written: ${bytes.length} bytes`);
}

/** All but one weight in ten thousand fit into a signed byte; the rest are cut to its ends. */
function scaleOf(weights: Float32Array): number {
  const sizes = weights
    .filter((weight) => weight !== 0)
    .map(Math.abs)
    .sort();
  return (sizes[Math.floor(sizes.length * 0.9999)] ?? 1) / 127;
}

function quantised(weights: Float32Array, scale: number): Int8Array {
  return Int8Array.from(weights, (weight) => Math.max(-127, Math.min(127, Math.round(weight / scale))));
}
