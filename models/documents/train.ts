// Fits, evaluates and writes what the judge of documents weighs: how likely a hidden text gives orders to a model.
//   node models/documents/train.ts [--data FILE]... [--write] [--seed N] [--set NAME=NUMBER]...
// It weighs what the cascade says, so it is run again after each training of models/injection. Without --write it only evaluates: each source
// left out once, own texts in sixths. With --write it also fits to all rows and writes orders.json and figures.json. The same rows and
// seed give the same bytes.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { rowBench } from '../../src/app/commands/detect-row.ts';
import { loadDetectors } from '../../src/app/serve/guards.ts';
import { PLACES, SIGNS, type OrderWeights } from '../../src/detect/documents/order-weights.ts';
import { cascadeDigest, writeFigures } from './corpus.ts';
import { groupOf, isFound, judged, limitsFor, type Judged } from './limits.ts';
import { fitted } from './logistic.ts';
import { readRows, type DocumentRow } from './rows.ts';

const { values } = parseArgs({
  options: {
    data: { type: 'string', multiple: true, default: [] },
    seed: { type: 'string', default: '1' },
    write: { type: 'boolean', default: false },
    set: { type: 'string', multiple: true, default: [] },
  },
});
const seed = Number(values.seed);
const settings = {
  /** Few texts teach, so weights are drawn to nothing. */
  l2: 0.003,
  /** Of the given innocent documents, by this judge and the others together. */
  falseAlarms: 0.02,
  /** Of own innocents under suspicion, by this judge alone: they are worded like orders, far more of them than documents have. */
  hidden: 0.06,
  /** Only sentences that are worded for a model are asked at all, one innocent of ten. */
  sight: 0.25,
};
for (const one of values.set) {
  const [name = '', value = ''] = one.split('=');
  if (!(name in settings)) throw new Error(`there is no setting ${name}`);
  Object.assign(settings, { [name]: Number(value) });
}

/** Each row by weights that never saw its source. */
function leftOut(rows: readonly DocumentRow[]): Judged[] {
  return [...Map.groupBy(rows, ({ source }) => source)].flatMap(([source, some]) => {
    const others = rows.filter((row) => row.source !== source);
    return judged(fitted(others, settings.l2), some);
  });
}

function tell(title: string, some: readonly Judged[]): void {
  const of = (label: 0 | 1): string => {
    const asked = some.filter(({ row }) => row.label === label);
    if (asked.length === 0) return '-'.padEnd(36);
    const found = asked.filter((one) => isFound(one, limits));
    const alone = found.filter(({ row }) => !row.isFlagged).length;
    return `${((100 * found.length) / asked.length).toFixed(1).padStart(5)} % of ${String(asked.length).padStart(4)}, ${String(alone).padStart(3)} by this alone`;
  };
  console.log(`${title.padEnd(48)} orders ${of(1)}  innocents ${of(0)}`);
}

function tellAll(title: string, some: readonly Judged[]): void {
  for (const [kind, isKind] of [['own, hidden', isOwnHidden], ['own, in plain sight', isOwnSeen], ['given', isGiven]] as const) {
    const asked = some.filter(isKind);
    if (asked.length > 0) tell(`${title}: ${kind}`, asked);
  }
} // prettier-ignore

const isGiven = ({ row }: Judged): boolean => !row.isOwn;
const isOwnHidden = ({ row, odds }: Judged): boolean => row.isOwn && Number.isFinite(odds.hidden);
const isOwnSeen = ({ row, odds }: Judged): boolean => row.isOwn && !Number.isFinite(odds.hidden);

const detectors = await loadDetectors();
const rows = readRows({ detectors, seed, files: values.data });
console.log(`${rows.length} documents, ${rows.filter(({ isOwn }) => isOwn).length} of them own`);
const out = leftOut(rows);
const whole = fitted(rows, settings.l2);
const inside = judged(whole, rows);
const limits = limitsFor({ out, inside }, { falseAlarms: settings.falseAlarms, lookAlikes: settings });
for (const [source, some] of [...Map.groupBy(out, ({ row }) => row.source)].sort(([one], [other]) => one.localeCompare(other)))
  tell(`without ${source}`, some);
tellAll('each source left out', out);
tellAll('fitted to all', inside);
const weights = rounded(whole);
console.log(weights);
if (values.write) write();

/** Four digits, so that a person can read them; what is told stands at 0. */
function rounded(found: OrderWeights): OrderWeights {
  const short = (value: number): number => Number(value.toFixed(4));
  return {
    weights: Object.fromEntries(SIGNS.map((sign) => [sign, short(found.weights[sign])])) as OrderWeights['weights'],
    biases: Object.fromEntries(
      PLACES.map((place) => [place, short(found.biases[place] - limits[groupOf(place)])]),
    ) as OrderWeights['biases'],
  };
}

function write(): void {
  const provenance = {
    seed,
    settings,
    rows: rows.length,
    data: values.data.map((path) => createHash('sha256').update(readFileSync(path)).digest('hex')),
  };
  const file = { format: 'sallyport-orders', ...weights, injection: cascadeDigest(), provenance };
  writeFileSync(new URL('orders.json', import.meta.url), `${JSON.stringify(file, null, 2)}\n`);
  const bench = rowBench('documents', { ...detectors, orders: weights });
  if (bench === undefined) throw new Error('nobody judges documents');
  console.log(writeFigures(bench));
}
