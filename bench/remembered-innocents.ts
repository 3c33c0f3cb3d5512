// What the memory of blocked texts costs innocents. First, those whose text was blocked by mistake and who word it anew, or ask something
// else (`corpus/injection/rewordings.jsonl`, written by hand). Then everybody else, beside a memory that is full of attacks.
// Last, what it costs.
//   node bench/remembered-innocents.ts [FILE ...] [--show]     FILE: JSON lines with text, label and, where it is not user, origin
import { readFileSync } from 'node:fs';
import { generateRows } from '../corpus/injection/generate.ts';
import { loadDetectors } from '../src/app/serve/guards.ts';
import type { Origin } from '../src/core/types.ts';
import { createMeaningJudge } from '../src/detect/meaning/judge.ts';
import { TEXT_UNITS_MAX } from '../src/detect/detector.ts';
import { VariantReader } from '../src/detect/variant/sketch.ts';
import { TriedGateway } from './support/tried-gateway.ts';

interface Row {
  readonly text: string;
  readonly label?: number;
  readonly origin?: Origin;
}
interface Rewording {
  readonly blocked: string;
  readonly rewordings: readonly string[];
  readonly else: string;
}

const MEMORY = 2_000;
const judge = createMeaningJudge((await loadDetectors()).meaning);
const isShowing = process.argv.includes('--show');
const rowsOf = <T>(file: string | URL): T[] =>
  readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T);
const corpus = (name: string): URL => new URL(`../corpus/injection/${name}`, import.meta.url);
const percent = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(2)} %`;

function reworded(): void {
  const pairs = rowsOf<Rewording>(corpus('rewordings.jsonl'));
  const counts = { asked: 0, passed: 0, stopped: 0, elsewhere: 0, elsewherePassed: 0 };
  for (const pair of pairs) {
    const gateway = new TriedGateway(judge, 'user', true);
    gateway.take(pair.blocked);
    for (const text of pair.rewordings) {
      counts.asked += 1;
      const { own, score, isBlocked } = gateway.ask(text);
      if (own < 0.5) counts.passed += 1;
      if (own >= 0.5 || !isBlocked) continue;
      counts.stopped += 1;
      if (isShowing) console.log(`  ${own.toFixed(3)} -> ${score.toFixed(3)} ${JSON.stringify(text)}`);
    }
    const other = gateway.ask(pair.else);
    if (other.own < 0.5) counts.elsewhere += 1;
    if (other.own < 0.5 && !other.isBlocked) counts.elsewherePassed += 1;
  }
  console.log(
    `${pairs.length} innocents blocked by mistake; of ${counts.passed} rewordings that pass by themselves ${counts.stopped} are stopped`,
  );
  console.log(`of ${counts.elsewhere} other questions of theirs ${counts.elsewhere - counts.elsewherePassed} are stopped`);
}

/** As many attacks as a tenant can have in memory, from all that is at hand. */
function fullGateway(attacks: readonly Row[]): TriedGateway {
  const gateway = new TriedGateway(judge, 'user', true);
  const step = Math.max(1, attacks.length / (MEMORY * 1.5));
  for (let at = 0; at < attacks.length && gateway.memory.counts.held < MEMORY; at += step) {
    const { text = '', origin } = attacks[Math.floor(at)] ?? {};
    gateway.ask(text, origin);
  }
  gateway.stopRemembering();
  return gateway;
}

function beside(name: string, gateway: TriedGateway, innocents: readonly Row[]): void {
  let added = 0;
  for (const { text, origin } of innocents) {
    const { own, score, isBlocked } = gateway.ask(text, origin);
    if (own >= 0.5 || !isBlocked) continue;
    added += 1;
    if (isShowing) console.log(`  ${own.toFixed(3)} -> ${score.toFixed(3)} ${JSON.stringify(text.slice(0, 160))}`);
  }
  console.log(`${name}: ${innocents.length} innocents, ${added} false alarms added (${percent(added, innocents.length)})`);
}

reworded();
const made = generateRows(11);
const files = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const given = files.flatMap((file) => rowsOf<Row>(file)).filter(({ text }) => text.length <= TEXT_UNITS_MAX);
const isAttack = ({ label }: Row): boolean => label === 1;
const gateway = fullGateway(
  [...made.filter(isAttack), ...given.filter(isAttack)].toSorted((one, other) => (one.text.length % 97) - (other.text.length % 97)),
);
console.log(`beside a memory of ${gateway.memory.counts.held} attacks`);
beside('written by hand', gateway, rowsOf<Row>(corpus('benign.jsonl')));
beside(
  'made of templates',
  gateway,
  made.filter((row) => !isAttack(row)),
);
if (given.length > 0)
  beside(
    'given',
    gateway,
    given.filter((row) => !isAttack(row)),
  );

/** Best of several rounds: what the code costs when nothing else runs. */
function microseconds(run: () => unknown): string {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 60; round += 1) {
    const fromMs = performance.now();
    for (let time = 0; time < 50; time += 1) run();
    if (round > 10) best = Math.min(best, (performance.now() - fromMs) * 20);
  }
  return `${best.toFixed(1)} µs`;
}

const KILOBYTE = 'Could you help me plan a garden behind my house with vegetables that children like, and that need little water? '
  .repeat(10)
  .slice(0, 1024);
const inDoubt = { state: 'looked', findings: [], score: 0.3 } as const;
const reader = new VariantReader(1);
const empty = new TriedGateway(judge, 'user', true);
console.log(
  `1 kB read: ${microseconds(() => reader.read(KILOBYTE, () => {}))}, a sketch made of it: ${microseconds(() => reader.sketch(KILOBYTE))}`,
);
console.log(`1 kB in doubt, nothing remembered: ${microseconds(() => empty.memory.recall('tenant', KILOBYTE, inDoubt))}`);
console.log(`1 kB in doubt beside a full memory: ${microseconds(() => gateway.memory.recall('tenant', KILOBYTE, inDoubt))}`);
