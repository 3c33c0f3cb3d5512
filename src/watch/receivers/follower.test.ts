// Following the ledger under deaths of both sides: nothing lost, little sent twice, an order that holds.
import { describe, expect, it } from 'vitest';
import type { Clock } from '../../core/ports.ts';
import type { LedgerEvent } from '../../core/types.ts';
import { MemoryDisk } from '../../io/files/memory-disk.ts';
import { seededChance, type SeededChance } from '../../io/files/seeded-chance.ts';
import { openLedger, type Ledger, type LedgerOptions } from '../../ledger/ledger.ts';
import { closed, finding, findings, opened } from '../ocsf/records.fixture.ts';
import { assertOcsf } from '../ocsf/schema.fixture.ts';
import { CursorFile, readReceiverCursor, type ReceiverCursor } from './cursor-file.ts';
import { ReceiverFollower, type FollowerOptions } from './follower.ts';
import { ReceiverTrouble, TAKEN, type Outcome, type Receiver, type ReceiverEvent } from './receiver.ts';

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

async function turns(count: number): Promise<void> {
  for (let at = 0; at < count; at++) await turn();
}

/** Time moves by itself, so that what is due by time becomes due. */
function runningClock(): Clock {
  let ms = 1_000;
  return { nowMs: () => 1_800_000_000_000 + ms, steadyMs: () => (ms += 7) };
}

/** A place over a line that takes its time, and that dies between any two of its steps when it is told to. */
class Place implements Receiver {
  readonly stored: ReceiverEvent[] = [];
  readonly #chance: SeededChance;
  #life = 0;
  isUp = true;
  answer: (events: readonly ReceiverEvent[]) => Outcome = () => TAKEN;

  constructor(chance: SeededChance) {
    this.#chance = chance;
  }

  die(): void {
    this.#life += 1;
    this.isUp = false;
  }

  async deliver(events: readonly ReceiverEvent[]): Promise<Outcome> {
    const life = this.#life;
    if (!this.isUp) throw new ReceiverTrouble('refused');
    await turns(this.#chance.below(3));
    if (life !== this.#life) throw new ReceiverTrouble('broken');
    const outcome = this.answer(events);
    if (outcome.state === 'taken') this.stored.push(...events);
    await turns(this.#chance.below(3));
    if (life !== this.#life) throw new ReceiverTrouble('broken after it was stored');
    return outcome;
  }

  check = () => Promise.resolve({ state: 'ok', detail: '' } as const);
  close = () => Promise.resolve();
}

interface Life {
  readonly ledger: Ledger;
  readonly follower: ReceiverFollower;
  readonly troubles: string[];
}

async function live(
  disk: MemoryDisk,
  place: Receiver,
  more: Partial<FollowerOptions> = {},
  ledgerMore: Partial<LedgerOptions> = {},
): Promise<Life> {
  const files = disk.port();
  const clock = runningClock();
  const ledger = await openLedger({ directory: '/ledger', files, clock, random: seededChance(9), segmentBytesMax: 20_000, ...ledgerMore });
  const troubles: string[] = [];
  const follower = await ReceiverFollower.start(
    {
      name: 'siem',
      receiver: place,
      files,
      ledgerFolder: '/ledger',
      folder: '/receivers',
      context: { installation: ledger.verifierKey.split('+').slice(0, 2).join('+'), productVersion: '0.1.0' },
      startAt: 'beginning',
      clock,
      pause: turn,
      chance: () => 0.5,
      onTrouble: (what) => troubles.push(what),
      ...more,
    },
    ledger.status().durableCount,
  );
  return { ledger, follower, troubles };
}

const request = (nth: number): LedgerEvent[] => {
  const id = `req_${nth}`;
  return [opened(0, { findings: findings(finding()), model: `model-${nth}` }, id).event, closed(0, id).event];
};

async function caughtUp({ ledger, follower }: Life): Promise<void> {
  for (let at = 0; at < 20_000; at++) {
    follower.wake(ledger.status().durableCount);
    if (follower.status().behind === 0 && follower.status().next === ledger.status().durableCount) return;
    await turn();
  }
  throw new Error(`it never caught up: ${JSON.stringify(follower.status())}`);
}

async function end({ ledger, follower }: Life): Promise<void> {
  await follower.close(0);
  await ledger.close();
}

async function record(ledger: Ledger, events: readonly LedgerEvent[]): Promise<void> {
  await Promise.all(events.map((event) => ledger.append(event).durable));
}

const uidsOf = (place: Place): string[] => place.stored.map(({ uid }) => uid);

describe('a follower', () => {
  it('loses nothing over a hundred deaths of the gateway and of the receiver, and sends at most one in a hundred twice', async () => {
    const disk = new MemoryDisk(7);
    const chance = seededChance(7);
    const place = new Place(chance);
    let nth = 0;
    for (let deaths = 0; deaths < 100; deaths++) {
      const life = await live(disk, place);
      const fatal = 60 + chance.below(400);
      for (let at = 0; at < fatal; at++) {
        if (at % 4 === 0) for (const event of request(nth++)) life.ledger.append(event).durable.catch(() => undefined);
        // The receiver dies at one moment in half of the lives, and is back a little later.
        if (deaths % 2 === 0 && at === fatal >> 1) place.die();
        if (at === (fatal >> 1) + 20) place.isUp = true;
        life.follower.wake(life.ledger.status().durableCount);
        await turn();
      }
      if (deaths % 2 === 1) disk.kill();
      else {
        place.isUp = true;
        await end(life);
      }
    }
    const last = await live(disk, place);
    await caughtUp(last);
    const kinds: string[] = [];
    for await (const { event } of last.ledger.events()) kinds.push(event.kind);
    await end(last);
    // What the ledger holds is what must have arrived: a record an event, here, whether it opens or closes.
    const uids = uidsOf(place);
    const lost = kinds.length - new Set(uids).size;
    const twice = uids.length - new Set(uids).size;
    expect(kinds.length).toBeGreaterThan(10_000);
    expect(lost).toBe(0);
    expect(twice / kinds.length).toBeLessThanOrEqual(0.01);
    for (const { event } of place.stored.slice(0, 500)) assertOcsf(event);
    const models = place.stored
      .filter(({ event }) => event['class_uid'] === 6003)
      .map(({ event }) => (event['ai_model'] as { name: string }).name);
    expect(models.filter((model) => !model.startsWith('model-'))).toEqual([]);
  }, 60_000);

  it('keeps the order of the ledger, and goes on where it was', async () => {
    const disk = new MemoryDisk(1);
    const place = new Place(seededChance(1));
    const first = await live(disk, place, { eventsMax: 7 });
    for (let nth = 0; nth < 40; nth++) await record(first.ledger, request(nth));
    await caughtUp(first);
    await end(first);
    const second = await live(disk, place);
    await record(second.ledger, request(40));
    await caughtUp(second);
    await end(second);
    expect(place.stored.map(({ event }) => (event['metadata'] as { sequence: number }).sequence)).toEqual([...Array(82).keys()]);
  });

  it('begins where it is told to, and only the first time', async () => {
    const disk = new MemoryDisk(2);
    const place = new Place(seededChance(2));
    const before = await openLedger({ directory: '/ledger', files: disk.port(), clock: runningClock(), random: seededChance(9) });
    await record(before, request(0));
    await before.close();
    const life = await live(disk, place, { startAt: 'now' });
    await record(life.ledger, request(1));
    await caughtUp(life);
    await end(life);
    expect(place.stored).toHaveLength(2);
    const again = await live(disk, place, { startAt: 'now' });
    await record(again.ledger, request(2));
    await caughtUp(again);
    await end(again);
    expect(place.stored).toHaveLength(4);
  });

  it('does not hold up the ledger while a receiver is away, and says so ever more seldom', async () => {
    const disk = new MemoryDisk(3);
    const place = new Place(seededChance(3));
    place.isUp = false;
    const life = await live(disk, place);
    for (let nth = 0; nth < 60; nth++) await record(life.ledger, request(nth));
    life.follower.wake(life.ledger.status().durableCount);
    await turns(400);
    const { failures, trouble, behind } = life.follower.status();
    expect([behind, trouble]).toEqual([120, 'refused']);
    expect(failures).toBeGreaterThan(16);
    expect(life.troubles.length).toBeLessThanOrEqual(Math.log2(failures) + 1);
    place.isUp = true;
    await caughtUp(life);
    expect(life.follower.status()).toMatchObject({ trouble: null, behind: 0, delivered: 120 });
    await end(life);
  });

  it('keeps on disk what a receiver refuses for good, before it goes on, and says which', async () => {
    const disk = new MemoryDisk(4);
    const place = new Place(seededChance(4));
    const isBad = ({ event }: ReceiverEvent): boolean => (event['metadata'] as { sequence: number }).sequence === 5;
    place.answer = (events) => (events.some(isBad) ? { state: 'refused', reason: 'status 400: no such field' } : TAKEN);
    const life = await live(disk, place);
    for (let nth = 0; nth < 10; nth++) await record(life.ledger, request(nth));
    await caughtUp(life);
    expect(life.follower.status()).toMatchObject({ refused: 1, delivered: 19, trouble: null });
    expect(life.troubles).toEqual([expect.stringContaining('1 events were refused for good')]);
    await end(life);
    const file = await disk.port().open('/receivers/siem.refused.jsonl', 'read');
    const text = Buffer.from(await file.read(0, await file.sizeBytes())).toString();
    expect(JSON.parse(text)).toMatchObject({ reason: 'status 400: no such field', uid: expect.stringMatching(/:5$/) });
    expect(new Set(uidsOf(place)).size).toBe(19);
  });

  it('does not go on past what was refused for good as long as that cannot be kept', async () => {
    const disk = new MemoryDisk(14);
    const place = new Place(seededChance(14));
    const isBad = ({ event }: ReceiverEvent): boolean => (event['metadata'] as { sequence: number }).sequence === 5;
    place.answer = (events) => (events.some(isBad) ? { state: 'refused', reason: 'status 400: no such field' } : TAKEN);
    const life = await live(disk, place);
    disk.fail(({ path }) => (path.includes('.refused.jsonl') ? 'ENOSPC' : undefined));
    for (let nth = 0; nth < 10; nth++) await record(life.ledger, request(nth));
    life.follower.wake(life.ledger.status().durableCount);
    await turns(400);
    expect(life.follower.status()).toMatchObject({ refused: 0, next: 0, trouble: expect.stringContaining('ENOSPC') as string });
    disk.heal();
    await caughtUp(life);
    expect(life.follower.status()).toMatchObject({ refused: 1, delivered: 19, trouble: null });
    await end(life);
    const file = await disk.port().open('/receivers/siem.refused.jsonl', 'read');
    const text = Buffer.from(await file.read(0, await file.sizeBytes())).toString();
    expect(JSON.parse(text)).toMatchObject({ uid: expect.stringMatching(/:5$/) });
  });

  it('counts what retention took away once, on every occasion, whatever has to be read anew in between', async () => {
    const disk = new MemoryDisk(15);
    const place = new Place(seededChance(15));
    const life = await live(disk, place, { eventsMax: 4 }, { segmentBytesMax: 6_000 });
    for (let nth = 0; nth < 60; nth++) await record(life.ledger, request(nth));
    const files = disk.port();
    const drop = async (count: number): Promise<number> => {
      const names = (await files.list('/ledger/segments')).filter((name) => name.endsWith('.log'));
      for (const name of names.slice(0, count)) await files.remove(`/ledger/segments/${name}`);
      return Number.parseInt(names[count] ?? '', 10);
    };
    const first = await drop(2);
    // Nothing can be noted: the same is read again and again.
    disk.fail(({ kind, path }) => (kind === 'write' && path.endsWith('.siem.cursor') ? 'EIO' : undefined));
    life.follower.wake(life.ledger.status().durableCount);
    await turns(100);
    expect(life.follower.status()).toMatchObject({ skipped: first, next: 0 });
    disk.heal();
    while (life.follower.status().next <= first) await turn();
    disk.fail(({ kind, path }) => (kind === 'read' && path.includes('/segments/') ? 'EIO' : undefined));
    await turns(100);
    const { next } = life.follower.status();
    const second = await drop(4);
    disk.heal();
    await caughtUp(life);
    expect(second).toBeGreaterThan(next);
    expect(life.follower.status().skipped).toBe(first + second - Math.max(first, next));
    expect(life.troubles.filter((said) => said.includes('removed by retention'))).toHaveLength(2);
    await end(life);
  });

  it('whose cursor is beyond the end of the ledger, which was put back, sends what comes from now on, and says so', async () => {
    const disk = new MemoryDisk(16);
    const place = new Place(seededChance(16));
    const first = await live(disk, place);
    for (let nth = 0; nth < 10; nth++) await record(first.ledger, request(nth));
    await caughtUp(first);
    const { next } = first.follower.status();
    await end(first);
    const where = { files: disk.port(), folder: '/receivers', name: 'siem' };
    const { ledger, ...found } = (await readReceiverCursor(where)) as ReceiverCursor;
    const file = await CursorFile.open(where, { ledger, ...found, next: next + 30, warmFrom: next + 30 });
    await file.close();
    const again = await live(disk, place);
    await record(again.ledger, request(10));
    await caughtUp(again);
    expect(again.follower.status()).toMatchObject({ delivered: 2, next: next + 2 });
    expect(again.troubles).toEqual([expect.stringContaining('30 records beyond the end of the ledger')]);
    await end(again);
  });

  it('gives nothing up to a receiver that refuses all that it ever gets', async () => {
    const disk = new MemoryDisk(5);
    const place = new Place(seededChance(5));
    place.answer = () => ({ state: 'refused', reason: 'status 400: unknown index' });
    const life = await live(disk, place);
    for (let nth = 0; nth < 10; nth++) await record(life.ledger, request(nth));
    life.follower.wake(life.ledger.status().durableCount);
    await turns(600);
    expect(life.follower.status()).toMatchObject({ refused: 0, next: 0, trouble: 'it refuses everything: status 400: unknown index' });
    place.answer = () => TAKEN;
    await caughtUp(life);
    await end(life);
    expect(new Set(uidsOf(place)).size).toBe(20);
  });

  it('says loudly what retention took away before it could be sent', async () => {
    const disk = new MemoryDisk(6);
    const place = new Place(seededChance(6));
    const first = await live(disk, place);
    for (let nth = 0; nth < 60; nth++) await record(first.ledger, request(nth));
    await first.ledger.close();
    disk.kill();
    place.stored.length = 0;
    const files = disk.port();
    await files.remove('/receivers/.siem.cursor');
    const [oldest, ...rest] = (await files.list('/ledger/segments')).filter((name) => name.endsWith('.log'));
    expect(rest.length).toBeGreaterThan(0);
    await files.remove(`/ledger/segments/${oldest}`);
    const life = await live(disk, place);
    await caughtUp(life);
    const { skipped } = life.follower.status();
    expect(skipped).toBe(Number.parseInt(rest[0] ?? '', 10));
    expect(life.troubles).toEqual([expect.stringContaining(`${skipped} records were removed by retention`)]);
    await end(life);
  });
});

describe('a cursor', () => {
  const place = (disk: MemoryDisk) => ({ files: disk.port(), folder: '/receivers', name: 'siem' });

  it('is whole after a power cut at any of its writes, and at most a second old', async () => {
    for (let seed = 1; seed <= 60; seed++) {
      const disk = new MemoryDisk(seed);
      await disk.port().makeFolder('/receivers');
      const file = await CursorFile.open(place(disk), { ledger: 'box+1', next: 0, warmFrom: 0 });
      let synced = 0;
      for (let next = 1; next < 4 + (seed % 9); next++) {
        await file.write({ ledger: 'box+1', next, warmFrom: next });
        if (next % 3 !== 0) continue;
        await file.sync();
        synced = next;
      }
      disk.cutPower((['lost', 'kept', 'torn'] as const)[seed % 3] ?? 'torn');
      const found = await readReceiverCursor(place(disk));
      expect(typeof found === 'object' && found.next >= synced - 1).toBe(true);
    }
  });

  it('that is damaged sends everything again, whatever it was told to begin with, and says so', async () => {
    const disk = new MemoryDisk(3);
    const receiver = new Place(seededChance(3));
    const first = await live(disk, receiver, { startAt: 'now' });
    await record(first.ledger, request(0));
    await caughtUp(first);
    await end(first);
    const file = await disk.port().open('/receivers/.siem.cursor', 'open');
    await file.write(Buffer.alloc(1_024, 'x'), 0);
    await file.close();
    const second = await live(disk, receiver, { startAt: 'now' });
    await caughtUp(second);
    await end(second);
    expect(receiver.stored).toHaveLength(4);
    expect(new Set(uidsOf(receiver)).size).toBe(2);
    expect(second.troubles).toEqual([expect.stringContaining('cursor cannot be read')]);
  });
});
