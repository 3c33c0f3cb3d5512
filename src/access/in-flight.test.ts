// What is under way is counted where threads can read it, and cut by order.
import { Worker } from 'node:worker_threads';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { InFlight } from './in-flight.ts';

const SUBJECT = { tenant: 'acme', keyId: 'k1', model: 'm', upstream: 'main' };

it('tells a thread how much is under way, while it comes and goes', async () => {
  const inFlight = new InFlight();
  const leave = inFlight.register(SUBJECT, () => undefined);
  inFlight.register(SUBJECT, () => undefined);
  const thread = new Worker(
    "const { parentPort, workerData } = require('node:worker_threads'); parentPort.on('message', () => parentPort.postMessage(workerData[0]));",
    { eval: true, workerData: inFlight.count },
  );
  const told = async (): Promise<unknown> => {
    thread.postMessage('how many?');
    return (await once(thread, 'message'))[0];
  };
  expect(await told()).toBe(2);
  leave();
  leave();
  expect(await told()).toBe(1);
  inFlight.cutWhere(() => 'an order');
  expect(await told()).toBe(inFlight.size);
  expect(inFlight.size).toBe(0);
  await thread.terminate();
});
