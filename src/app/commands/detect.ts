// `sallyport detect`: judges JSON lines as the gateway would, in their order, a line out for each line in.
import { once } from 'node:events';
import type { Command } from 'commander';
import type { Severity } from '../../core/types.ts';
import { appFault } from '../faults.ts';
import { readRow, TASKS, toVerdict, type Judged } from './detect-row.ts';
import { linesOf, type Line } from './lines.ts';
import { jsonLine, tell } from './printing.ts';
import { CONFIG_WORDS, openRowDesk, rowsFrom, thresholdOf, type DeskOptions, type RowDesk } from './row-desk.ts';
import { SECOND_LOOK_WORDS } from './second-look-option.ts';
import { WITHOUT_WORDS } from './stage-options.ts';

/** A row may hold a document of some tens of megabytes. */
const LINE_UNITS_MAX = 134_217_728;
const SEVERITIES = ['info', 'low', 'medium', 'high', 'critical'] as const satisfies readonly Severity[];

interface DetectOptions extends DeskOptions {
  readonly threshold: string;
  readonly failOn?: string;
}

export function addDetectCommand(program: Command): void {
  program
    .command('detect [file]')
    .description('judge JSON lines {"id","text"|"base64","media"?,"origin"?,"system_prompt"?} from a file or standard input')
    .requiredOption('--task <task>', TASKS.join(', '))
    .option('--threshold <score>', 'score from which on a row is flagged', '0.5')
    .option('--fail-on <severity>', 'exit 1 when a finding is at least that severe, 2 when a row could not be looked at')
    .option('--without <stages>', WITHOUT_WORDS)
    .option('--config <file>', CONFIG_WORDS)
    .option('--second-look <file>', SECOND_LOOK_WORDS)
    .action(detect);
}

async function detect(file: string | undefined, options: DetectOptions): Promise<void> {
  const threshold = thresholdOf(options.threshold);
  const failOn = severityOf(options.failOn);
  const input = rowsFrom(file ?? '-');
  const desk = await openRowDesk(options, tell);
  const tally: Tally = { rows: 0, bad: 0, unseen: 0, severest: -1 };
  for await (const line of linesOf(input, LINE_UNITS_MAX)) await writeOut(line, { desk, threshold, tally });
  await desk.close();
  process.exitCode = exitCodeOf(tally, failOn);
  if (tally.unseen > 0) tell(`sallyport: ${tally.unseen} rows could not be looked at, or not to their end: see "failed"`);
}

interface Tally {
  rows: number;
  bad: number;
  unseen: number;
  /** Index of the severest finding so far. */
  severest: number;
}

interface Bench {
  readonly desk: RowDesk;
  readonly threshold: number;
  readonly tally: Tally;
}

async function writeOut({ number, text }: Line, { desk, threshold, tally }: Bench): Promise<void> {
  const read = text === undefined ? TOO_LONG : readRow(text);
  tally.rows += 1;
  if (tally.rows === 2) desk.wake();
  if ('wrong' in read) {
    tally.bad += 1;
    tell(`sallyport: line ${number} is no row: ${read.wrong}`);
  }
  const startedMs = performance.now();
  const judged: Judged = 'wrong' in read ? { findings: [], failed: 'bad_row' } : await desk.judge(read.row);
  const ms = performance.now() - startedMs;
  if (judged.failed !== undefined) tally.unseen += 1;
  for (const { severity } of judged.findings) tally.severest = Math.max(tally.severest, SEVERITIES.indexOf(severity));
  const line = jsonLine(toVerdict('wrong' in read ? read.id : read.row.id, judged, { threshold, ms }));
  // A reader that is slower than we are must not fill our memory.
  if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain');
}

const TOO_LONG = { id: null, wrong: `it is longer than ${LINE_UNITS_MAX} characters` } as const;

function exitCodeOf({ rows, bad, unseen, severest }: Tally, failOn: number | undefined): number {
  if (rows === 0) return 3;
  if (bad > 0) return 2;
  if (failOn === undefined) return 0;
  if (unseen > 0) return 2;
  return severest >= failOn ? 1 : 0;
}

/** Its index; undefined where none is given. */
function severityOf(name: string | undefined): number | undefined {
  if (name === undefined) return undefined;
  const index = SEVERITIES.findIndex((known) => known === name);
  if (index >= 0) return index;
  throw appFault('bad_argument', { what: `There is no severity "${name}".`, fix: `Use one of ${SEVERITIES.join(', ')}.` });
}
