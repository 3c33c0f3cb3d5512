// A thread that judges long texts: window by window, with an overlap, so that nothing hides on an edge.
import { parentPort } from 'node:worker_threads';
import { stepAside, stepBack } from '../../io/step-back.ts';
import { tellingParts, type DetectorBug } from './detector-bugs.ts';
import { loadDetectors } from './guards.ts';
import { judgeWindows } from './long-text.ts';
import type { LongWork, LookedLong } from './meaning-guard.ts';
import { stageJudges } from './stage-judges.ts';

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

parentPort?.on('message', (input: LongWork) => {
  bugs = [];
  ({ underWay } = input);
  const looked: LookedLong = { report: judgeWindows(judges(input.stagesOff), input), bugs };
  parentPort?.postMessage(looked);
});
