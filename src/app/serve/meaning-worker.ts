// A thread that judges long texts: window by window, with an overlap, so that nothing hides on an edge.
import { parentPort } from 'node:worker_threads';
import { createMeaningJudge } from '../../detect/meaning/judge.ts';
import { loadDetectors } from './guards.ts';
import { judgeWindows, type LongText } from './long-text.ts';

const detectors = await loadDetectors();
const judge = createMeaningJudge(detectors.meaning);

parentPort?.on('message', (input: LongText) => {
  parentPort?.postMessage(judgeWindows(judge, input));
});
