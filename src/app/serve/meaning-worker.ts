// A thread that judges long texts: window by window, with an overlap, so that nothing hides on an edge.
import { parentPort } from 'node:worker_threads';
import { loadDetectors } from './guards.ts';
import { judgeWindows, type LongText } from './long-text.ts';
import { stageJudges } from './stage-judges.ts';

const detectors = await loadDetectors();
const judges = stageJudges(detectors.meaning);

parentPort?.on('message', (input: LongText) => {
  parentPort?.postMessage(judgeWindows(judges(input.stagesOff), input));
});
