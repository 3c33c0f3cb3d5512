// A thread that steps back, and tells its priority and that of the main thread.
import { getPriority } from 'node:os';
import { readlinkSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { stepBack } from './step-back.ts';

const didStepBack = stepBack();
const own = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
parentPort?.postMessage({ didStepBack, own: getPriority(own), main: getPriority(process.pid) });
