// A thread that judges long texts: window by window, with an overlap, so that nothing hides on an edge; and that looks for spans in them.
import { parentPort } from 'node:worker_threads';
import type { Report } from '../../core/types.ts';
import { createSpanScanner, type SpanOptions } from '../../detect/span/scanner.ts';
import { spansInSlices } from '../../detect/span/slices.ts';
import { stepAside, stepBack } from '../../io/step-back.ts';
import { bugOf, tellingParts, type DetectorBug } from './detector-bugs.ts';
import { loadDetectors } from './guards.ts';
import { judgeWindows } from './long-text.ts';
import type { LongWork, LookedLong } from './meaning-guard.ts';
import { stageJudges } from './stage-judges.ts';

/** A fraction of a millisecond. */
const SLICE_UNITS = 4_096;

// A long text must not slow the requests of others.
stepBack();
const detectors = await loadDetectors();
let bugs: DetectorBug[] = [];
let underWay: LongWork['underWay'] | undefined;
const breathe = (): void => {
  if ((underWay?.[0] ?? 0) > 1) stepAside();
};
const judges = stageJudges(
  tellingParts(detectors.meaning, (bug) => bugs.push(bug)),
  { breathe },
);
const scanner = createSpanScanner(detectors.spans, (error) => bugs.push(bugOf('spans', error)));
// Its automata are built at the first look.
scanner.inspect('', { direction: 'input', origin: 'user', context: {} });

function spansIn(text: string, options: SpanOptions): Report {
  const slices = spansInSlices(scanner, text, { ...options, units: SLICE_UNITS });
  for (;;) {
    const { done, value } = slices.next();
    if (done === true) return value;
    breathe();
  }
}

parentPort?.on('message', (input: LongWork) => {
  bugs = [];
  ({ underWay } = input);
  const { text, spansOf } = input;
  const report = judgeWindows(judges(input.stagesOff), input);
  const looked: LookedLong = { report, spans: spansOf === undefined ? undefined : spansIn(text, spansOf), bugs };
  parentPort?.postMessage(looked);
});
