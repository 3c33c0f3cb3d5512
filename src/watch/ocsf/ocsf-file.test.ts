// The events file through its front door, over a ledger, on disks that fail and under deaths of all kinds.
import { describe, expect, it } from 'vitest';
import type { Clock } from '../../core/ports.ts';
import type { LedgerEvent } from '../../core/types.ts';
import type { FilePort } from '../../io/files/file-port.ts';
import { MemoryDisk, type FaultPlan } from '../../io/files/memory-disk.ts';
import { seededChance } from '../../io/files/seeded-chance.ts';
import type { RecordHandler } from '../../ledger/followers.ts';
import { openLedger, type Ledger } from '../../ledger/ledger.ts';
import { createOcsfFile, type OcsfFile, type OcsfFileOptions } from './ocsf-file.ts';
import { readCursor, writeCursor } from './cursor.ts';
import { closed, finding, findings, opened } from './records.fixture.ts';
import { assertOcsf } from './schema.fixture.ts';

const PATH = '/events/ocsf.jsonl';

/** Time moves by itself, so that everything that is due by time becomes due. */
function runningClock(): Clock {
  let ms = 1_000;
  return { nowMs: () => 1_800_000_000_000 + ms, steadyMs: () => (ms += 7) };
}

interface Box {
  readonly disk: MemoryDisk;
  readonly files: FilePort;
  readonly ledger: Ledger;
  readonly events: OcsfFile;
  readonly troubles: unknown[];
}

/** One life of the program over a disk. */
async function start(disk: MemoryDisk, more: Partial<OcsfFileOptions> = {}): Promise<Box> {
  const files = disk.port();
  const clock = runningClock();
  const ledger = await openLedger({ directory: '/ledger', files, clock, random: seededChance(9), segmentBytesMax: 20_000 });
  const troubles: unknown[] = [];
  const events = await createOcsfFile({
    ledger,
    files,
    clock,
    pause: turn,
    path: PATH,
    rotateBytes: 30_000,
    keepFiles: 50,
    productVersion: '0.1.0',
    syncEveryMs: 40,
    retryMs: 0,
    onTrouble: (error) => troubles.push(error),
    ...more,
  });
  return { disk, files, ledger, events, troubles };
}

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  for (let turns = 0; turns < 20_000; turns++) {
    if (await what()) return;
    await turn();
  }
  throw new Error('it never came to pass');
}

const caughtUp = ({ ledger, events }: Box): Promise<void> =>
  until(async () => {
    await ledger.tick();
    await events.tick();
    return events.status().durable === ledger.status().durableCount;
  });

async function stop({ ledger, events }: Box): Promise<void> {
  await events.close();
  await ledger.close();
}

/** The lines of all files, oldest first. */
async function linesOf(disk: MemoryDisk): Promise<Record<string, unknown>[]> {
  const files = disk.port();
  const names = (await files.list('/events')).filter((name) => name.startsWith('ocsf.jsonl'));
  const age = (name: string): number => Number(name.split('.')[2] ?? 0);
  const texts: string[] = [];
  for (const name of names.toSorted((left, right) => age(right) - age(left))) {
    const file = await files.open(`/events/${name}`, 'read');
    texts.push(Buffer.from(await file.read(0, await file.sizeBytes())).toString());
    await file.close();
  }
  const text = texts.join('');
  expect(text === '' || text.endsWith('\n')).toBe(true);
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

const uidOf = (event: Record<string, unknown>): string => (event['metadata'] as { uid: string }).uid;

/** `count` requests, each opened with a finding and closed. */
function requests(from: number, count: number): LedgerEvent[] {
  return Array.from({ length: count }, (_, at) => {
    const id = `req_${from + at}`;
    return [opened(0, { findings: findings(finding()), model: `model-${from + at}` }, id).event, closed(0, id).event];
  }).flat();
}

async function record(ledger: Ledger, events: readonly LedgerEvent[]): Promise<void> {
  await Promise.all(events.map((event) => ledger.append(event).durable));
}

/** Each line is a valid event, and no closing was told without what its opening said. */
function assertLines(lines: readonly Record<string, unknown>[]): void {
  for (const event of lines) assertOcsf(event);
  // A ledger that cut off a torn tail says so too.
  const models = lines.filter((event) => event['class_uid'] !== 6008).map(modelOf);
  expect(models.filter((model) => !model.startsWith('model-'))).toEqual([]);
}

const modelOf = (event: Record<string, unknown>): string => (event['ai_model'] as { name: string }).name;

const distinct = (lines: readonly Record<string, unknown>[], classUid: number): number =>
  new Set(lines.filter((event) => event['class_uid'] === classUid).map(uidOf)).size;

/** Every request is told, once as an activity and once as a finding; gives the number of repeats. */
function assertWhole(lines: readonly Record<string, unknown>[], requestCount: number): number {
  assertLines(lines);
  expect([distinct(lines, 6003), distinct(lines, 2004)]).toEqual([requestCount, requestCount]);
  expect(new Set(lines.map(modelOf)).size).toBe(requestCount);
  return lines.length - 2 * requestCount;
}

describe('the events file', () => {
  it('tells every record once, over rotations and restarts, with nothing forgotten in between', async () => {
    const disk = new MemoryDisk(1);
    const first = await start(disk);
    const events = requests(0, 30);
    // The first life ends between the two records of the fifteenth request.
    await record(first.ledger, events.slice(0, 29));
    await caughtUp(first);
    await stop(first);
    const second = await start(disk);
    await record(second.ledger, events.slice(29));
    await caughtUp(second);
    await stop(second);
    expect(assertWhole(await linesOf(disk), 30)).toBe(0);
    expect((await disk.port().list('/events')).filter((name) => /^ocsf\.jsonl\.\d+$/.test(name)).length).toBeGreaterThan(1);
  });

  it('keeps every file within its size', async () => {
    const disk = new MemoryDisk(1);
    const box = await start(disk, { rotateBytes: 8_000 });
    await record(box.ledger, requests(0, 40));
    await caughtUp(box);
    await stop(box);
    const files = disk.port();
    for (const name of (await files.list('/events')).filter((one) => one.startsWith('ocsf.jsonl'))) {
      expect(await (await files.open(`/events/${name}`, 'read')).sizeBytes()).toBeLessThanOrEqual(8_000);
    }
    assertWhole(await linesOf(disk), 40);
  });

  it('syncs within a second of the last line, with no further line to push it', async () => {
    const disk = new MemoryDisk(2);
    const box = await start(disk);
    await record(box.ledger, requests(0, 1));
    await until(() => box.events.status().written === 2);
    await until(async () => {
      await box.events.tick();
      return box.events.status().durable === 2;
    });
    disk.cutPower('lost');
    assertWhole(await linesOf(disk), 1);
  });

  it('begins at the beginning for another ledger, and for a cursor that nobody can read', async () => {
    const disk = new MemoryDisk(3);
    const box = await start(disk);
    await record(box.ledger, requests(0, 3));
    await caughtUp(box);
    await stop(box);
    const files = disk.port();
    const cursor = await files.open('/events/.ocsf.jsonl.cursor', 'open');
    await cursor.write(Buffer.from('x'), 0);
    await cursor.close();
    const again = await start(disk);
    await caughtUp(again);
    await stop(again);
    expect(assertWhole(await linesOf(disk), 3)).toBe(6);
  });

  it('goes on from the end of a ledger that was put back, and says that its cursor was beyond', async () => {
    const disk = new MemoryDisk(13);
    const box = await start(disk);
    await record(box.ledger, requests(0, 3));
    await caughtUp(box);
    await stop(box);
    const place = { files: disk.port(), folder: '/events', name: 'ocsf.jsonl' };
    const found = await readCursor(place);
    if (found === undefined) throw new Error('a cursor');
    await writeCursor(place, { ...found, next: found.next + 40, warmFrom: found.warmFrom + 40 });
    const again = await start(disk);
    await record(again.ledger, requests(3, 2));
    await caughtUp(again);
    await stop(again);
    assertWhole(await linesOf(disk), 5);
    expect(again.troubles).toEqual([expect.objectContaining({ message: expect.stringContaining('40 records beyond') as string })]);
  });

  it('refuses a file that somebody else writes, or that holds something else, or where it may not write', async () => {
    const disk = new MemoryDisk(4);
    const box = await start(disk);
    const { files, ledger } = box;
    const options = {
      ledger,
      files,
      clock: runningClock(),
      pause: turn,
      path: PATH,
      rotateBytes: 9_000,
      keepFiles: 2,
      productVersion: '0',
    };
    await expect(createOcsfFile(options)).rejects.toMatchObject({ code: 'events_file_in_use' });
    await box.events.close();
    const foreign = await files.open('/events/passwd', 'create');
    await foreign.write(Buffer.from('root:x:0:0\n'), 0);
    await expect(createOcsfFile({ ...options, path: '/events/passwd' })).rejects.toMatchObject({ code: 'events_file_foreign' });
    disk.fail(({ kind, path }) => (kind === 'create' && path.endsWith('other.jsonl') ? 'EACCES' : undefined));
    await expect(createOcsfFile({ ...options, path: '/events/other.jsonl' })).rejects.toMatchObject({
      code: 'events_file_unusable',
      message: expect.stringContaining('EACCES'),
    });
    disk.heal();
    await (await createOcsfFile({ ...options, path: '/events/other.jsonl' })).close();
    await ledger.close();
  });
});

/** Faults that strike the events folder only: the ledger goes on. */
const inEvents =
  (code: string, kinds: readonly string[]): FaultPlan =>
  ({ kind, path }) =>
    path.startsWith('/events') && kinds.includes(kind) ? code : undefined;

describe('the events file on a disk that fails', () => {
  it.each([
    ['full', 'ENOSPC', ['write', 'create']],
    ['full for ever smaller things', 'ENOSPC', ['write', 'create', 'truncate', 'names']],
    ['unable to sync', 'EIO', ['sync']],
    ['unable to move files', 'EIO', ['names']],
  ])('that is %s loses nothing, says so, and does not hold up the ledger', async (_, code, kinds) => {
    for (let seed = 0; seed < 8; seed++) {
      const disk = new MemoryDisk(seed);
      const box = await start(disk, { rotateBytes: seed % 2 === 0 ? 9_000 : 900_000 });
      await record(box.ledger, requests(0, 5));
      disk.fail(inEvents(code, kinds));
      await record(box.ledger, requests(5, 20));
      await until(async () => {
        await box.ledger.tick();
        await box.events.tick();
        return box.events.status().failures > 2;
      });
      expect(box.events.status().trouble).toMatchObject({ code });
      expect(box.troubles.length).toBe(box.events.status().failures);
      await record(box.ledger, requests(25, 5));
      disk.heal();
      await caughtUp(box);
      expect(box.events.status().trouble).toBeUndefined();
      await stop(box);
      assertWhole(await linesOf(disk), 30);
    }
  });

  it('goes back for what a failed sync gave up, though more was already on its way', async () => {
    for (let seed = 0; seed < 20; seed++) {
      const disk = new MemoryDisk(seed);
      const box = await start(disk, { rotateBytes: 900_000, syncEveryMs: 60 });
      let failures = 0;
      disk.fail(({ kind, path }) => (kind === 'sync' && path === PATH && ++failures % 2 === 1 ? 'EIO' : undefined));
      for (let at = 0; at < 30; at++) {
        void record(box.ledger, requests(at, 1));
        void box.events.tick();
        await turn();
      }
      await caughtUp(box);
      expect(failures).toBeGreaterThan(0);
      disk.cutPower('lost');
      assertWhole(await linesOf(disk), 30);
    }
  });

  it('takes nothing from a subscription that it gave up, even what waited for its turn', async () => {
    const disk = new MemoryDisk(5);
    const followers: { handler: RecordHandler; from: number }[] = [];
    const ledger = {
      verifierKey: 'box+00c0ffee+key',
      status: () => ({ durableCount: 0 }),
      onEvent: (handler: RecordHandler, from: number) => {
        followers.push({ handler, from });
        return { position: from, failures: 0, stop: () => undefined };
      },
    };
    let nowMs = 0;
    const clock = { nowMs: () => nowMs, steadyMs: () => nowMs };
    const options = { ledger, files: disk.port(), clock, pause: turn, path: PATH, rotateBytes: 900_000, keepFiles: 2, productVersion: '0' };
    const events = await createOcsfFile(options);
    const records = Array.from({ length: 4 }, (_, index) => opened(index, { findings: findings(finding()) }));
    disk.fail(({ kind, path }) => (kind === 'sync' && path === PATH ? 'EIO' : undefined));
    await followers[0]?.handler(records.slice(0, 1));
    nowMs += 1_000;
    const flushed = events.tick();
    const late = followers[0]?.handler(records.slice(1, 3));
    await flushed;
    disk.heal();
    await late;
    expect(events.status()).toMatchObject({ durable: 0, written: 0, failures: 1 });
    await until(() => followers.length === 2);
    expect(followers[1]?.from).toBe(0);
    await followers[1]?.handler(records);
    await events.close();
    expect((await linesOf(disk)).map(uidOf)).toEqual([0, 1, 2, 3].map((index) => `box+00c0ffee:${index}.1`));
  });

  it('loses nothing and tears nothing, at whatever operation any one fault strikes', async () => {
    for (let failing = 1; failing <= 60; failing++) {
      const disk = new MemoryDisk(failing);
      const box = await start(disk, { rotateBytes: 6_000, syncEveryMs: 1 });
      let seen = 0;
      disk.fail(({ path }) => (path.startsWith('/events') && ++seen === failing ? 'EIO' : undefined));
      await record(box.ledger, requests(0, 12));
      await caughtUp(box);
      disk.heal();
      await stop(box);
      assertWhole(await linesOf(disk), 12);
    }
  });

  it.each(['kill', 'lost', 'kept', 'torn'] as const)('loses nothing that the ledger holds, however it dies (%s)', async (death) => {
    for (let seed = 1; seed <= 25; seed++) {
      const disk = new MemoryDisk(seed);
      const box = await start(disk, { rotateBytes: seed % 2 === 0 ? 9_000 : 900_000, syncEveryMs: 10 });
      await record(box.ledger, requests(0, 8));
      if (seed % 3 === 0) await caughtUp(box);
      const fatal = disk.operations + seed * 4;
      disk.fail(({ number }) => {
        if (number === fatal) die(disk, death);
        return undefined;
      });
      // What this life still appends may never resolve: it is dead.
      for (const event of requests(8, 4)) box.ledger.append(event);
      for (let turns = 0; turns < 300 && disk.operations < fatal; turns++) {
        await turn();
        void box.events.tick();
      }
      if (disk.operations < fatal) die(disk, death);
      const next = await start(disk);
      await record(next.ledger, requests(12, 4));
      await caughtUp(next);
      const kinds: string[] = [];
      for await (const { event } of next.ledger.events()) kinds.push(event.kind);
      await stop(next);
      const lines = await linesOf(disk);
      assertLines(lines);
      // The ledger alone says what happened: each closing in it has its activity, each opening its finding.
      expect(kinds.length).toBeGreaterThanOrEqual(24);
      expect(distinct(lines, 6003)).toBe(kinds.filter((kind) => kind === 'request.closed').length);
      expect(distinct(lines, 2004)).toBe(kinds.filter((kind) => kind === 'request.opened').length);
    }
  });
});

function die(disk: MemoryDisk, death: 'kill' | 'lost' | 'kept' | 'torn'): void {
  if (death === 'kill') disk.kill();
  else disk.cutPower(death);
}
