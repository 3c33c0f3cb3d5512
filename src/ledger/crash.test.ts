// Every way in which a disk can fail, at every operation of a scripted run: what was acknowledged is there afterwards.
import { describe, expect, it } from 'vitest';
import type { LedgerEvent } from '../core/types.ts';
import type { FaultPlan } from '../io/files/memory-disk.ts';
import { MemoryDisk } from '../io/files/memory-disk.ts';
import type { Unsynced } from '../io/files/memory-inode.ts';
import { seededChance } from '../io/files/seeded-chance.ts';
import type { Ledger } from './ledger.ts';
import { openLedger } from './ledger.ts';

const DIRECTORY = '/data/ledger';

/** Indexes that a caller was told are safe, with what it had appended. */
interface Acknowledged {
  readonly written: Map<number, number>;
  readonly durable: Map<number, number>;
}

const newAcknowledged = (): Acknowledged => ({ written: new Map(), durable: new Map() });

let now = 0;
const clock = { nowMs: () => 1_700_000_000_000 + now++, steadyMs: () => now };

const open = (disk: MemoryDisk): Promise<Ledger> =>
  openLedger({ directory: DIRECTORY, files: disk.port(), clock, random: seededChance(7), segmentBytesMax: 900, checkpointEvery: 8 });

const event = (n: number): LedgerEvent => ({
  kind: 'test.happened',
  atMs: clock.nowMs(),
  tenant: 't',
  data: { n, pad: 'x'.repeat(n % 50) },
});

/** Two lives of a ledger with rotations, checkpoints, commitments and an erasure. Goes on after every fault. */
async function script(disk: MemoryDisk, acknowledged: Acknowledged): Promise<void> {
  let n = 0;
  for (let life = 0; life < 2; life++) {
    const ledger = await retried(() => open(disk));
    for (let burst = 0; burst < 6; burst++) {
      for (let one = 0; one <= burst % 4; one++) void note(ledger, n++, acknowledged);
      await settle(note(ledger, n++, acknowledged));
      if (burst === 2) await settle(ledger.erase(ledger.commit('t', 'words')));
      if (ledger.state === 'failed') await ledger.tick();
    }
    await settle(ledger.close());
  }
}

function note(ledger: Ledger, n: number, acknowledged: Acknowledged): Promise<void> | undefined {
  try {
    const { index, written, durable } = ledger.append(event(n));
    const asked = [written.then(() => acknowledged.written.set(index, n)), durable.then(() => acknowledged.durable.set(index, n))];
    return Promise.allSettled(asked).then(() => undefined);
  } catch {
    // Refused: nothing was promised.
    return undefined;
  }
}

const settle = async (work: Promise<unknown> | undefined): Promise<void> => void (await work?.catch(() => undefined));

async function retried(work: () => Promise<Ledger>): Promise<Ledger> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt === 3) throw error;
    }
  }
}

/** Opens the ledger on a healthy disk and compares it with what was promised. */
async function check(disk: MemoryDisk, promised: ReadonlyMap<number, number>): Promise<void> {
  const ledger = await open(disk);
  const found = new Map<number, unknown>();
  let next = 0;
  for await (const record of ledger.events()) {
    expect(record.index).toBe(next++);
    found.set(record.index, record.event.data['n']);
  }
  for (const [index, n] of promised) expect(found.get(index), `record ${index}`).toBe(n);
  await ledger.append(event(999)).durable;
  await ledger.close();
}

async function operationsOf(seed: number): Promise<number> {
  const disk = new MemoryDisk(seed);
  const acknowledged = newAcknowledged();
  await script(disk, acknowledged);
  expect(acknowledged.durable.size).toBe(38);
  await check(disk, acknowledged.durable);
  return disk.operations;
}

/** Runs the script until operation `at`, where `end` ends its life. */
async function untilEnd(disk: MemoryDisk, at: number, end: () => void): Promise<Acknowledged> {
  const acknowledged = newAcknowledged();
  await new Promise<void>((resolve, reject) => {
    disk.fail(({ number }) => {
      if (number === at) {
        end();
        resolve();
      }
      return undefined;
    });
    script(disk, acknowledged).then(resolve, reject);
  });
  // With another seed the run can be shorter than `at`.
  disk.heal();
  return acknowledged;
}

async function failing(seed: number, plan: FaultPlan): Promise<void> {
  const disk = new MemoryDisk(seed);
  disk.fail(plan);
  const acknowledged = newAcknowledged();
  await script(disk, acknowledged).catch(() => undefined);
  disk.cutPower('torn');
  await check(disk, acknowledged.durable);
}

/** Runs at every `stride`-th operation, some at a time: each has a disk of its own. */
async function atEach(stride: number, run: (at: number) => Promise<void>): Promise<void> {
  const operations = await operationsOf(1);
  const places = Array.from({ length: Math.ceil(operations / stride) }, (_, n) => 1 + n * stride);
  const workers = Array.from({ length: 8 }, async () => {
    for (let at = places.shift(); at !== undefined; at = places.shift()) await run(at);
  });
  await Promise.all(workers);
}

describe('no acknowledged record is lost', { timeout: 30_000 }, () => {
  it('when any one operation fails, and the power goes at the end', () =>
    atEach(1, (at) => failing(1, ({ number }) => (number === at ? 'EIO' : undefined))));

  it('when the disk is full from any operation on, for a while', () =>
    atEach(3, (at) => {
      const isFull: FaultPlan = ({ kind }) => (kind === 'write' || kind === 'create' ? 'ENOSPC' : undefined);
      return failing(1, (one) => (one.number >= at && one.number < at + 30 ? isFull(one) : undefined));
    }));

  it.each<[Unsynced, number]>([
    ['lost', 1],
    ['torn', 3],
    ['kept', 4],
  ])('when the power goes at any operation and unsynced writes are %s', (unsynced, stride) =>
    atEach(stride, async (at) => {
      const disk = new MemoryDisk(at);
      const { durable } = await untilEnd(disk, at, () => disk.cutPower(unsynced));
      await check(disk, durable);
    }),
  );

  it('when the process is killed at any operation: what is written is safe', () =>
    atEach(1, async (at) => {
      const disk = new MemoryDisk(at);
      const { written } = await untilEnd(disk, at, () => disk.kill());
      await check(disk, written);
    }));
});
