// A thread that judges long texts: window by window, with an overlap, so that nothing hides on an edge.
import { parentPort } from 'node:worker_threads';
import { stepBack } from '../../io/step-back.ts';
import { tellingParts, type DetectorBug } from './detector-bugs.ts';
import { loadDetectors } from './guards.ts';
import { judgeWindows, type LongText } from './long-text.ts';
import type { LookedLong } from './meaning-guard.ts';
import { stageJudges } from './stage-judges.ts';

// A long text must not slow the requests of others.
stepBack();
const detectors = await loadDetectors();
let bugs: DetectorBug[] = [];
const judges = stageJudges(tellingParts(detectors.meaning, (bug) => bugs.push(bug)));

parentPort?.on('message', (input: LongText) => {
  bugs = [];
  const looked: LookedLong = { report: judgeWindows(judges(input.stagesOff), input), bugs };
  parentPort?.postMessage(looked);
});
