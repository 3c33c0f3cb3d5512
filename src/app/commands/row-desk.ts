// What `detect` and `eval` share: a task and its options become somebody who judges rows, pictures included.
import { createReadStream, statSync } from 'node:fs';
import type { Task } from '../../detect/detector.ts';
import { customDetector } from '../../detect/custom/custom-detector.ts';
import { loadConfig } from '../config/load.ts';
import { appFault } from '../faults.ts';
import { loadDetectors, type Detectors } from '../serve/guards.ts';
import { wakingTexts } from '../serve/waking.ts';
import { loadTextModels } from '../serve/text-models.ts';
import { rowBench, TASKS, type Judged, type Row } from './detect-row.ts';
import { createPictureJudge, isPictureRow } from './detect-picture.ts';
import { openOwnReview, openRowReview } from './second-look-option.ts';
import { detectorsWithout, stagesOf } from './stage-options.ts';

export interface DeskOptions {
  readonly task: string;
  readonly without?: string;
  readonly config?: string;
  readonly secondLook?: string;
}

export interface RowDesk {
  readonly task: Task;
  judge(row: Row): Judged | Promise<Judged>;
  /** Takes the tenth of a second after which code is quick. Who brings one row should not wait for it, and who brings many gains by it. */
  wake(): void;
  close(): Promise<void>;
}

/** Words for the description of the option. */
export const CONFIG_WORDS = 'a configuration file: types of its detectors.custom are looked for too';

/** Where the cascade of injection judges, and so where its stages mean something. */
const CASCADE: ReadonlySet<Task> = new Set(['injection', 'documents']);
/** Where types of one's own are looked for. */
const OWN: ReadonlySet<Task> = new Set(['pii', 'secrets']);

/** `tell`: hears once what would have to be installed. Faults as those of a start, and `bad_argument`. */
export async function openRowDesk(options: DeskOptions, tell: (line: string) => void): Promise<RowDesk> {
  const task = taskOf(options);
  const off = stagesOf(options.without);
  const hasSecond = options.secondLook !== undefined;
  if (off.includes('strong') && hasSecond)
    throw appFault('bad_argument', { what: '--without strong and --second-look contradict each other.', fix: 'Leave one of them out.' });
  const detectors = withOwn(detectorsWithout(await loadDetectors(), off), options.config);
  const bench = rowBench(task, detectors, { models: await loadTextModels(task), hasSecond });
  if (bench === undefined)
    throw appFault('bad_argument', {
      what: `Without the stages ${off.join(' and ')} nobody judges the task ${task}.`,
      fix: 'Nothing was looked at. Leave one of them in, or add --second-look.',
    });
  const second =
    options.secondLook !== undefined
      ? await openRowReview(options.secondLook, detectors)
      : task === 'injection' && !off.includes('strong')
        ? await openOwnReview(detectors, tell)
        : undefined;
  const judge = second === undefined ? bench.judge : bench.reviewing(second.review);
  const [first, ...others] = wakingTexts();
  bench.judge({ id: 'waking', text: first ?? '' });
  const pictures = createPictureJudge({ task, judge, tell });
  return {
    task,
    judge: (row) => (isPictureRow(row) ? pictures.judge(row) : judge(row)),
    wake() {
      for (const text of others) bench.judge({ id: 'waking', text });
    },
    async close() {
      await Promise.all([second?.close(), pictures.close()]);
    },
  };
}

/** A setting that would do nothing is a mistake of whoever wrote it. */
function taskOf({ task: name, without, config, secondLook }: DeskOptions): Task {
  const task = TASKS.find((known) => known === name);
  if (task === undefined) throw appFault('bad_argument', { what: `There is no task "${name}".`, fix: `Use one of ${TASKS.join(', ')}.` });
  const idle = [
    ...(CASCADE.has(task) ? [] : [without === undefined ? '' : '--without', secondLook === undefined ? '' : '--second-look']),
    ...(OWN.has(task) || config === undefined ? [] : ['--config']),
  ].filter((option) => option !== '');
  if (idle.length > 0)
    throw appFault('bad_argument', {
      what: `${idle.join(' and ')} would change nothing for the task ${task}.`,
      fix: 'Leave it out: stages and second looks belong to injection and documents, types of your own to pii and secrets.',
    });
  return task;
}

/** Without a file there are no types of one's own, whatever lies in the folder: figures should not depend on where they are made. */
function withOwn(detectors: Detectors, file: string | undefined): Detectors {
  if (file === undefined) return detectors;
  return { ...detectors, spans: [...detectors.spans, ...loadConfig(file).detectors.custom.map(customDetector)] };
}

/** Throws `bad_argument`. */
export function thresholdOf(text: string): number {
  const threshold = Number(text);
  if (threshold > 0 && threshold <= 1) return threshold;
  throw appFault('bad_argument', { what: '--threshold takes a score above 0 and up to 1.', fix: 'Leave it out for 0.5.' });
}

/** The bytes of a file, or of standard input for `-`. Throws `bad_argument`. */
export function rowsFrom(file: string): AsyncIterable<Uint8Array | string> {
  if (file === '-') return process.stdin;
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined || found.isDirectory())
    throw appFault('bad_argument', {
      what: found === undefined ? `There is no file ${file}.` : `${file} is a folder.`,
      fix: 'Name a file of JSON lines, or - for standard input.',
    });
  return createReadStream(file);
}
