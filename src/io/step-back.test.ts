// A thread that steps back does so alone.
import { once } from 'node:events';
import { getPriority } from 'node:os';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';

it.runIf(process.platform === 'linux')('lowers the priority of the calling thread, and of no other', async () => {
  const before = getPriority(process.pid);
  const worker = new Worker(new URL('step-back.fixture.ts', import.meta.url));
  const [told] = await once(worker, 'message');
  expect(told).toEqual({ didStepBack: true, own: Math.max(before, 15), main: before });
  expect(getPriority(process.pid)).toBe(before);
  await worker.terminate();
});
