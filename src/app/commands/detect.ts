// `sallyport detect`: judges JSON lines as the gateway would, in their order, a line out for each line in.
import { createReadStream } from 'node:fs';
import { once } from 'node:events';
import type { Command } from 'commander';
import type { Severity } from '../../core/types.ts';
import type { Task } from '../../detect/detector.ts';
import { customDetector } from '../../detect/custom/custom-detector.ts';
import { loadConfig } from '../config/load.ts';
import { appFault } from '../faults.ts';
import { loadDetectors, type Detectors } from '../serve/guards.ts';
import { loadTextModels } from '../serve/text-models.ts';
import { parseRow, rowBench, TASKS, toVerdict, type Judged, type Row } from './detect-row.ts';
import { linesOf, type Line } from './lines.ts';
import { jsonLine, tell } from './printing.ts';
import { openRowReview, SECOND_LOOK_WORDS } from './second-look-option.ts';
import { detectorsWithout, stagesOf, WITHOUT_WORDS } from './stage-options.ts';

/** A row may hold a document of some tens of megabytes. */
const LINE_UNITS_MAX = 134_217_728;
const SEVERITIES = ['info', 'low', 'medium', 'high', 'critical'] as const satisfies readonly Severity[];

interface DetectOptions {
  readonly task: string;
  readonly threshold: string;
  readonly failOn?: string;
  readonly without?: string;
  readonly config?: string;
  readonly secondLook?: string;
}

export function addDetectCommand(program: Command): void {
  program
    .command('detect [file]')
    .description('judge JSON lines {"id","text"|"base64","media"?,"origin"?,"system_prompt"?} from a file or standard input')
    .requiredOption('--task <task>', TASKS.join(', '))
    .option('--threshold <score>', 'score from which on a row is flagged', '0.5')
    .option('--fail-on <severity>', 'exit 1 when a finding is at least that severe, 2 when a row could not be looked at')
    .option('--without <stages>', WITHOUT_WORDS)
    .option('--config <file>', 'a configuration file: types of its detectors.custom are looked for too')
    .option('--second-look <file>', SECOND_LOOK_WORDS)
    .action(detect);
}

async function detect(file: string | undefined, options: DetectOptions): Promise<void> {
  const settings = parseOptions(options);
  const detectors = withOwn(detectorsWithout(await loadDetectors(), stagesOf(options.without)), options.config);
  const bench = rowBench(settings.task, detectors, await loadTextModels(settings.task));
  if (bench === undefined) {
    throw appFault('bad_argument', {
      what: `No detector of this version does the task ${settings.task}.`,
      fix: `Nothing was looked at. Choose another task: ${TASKS.join(', ')}.`,
    });
  }
  const second = options.secondLook === undefined ? undefined : await openRowReview(options.secondLook, detectors);
  const judge = second === undefined ? bench.judge : bench.reviewing(second.review);
  const tally: Tally = { rows: 0, bad: 0, unseen: 0, severest: -1 };
  const input = file === undefined || file === '-' ? process.stdin : createReadStream(file);
  for await (const line of linesOf(input, LINE_UNITS_MAX)) await writeOut(line, { judge, threshold: settings.threshold, tally });
  await second?.close();
  process.exitCode = exitCodeOf(tally, settings.failOn);
  if (tally.unseen > 0) tell(`sallyport: ${tally.unseen} rows could not be looked at, or not to their end: see "failed"`);
}

/** Without a file there are no types of one's own, whatever lies in the folder: figures should not depend on where they are made. */
function withOwn({ meaning, spans }: Detectors, file: string | undefined): Detectors {
  return { meaning, spans: file === undefined ? spans : [...spans, ...loadConfig(file).detectors.custom.map(customDetector)] };
}

interface Tally {
  rows: number;
  bad: number;
  unseen: number;
  /** Index of the severest finding so far. */
  severest: number;
}

interface Bench {
  readonly judge: (row: Row) => Judged | Promise<Judged>;
  readonly threshold: number;
  readonly tally: Tally;
}

async function writeOut({ number, text }: Line, { judge, threshold, tally }: Bench): Promise<void> {
  const row = text === undefined ? undefined : parseRow(text);
  tally.rows += 1;
  if (row === undefined) {
    tally.bad += 1;
    tell(`sallyport: line ${number} is no row: JSON with "text" or "base64"`);
  }
  const startedMs = performance.now();
  const judged: Judged = row === undefined ? { findings: [], failed: 'bad_row' } : await judge(row);
  const ms = performance.now() - startedMs;
  if (judged.failed !== undefined) tally.unseen += 1;
  for (const { severity } of judged.findings) tally.severest = Math.max(tally.severest, SEVERITIES.indexOf(severity));
  const line = jsonLine(toVerdict(row?.id ?? null, judged, { threshold, ms }));
  // A reader that is slower than we are must not fill our memory.
  if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain');
}

function exitCodeOf({ rows, bad, unseen, severest }: Tally, failOn: number | undefined): number {
  if (rows === 0) return 3;
  if (bad > 0) return 2;
  if (failOn === undefined) return 0;
  if (unseen > 0) return 2;
  return severest >= failOn ? 1 : 0;
}

function parseOptions(options: DetectOptions): { readonly task: Task; readonly threshold: number; readonly failOn: number | undefined } {
  const task = TASKS.find((known) => known === options.task);
  if (task === undefined)
    throw appFault('bad_argument', { what: `There is no task "${options.task}".`, fix: `Use one of ${TASKS.join(', ')}.` });
  const threshold = Number(options.threshold);
  if (!(threshold > 0 && threshold <= 1))
    throw appFault('bad_argument', { what: '--threshold takes a score above 0 and up to 1.', fix: 'Leave it out for 0.5.' });
  const failOn = SEVERITIES.findIndex((known) => known === options.failOn);
  if (options.failOn !== undefined && failOn < 0)
    throw appFault('bad_argument', { what: `There is no severity "${options.failOn}".`, fix: `Use one of ${SEVERITIES.join(', ')}.` });
  return { task, threshold, failOn: options.failOn === undefined ? undefined : failOn };
}
