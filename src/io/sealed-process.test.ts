// What a process that works for strangers can reach, and what its end costs.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { startSealed } from './sealed-process.ts';
import { WorkerPool } from './worker-pool.ts';

const folder = mkdtempSync(join(tmpdir(), 'sallyport-sealed-'));
const [readable, secret] = [join(folder, 'readable'), join(folder, 'secret')];
for (const file of [readable, secret]) writeFileSync(file, 'text');
const entry = new URL('sealed-process.fixture.ts', import.meta.url);
const pool = new WorkerPool({
  entry,
  start: (at) => startSealed(at, { reads: [readable], heapMaxMb: 64 }),
  threads: 1,
  runMs: 4_000,
  queueMaxPerOwner: 4,
  idleMs: 10_000,
  heapMaxMb: 64,
});
const run = (task: string): Promise<unknown> => pool.run('tenant', { task, readable, secret });

afterAll(async () => {
  await pool.close();
  rmSync(folder, { recursive: true });
});

describe('a sealed process', () => {
  it('reads what is listed, and has no other file, no environment, no children and no threads', async () => {
    expect(await run('try')).toEqual({
      readsWhatIsListed: true,
      readsOther: false,
      writes: false,
      spawns: false,
      threads: false,
      environment: [],
    });
  });

  it('takes only its own work along when it dies', async () => {
    await expect(run('die')).rejects.toMatchObject({ failure: 'worker_lost' });
    expect(await run('try')).toMatchObject({ readsWhatIsListed: true });
  });

  it('is ended when it works too long, and another one goes on', async () => {
    await expect(run('hang')).rejects.toMatchObject({ failure: 'out_of_budget' });
    expect(await run('try')).toMatchObject({ readsWhatIsListed: true });
  });
});
