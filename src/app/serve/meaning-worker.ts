// A thread that judges long texts: window by window, with an overlap, so that nothing hides on an edge.
import { parentPort } from 'node:worker_threads';
import { stepBack } from '../../io/step-back.ts';
import { loadDetectors } from './guards.ts';
import { judgeWindows, type LongText } from './long-text.ts';
import { stageJudges } from './stage-judges.ts';

// A long text must not slow the requests of others.
stepBack();
const detectors = await loadDetectors();
const judges = stageJudges(detectors.meaning);

parentPort?.on('message', (input: LongText) => {
  parentPort?.postMessage(judgeWindows(judges(input.stagesOff), input));
});
