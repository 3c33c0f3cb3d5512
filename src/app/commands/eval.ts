// `sallyport eval`: how well this installation's detectors do on labelled rows of one's own: figures with intervals, by group, and
// which threshold keeps a budget of false alarms.
import type { Command } from 'commander';
import { z } from 'zod';
import type { Task } from '../../detect/detector.ts';
import { readRow, TASKS, toVerdict, type Verdict } from './detect-row.ts';
import {
  areaWithInterval,
  attacksOf,
  countAbove,
  curveOf,
  innocentsOf,
  recallAt,
  shareOf,
  thresholdAt,
  type CurvePoint,
  type Share,
} from './eval-figures.ts';
import { linesOf } from './lines.ts';
import { print, printJson, table, tell } from './printing.ts';
import { stageFigures, stageText, type StageFigures } from './eval-stages.ts';
import { CONFIG_WORDS, openRowDesk, rowsFrom, thresholdOf, type DeskOptions, type RowDesk } from './row-desk.ts';
import { SECOND_LOOK_WORDS } from './second-look-option.ts';
import { WITHOUT_WORDS } from './stage-options.ts';

const LINE_UNITS_MAX = 134_217_728;
const ROWS_MAX = 1_000_000;
const BUDGETS = [0.001, 0.005, 0.01, 0.02, 0.05];
const CURVE_POINTS = 200;
/** Groups in a table; the largest come first. */
const GROUPS_MAX = 40;

interface EvalOptions extends DeskOptions {
  readonly jsonl: string;
  readonly threshold: string;
  readonly group: string;
  readonly json?: boolean;
}

const labelSchema = z.looseObject({ label: z.union([z.literal(0), z.literal(1)]) });

interface JudgedRow {
  readonly label: 0 | 1;
  readonly score: number;
  readonly verdict: Verdict;
  /** All members of the row, for grouping. */
  readonly members: Readonly<Record<string, unknown>>;
}

export function addEvalCommand(program: Command): void {
  program
    .command('eval')
    .description('figures of a task over labelled JSON lines: those of detect, with "label" 0 or 1')
    .requiredOption('--task <task>', TASKS.join(', '))
    .requiredOption('--jsonl <file>', 'labelled rows; - is standard input')
    .option('--threshold <score>', 'score from which on a row is flagged', '0.5')
    .option('--group <members>', 'members to break the figures down by', 'category,source,lang')
    .option('--without <stages>', WITHOUT_WORDS)
    .option('--config <file>', CONFIG_WORDS)
    .option('--second-look <file>', SECOND_LOOK_WORDS)
    .option('--json', 'print JSON, with the curve')
    .action(evaluate);
}

async function evaluate(options: EvalOptions): Promise<void> {
  const threshold = thresholdOf(options.threshold);
  const input = rowsFrom(options.jsonl);
  const desk = await openRowDesk(options, tell);
  const { task } = desk;
  const { rows, unread } = await judgeAll(input, desk, threshold);
  await desk.close();
  const [first] = unread;
  if (first !== undefined)
    tell(
      `sallyport: ${unread.length} lines are no labelled rows and were left out: line ${first.number}, the first of them: ${first.wrong}`,
    );
  if (rows.length === 0) {
    process.exitCode = 3;
    return tell('sallyport: no labelled rows');
  }
  const groups = options.group.split(',').filter((member) => member !== '');
  const figures = { ...figuresOf(rows, groups), stages: stageFigures(rows, threshold) };
  if (options.json === true)
    printJson({ task, threshold, unread: unread.length, ...figures, curve: curveOf(rows, CURVE_POINTS) satisfies CurvePoint[] });
  else print(figuresText(figures, { task, threshold }));
  process.exitCode = unread.length > 0 ? 2 : 0;
}

interface Unread {
  readonly number: number;
  readonly wrong: string;
}

interface JudgedRows {
  readonly rows: readonly JudgedRow[];
  readonly unread: readonly Unread[];
}

async function judgeAll(input: AsyncIterable<Uint8Array | string>, desk: RowDesk, threshold: number): Promise<JudgedRows> {
  const rows: JudgedRow[] = [];
  const unread: Unread[] = [];
  for await (const { number, text } of linesOf(input, LINE_UNITS_MAX)) {
    const read = rows.length >= ROWS_MAX ? { wrong: `there are ${ROWS_MAX} rows before it, and no more are judged` } : readLabelled(text);
    if ('wrong' in read) {
      unread.push({ number, wrong: read.wrong });
      continue;
    }
    const { row, members } = read;
    if (rows.length === 1) desk.wake();
    const startedMs = performance.now();
    const verdict = toVerdict(row.id, await desk.judge(row), { threshold, ms: 0 });
    const ms = performance.now() - startedMs;
    // What could not be looked at is flagged whatever the threshold.
    const score = verdict.failed === undefined ? verdict.score : 1;
    rows.push({ label: members.label, score, verdict: { ...verdict, ms }, members });
  }
  return { rows, unread };
}

function readLabelled(text: string | undefined) {
  if (text === undefined) return { wrong: `it is longer than ${LINE_UNITS_MAX} characters` };
  const read = readRow(text);
  if ('wrong' in read) return read;
  const labelled = labelSchema.safeParse(JSON.parse(text));
  return labelled.success ? { row: read.row, members: labelled.data } : { wrong: 'it has no "label" that is 0 or 1' };
}

interface GroupFigures {
  readonly group: string;
  readonly rows: number;
  readonly recall: Share;
  readonly falseAlarms: Share;
}

interface Figures {
  readonly rows: number;
  readonly attacks: number;
  readonly failed: number;
  readonly precision: Share;
  readonly recall: Share;
  readonly falseAlarms: Share;
  readonly f1: number;
  /** Absent where all rows have one label. */
  readonly area?: Share;
  readonly budgets: readonly { readonly budget: number; readonly threshold: number; readonly recall: Share; readonly falseAlarms: Share }[];
  /** Of the attacks found whose rows name a class or family. */
  readonly classRight?: Share;
  readonly familyRight?: Share;
  readonly ms: { readonly p50: number; readonly p99: number };
  readonly groups: Readonly<Record<string, readonly GroupFigures[]>>;
}

function figuresOf(rows: readonly JudgedRow[], groups: readonly string[]): Figures {
  const attacks = attacksOf(rows);
  const innocents = innocentsOf(rows);
  const hits = flaggedOf(attacks);
  const alarms = flaggedOf(innocents);
  const times = rows.map(({ verdict }) => verdict.ms).sort((one, other) => one - other);
  const at = (share: number): number => times[Math.min(times.length - 1, Math.floor(share * times.length))] ?? 0;
  const hasBoth = attacks.length > 0 && innocents.length > 0;
  return {
    rows: rows.length,
    attacks: attacks.length,
    failed: rows.filter(({ verdict }) => verdict.failed !== undefined).length,
    precision: shareOf(hits, hits + alarms),
    recall: shareOf(hits, attacks.length),
    falseAlarms: shareOf(alarms, innocents.length),
    f1: hits === 0 ? 0 : (2 * hits) / (hits + alarms + attacks.length),
    ...(hasBoth ? { area: areaWithInterval(rows) } : {}),
    budgets: hasBoth ? BUDGETS.map((budget) => budgetOf(rows, budget)) : [],
    ...named(attacks, 'class'),
    ...named(attacks, 'family'),
    ms: { p50: at(0.5), p99: at(0.99) },
    groups: Object.fromEntries(groups.map((group) => [group, groupFigures(rows, group)])),
  };
}

const flaggedOf = (rows: readonly JudgedRow[]): number => rows.filter(({ verdict }) => verdict.flag).length;

function budgetOf(rows: readonly JudgedRow[], budget: number): Figures['budgets'][number] {
  const threshold = thresholdAt(rows, budget);
  const innocents = innocentsOf(rows);
  return { budget, threshold, recall: recallAt(rows, budget), falseAlarms: shareOf(countAbove(innocents, threshold), innocents.length) };
}

/** How often the strongest finding of an attack names what the row names. */
function named(attacks: readonly JudgedRow[], member: 'class' | 'family'): { readonly classRight?: Share; readonly familyRight?: Share } {
  const known = attacks.filter(
    ({ members, verdict }) => typeof members[member] === 'string' && verdict.flag && verdict.findings.length > 0,
  );
  if (known.length === 0) return {};
  const right = known.filter(({ members, verdict }) => strongest(verdict)[member] === members[member]).length;
  return { [`${member}Right`]: shareOf(right, known.length) };
}

function strongest({ findings }: Verdict): { readonly class?: string; readonly family?: string } {
  const scored = findings.map((finding) =>
    z.looseObject({ score: z.number(), class: z.string(), family: z.string().optional() }).parse(finding),
  );
  const best = scored.reduce((top, one) => (one.score > top.score ? one : top));
  return { class: best.class, ...(best.family === undefined ? {} : { family: best.family }) };
}

function groupFigures(rows: readonly JudgedRow[], member: string): GroupFigures[] {
  const groups = Map.groupBy(rows, ({ members }) => textOf(members[member]));
  return [...groups]
    .map(([group, some]) => ({
      group,
      rows: some.length,
      recall: shareOf(flaggedOf(attacksOf(some)), attacksOf(some).length),
      falseAlarms: shareOf(flaggedOf(innocentsOf(some)), innocentsOf(some).length),
    }))
    .sort((one, other) => other.rows - one.rows);
}

const textOf = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '-');

const percent = (share: number): string => (100 * share).toFixed(1);
const shareText = ({ value, low, high, of }: Share): string => (of === 0 ? '-' : `${percent(value)} (${percent(low)}–${percent(high)})`);

function figuresText(
  figures: Figures & { readonly stages: readonly StageFigures[] },
  { task, threshold }: { readonly task: Task; readonly threshold: number },
): string {
  const { area, budgets, classRight, familyRight, ms, groups } = figures;
  return [
    `task ${task}: ${figures.rows} rows, ${figures.attacks} attacks; shares in %, with 95 % intervals`,
    `at ${threshold}: precision ${shareText(figures.precision)}  recall ${shareText(figures.recall)}  false alarms ${shareText(figures.falseAlarms)}  F1 ${percent(figures.f1)}`,
    ...(figures.failed === 0 ? [] : [`${figures.failed} rows could not be looked at to their end and count as flagged`]),
    ...(area === undefined ? [] : [`area under the curve ${area.value.toFixed(4)} (${area.low.toFixed(4)}–${area.high.toFixed(4)})`]),
    ...(classRight === undefined ? [] : [`class named rightly ${shareText(classRight)}`]),
    ...(familyRight === undefined ? [] : [`family named rightly ${shareText(familyRight)}`]),
    `time a row: median ${ms.p50.toFixed(3)} ms, 99 of 100 within ${ms.p99.toFixed(3)} ms`,
    ...(figures.stages.length === 0 ? [] : ['', stageText(figures.stages, shareText)]),
    ...(budgets.length === 0 ? [] : ['', adviceText(budgets)]),
    ...Object.entries(groups).flatMap(([member, some]) => ['', groupText(member, some)]),
  ].join('\n');
}

const adviceText = (budgets: Figures['budgets']): string =>
  table(
    ['false alarms at most', 'threshold', 'then recall', 'and false alarms'],
    budgets.map(({ budget, threshold, recall, falseAlarms }) => [
      `${percent(budget)} %`,
      `above ${threshold.toFixed(6)}`,
      shareText(recall),
      shareText(falseAlarms),
    ]),
  );

const groupText = (member: string, groups: readonly GroupFigures[]): string =>
  table(
    [member, 'rows', 'recall', 'false alarms'],
    groups
      .slice(0, GROUPS_MAX)
      .map(({ group, rows, recall, falseAlarms }) => [group, String(rows), shareText(recall), shareText(falseAlarms)]),
  ) + (groups.length > GROUPS_MAX ? `\n… and ${groups.length - GROUPS_MAX} smaller ones (--json has them all)` : '');
