// The pool against real threads: turns between owners, work that never ends, threads that die, queues that are full.
import { afterAll, describe, expect, it } from 'vitest';
import { PoolError, WorkerPool, type PoolOptions } from './worker-pool.ts';

const CODE = `
import { parentPort } from 'node:worker_threads';
parentPort.on('message', (input) => {
  if (input === 'hang') for (;;);
  if (input === 'throw') throw new Error('planted');
  if (input === 'environment') parentPort.postMessage(Object.keys(process.env).length);
  else parentPort.postMessage(input);
});`;

const ENTRY = new URL(`data:text/javascript,${encodeURIComponent(CODE)}`);
const pools: WorkerPool[] = [];
const makePool = (options: Partial<PoolOptions> = {}): WorkerPool => {
  const pool = new WorkerPool({ entry: ENTRY, threads: 1, runMs: 10_000, queueMaxPerOwner: 8, idleMs: 1_000, heapMaxMb: 64, ...options });
  pools.push(pool);
  return pool;
};
const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.catch((error: unknown) => (error instanceof PoolError ? error.failure : error));

afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.close()));
});

describe('the worker pool', () => {
  it('gives each piece of work its own answer', async () => {
    const pool = makePool({ threads: 2 });
    expect(await Promise.all([1, 2, 3, 4, 5].map((input) => pool.run('a', input)))).toEqual([1, 2, 3, 4, 5]);
  });

  it('lets owners take turns', async () => {
    const pool = makePool();
    const order: string[] = [];
    const note = (owner: string) => pool.run(owner, owner).then(() => order.push(owner));
    await Promise.all([note('flood'), note('flood'), note('flood'), note('flood'), note('other')]);
    expect(order.indexOf('other')).toBeLessThan(3);
  });

  it('ends work that takes too long, and goes on', async () => {
    const pool = makePool({ runMs: 300 });
    expect(await failureOf(pool.run('a', 'hang'))).toBe('out_of_budget');
    expect(await pool.run('a', 'next')).toBe('next');
  });

  it('says that work was lost with its thread, and goes on', async () => {
    const pool = makePool();
    expect(await failureOf(pool.run('a', 'throw'))).toBe('worker_lost');
    expect(await pool.run('a', 'next')).toBe('next');
  });

  it('refuses one more than an owner may have waiting, and nobody else', async () => {
    const pool = makePool({ queueMaxPerOwner: 2 });
    const kept = [pool.run('a', 0), pool.run('a', 1), pool.run('a', 2)];
    expect(await failureOf(pool.run('a', 3))).toBe('queue_full');
    expect(await pool.run('b', 4)).toBe(4);
    expect(await Promise.all(kept)).toEqual([0, 1, 2]);
  });

  it('hands no environment to its threads', async () => {
    expect(await makePool().run('a', 'environment')).toBe(0);
  });
});
