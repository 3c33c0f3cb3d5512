// What a ledger promises beyond keeping: limits, refusals, copies, subscriptions, erasure, retention.
import { beforeEach, describe, expect, it } from 'vitest';
import type { JsonObject, LedgerEvent } from '../core/types.ts';
import { MemoryDisk } from '../io/files/memory-disk.ts';
import { seededChance } from '../io/files/seeded-chance.ts';
import { checkProof } from './check-proof.ts';
import { PAYLOAD_BYTES_MAX } from './frame.ts';
import type { Ledger, LedgerOptions } from './ledger.ts';
import { openLedger } from './ledger.ts';
import { prove } from './prove.ts';
import type { LedgerRecord } from './record.ts';
import { toPayload } from './record.ts';
import { verify } from './verify.ts';

const DIRECTORY = '/data/ledger';
const DAY_MS = 86_400_000;

let disk: MemoryDisk;
let nowMs = 0;
let steadyMs = 0;
beforeEach(() => {
  disk = new MemoryDisk(1);
  nowMs = 1_700_000_000_000;
  steadyMs = 0;
});

const clock = { nowMs: () => nowMs, steadyMs: () => steadyMs };

const open = (options: Partial<LedgerOptions> = {}): Promise<Ledger> =>
  openLedger({ directory: DIRECTORY, files: disk.port(), clock, random: seededChance(7), ...options });

const event = (data: JsonObject = {}): LedgerEvent => ({ kind: 'test.happened', atMs: nowMs, data });

async function all(ledger: Ledger, from = 0): Promise<LedgerRecord[]> {
  const records: LedgerRecord[] = [];
  for await (const record of ledger.events(from)) records.push(record);
  return records;
}

/** Lets everything that is under way come to rest, on a disk that only waits for microtasks. */
const rest = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** An event whose record is exactly so many bytes long. */
function sized(bytes: number): LedgerEvent {
  const fixed = toPayload(event({ pad: '' }), 0).length;
  return event({ pad: 'x'.repeat(bytes - fixed) });
}

describe('limits', () => {
  it('take a record of 64 kB and refuse one byte more', async () => {
    const ledger = await open();
    await ledger.append(sized(PAYLOAD_BYTES_MAX)).durable;
    const tooLarge = expect.objectContaining({ code: 'event_refused' });
    expect(() => ledger.append(sized(PAYLOAD_BYTES_MAX + 1))).toThrow(tooLarge);
    expect(() => ledger.append(event({ pad: '€'.repeat(30_000) }))).toThrow(tooLarge);
    await ledger.append(event()).durable;
    expect((await all(ledger)).map(({ index }) => index)).toEqual([0, 1]);
    await ledger.close();
  });

  it('refuse an event that JSON cannot say, and go on', async () => {
    const ledger = await open();
    expect(() => ledger.append(event({ n: Number.NaN }))).toThrow(expect.objectContaining({ code: 'event_refused' }));
    expect((await all(ledger)).length).toBe(0);
    await ledger.append(event()).durable;
    await ledger.close();
  });

  it('hold so many records back for the disk and no more', async () => {
    const ledger = await open({ queueMax: 3 });
    const receipts = [1, 2, 3].map((n) => ledger.append(event({ n })));
    expect(() => ledger.append(event())).toThrow(expect.objectContaining({ code: 'ledger_busy', status: 503 }));
    await Promise.all(receipts.map(({ durable }) => durable));
    await ledger.append(event()).durable;
    await ledger.close();
  });

  it('hold so many bytes back and no more', async () => {
    const ledger = await open({ queueBytesMax: 1000 });
    ledger.append(sized(1000));
    expect(() => ledger.append(event())).toThrow(expect.objectContaining({ code: 'ledger_busy' }));
    await ledger.close();
  });
});

describe('a disk that is full', () => {
  it('makes every append a 503 until it has room again, and then everything goes on by itself', async () => {
    const ledger = await open();
    await ledger.append(event({ n: 0 })).durable;
    disk.fail(({ kind }) => (kind === 'write' || kind === 'create' ? 'ENOSPC' : undefined));
    const lost = ledger.append(event({ n: 1 }));
    await expect(lost.durable).rejects.toMatchObject({ code: 'ledger_unavailable', status: 503, message: expect.stringContaining('full') });
    await expect(lost.written).rejects.toMatchObject({ code: 'ledger_unavailable' });
    expect(ledger.state).toBe('failed');
    expect(() => ledger.append(event())).toThrow(expect.objectContaining({ code: 'ledger_unavailable' }));
    await ledger.tick();
    expect(ledger.state).toBe('failed');
    await expect(ledger.reopen()).rejects.toMatchObject({ code: 'ledger_unavailable' });
    disk.heal();
    await ledger.tick();
    expect(ledger.status()).toMatchObject({ state: 'open', fault: undefined });
    await ledger.append(event({ n: 2 })).durable;
    const numbers = (await all(ledger)).map(({ event: { data } }) => data['n']);
    expect(numbers).toContain(0);
    expect(numbers).toContain(2);
    await ledger.close();
  });

  it('does not take a sync that failed for one that succeeds later', async () => {
    const ledger = await open();
    disk.fail(({ kind, path }) => (kind === 'sync' && path.endsWith('.log') ? 'EIO' : undefined));
    const { durable } = ledger.append(event({ n: 0 }));
    await expect(durable).rejects.toMatchObject({ code: 'ledger_unavailable' });
    disk.heal();
    await ledger.reopen();
    const found = await all(ledger);
    disk.cutPower('lost');
    // What the reopened ledger showed is what survives, although the kernel had called those pages clean.
    const after = await open();
    expect(await all(after)).toEqual(found);
    await after.close();
  });

  it('answers everyone who waits, however the failed sync and the next write cross', async () => {
    for (let seed = 1; seed <= 40; seed++) {
      disk = new MemoryDisk(seed);
      const ledger = await open();
      disk.fail(({ kind, path }) => (kind === 'sync' && path.endsWith('.log') ? 'EIO' : undefined));
      const first = ledger.append(event());
      await first.written;
      const second = ledger.append(event());
      const answers = await Promise.allSettled([first.durable, second.written, second.durable]);
      expect([seed, answers[0]?.status, answers[2]?.status]).toEqual([seed, 'rejected', 'rejected']);
      await ledger.close().catch(() => undefined);
    }
  });
});

describe('after a crash without any checkpoint', () => {
  const PATH = `${DIRECTORY}/segments/0000000000000000.log`;

  /** Changes a byte of the record that holds this text. */
  async function damage(text: string): Promise<void> {
    const file = await disk.port().open(PATH, 'open');
    const at = Buffer.from(await file.read(0, await file.sizeBytes())).indexOf(text);
    await file.write(Buffer.from('#'), at);
    await file.close();
  }

  it('a damaged record that had been acknowledged is refused, because a later one says so', async () => {
    const ledger = await open();
    for (let n = 0; n < 5; n++) await ledger.append(event({ n })).durable;
    disk.kill();
    await damage('"n":2');
    const refusal = { code: 'ledger_damaged', message: expect.stringContaining('record 2 is not whole, and it had been acknowledged') };
    await expect(open()).rejects.toMatchObject(refusal);
  });

  it('a hole among records that nobody was promised is cut off', async () => {
    const ledger = await open();
    await ledger.append(event({ n: 0 })).durable;
    disk.fail(({ kind }) => (kind === 'sync' ? 'EIO' : undefined));
    const receipts = [1, 2, 3].map((n) => ledger.append(event({ n })));
    await Promise.all(receipts.map(({ written }) => written));
    disk.kill();
    await damage('"n":2');
    const after = await open();
    const kept = (await all(after)).filter(({ event: { kind } }) => kind === 'test.happened');
    expect(kept.map(({ event: { data } }) => data['n'])).toEqual([0, 1]);
    await after.close();
  });
});

describe('checkpoints', () => {
  it('come after so many records', async () => {
    const first = Promise.withResolvers<string>();
    const ledger = await open({ checkpointEvery: 5, publish: [async (note) => first.resolve(note)] });
    for (let n = 0; n < 5; n++) await ledger.append(event()).durable;
    expect((await first.promise).split('\n')[1]).toBe('5');
    await ledger.close();
  });

  it('come after so much time, when there is something to cover', async () => {
    const ledger = await open({ checkpointEveryMs: 1000 });
    await ledger.tick();
    expect(ledger.status().checkpoint).toBeUndefined();
    await ledger.append(event()).durable;
    steadyMs = 999;
    await ledger.tick();
    expect(ledger.status().checkpoint).toBeUndefined();
    steadyMs = 1000;
    await ledger.tick();
    expect(ledger.status().checkpoint?.size).toBe(1);
    await ledger.close();
  });

  it('are owed to a second place that is down, and recording goes on', async () => {
    let isDown = true;
    const notes: string[] = [];
    const publish = async (note: string): Promise<void> => {
      if (isDown) throw new Error('down');
      notes.push(note);
    };
    const ledger = await open({ publish: [publish] });
    await ledger.append(event()).durable;
    await ledger.checkpoint();
    expect(ledger.status()).toMatchObject({ state: 'open', publishOwed: 1, publishFailures: 1 });
    isDown = false;
    await ledger.tick();
    expect(ledger.status()).toMatchObject({ publishOwed: 0 });
    expect(notes[0]?.split('\n')[1]).toBe('1');
    await ledger.close();
  });
});

describe('a subscription', () => {
  it('gets every durable record once, in order, from its position on', async () => {
    const ledger = await open({ segmentBytesMax: 500 });
    for (let n = 0; n < 10; n++) await ledger.append(event({ n })).durable;
    const seen: number[] = [];
    const subscription = ledger.onEvent((records) => void seen.push(...records.map(({ index }) => index)), 4);
    for (let n = 10; n < 30; n++) ledger.append(event({ n }));
    await ledger.append(event()).durable;
    await rest();
    expect(seen).toEqual(Array.from({ length: 27 }, (_, n) => n + 4));
    expect(subscription.position).toBe(31);
    subscription.stop();
    await ledger.append(event()).durable;
    await rest();
    expect(subscription.position).toBe(31);
    await ledger.close();
  });

  it('gets the same records again when its handler failed', async () => {
    const ledger = await open();
    let failures = 2;
    const seen: number[] = [];
    const subscription = ledger.onEvent((records) => {
      if (failures-- > 0) throw new Error('the file is full');
      seen.push(...records.map(({ index }) => index));
    }, 0);
    await ledger.append(event()).durable;
    await rest();
    await ledger.append(event()).durable;
    await rest();
    expect(seen).toEqual([]);
    await ledger.tick();
    await rest();
    expect(seen).toEqual([0, 1]);
    expect(subscription.failures).toBe(2);
    await ledger.close();
  });

  it('that is slow holds nothing up and misses nothing', async () => {
    const ledger = await open();
    const seen: number[] = [];
    const gate = Promise.withResolvers<void>();
    ledger.onEvent(async (records) => {
      await gate.promise;
      seen.push(...records.map(({ index }) => index));
    }, 0);
    for (let n = 0; n < 200; n++) await ledger.append(event()).durable;
    gate.resolve();
    await rest();
    expect(seen).toEqual(Array.from({ length: 200 }, (_, n) => n));
    await ledger.close();
  });
});

describe('content', () => {
  it('is proven by its commitment, over a restart', async () => {
    const first = await open();
    const commitment = first.commit('tenant', 'the words');
    await first.append(event({ commitment })).durable;
    await first.close();
    const second = await open();
    expect(await second.checkContent('tenant', 'the words', commitment)).toBe('proven');
    expect(await second.checkContent('tenant', 'other words', commitment)).toBe('differs');
    expect(await second.checkContent('other', 'the words', commitment)).toBe('differs');
    await second.close();
  });

  it('that is the same has a different commitment each time', async () => {
    const ledger = await open();
    expect(ledger.commit('tenant', 'the words').hmac).not.toBe(ledger.commit('tenant', 'the words').hmac);
    await ledger.close();
  });

  it('that was erased cannot be proven by anyone, and the erasure is on record', async () => {
    const ledger = await open();
    const [kept, gone] = [ledger.commit('tenant', 'a'), ledger.commit('tenant', 'b')];
    await ledger.erase(gone);
    await expect(ledger.checkContent('tenant', 'b', gone)).rejects.toMatchObject({ code: 'nonce_gone' });
    expect(await ledger.checkContent('tenant', 'a', kept)).toBe('proven');
    expect((await all(ledger))[0]?.event).toMatchObject({ kind: 'ledger.content_erased', data: { nonce: gone.nonce } });
    await ledger.close();
  });

  it('never shares a nonce slot with content of another life, whatever the power does', async () => {
    const used = new Set<number>();
    for (let life = 0; life < 5; life++) {
      const ledger = await open();
      for (let n = 0; n < 3; n++) {
        const commitment = ledger.commit('tenant', 'x');
        await ledger.append(event({ commitment })).durable;
        expect(used.has(commitment.nonce)).toBe(false);
        used.add(commitment.nonce);
      }
      disk.cutPower('lost');
    }
  });
});

describe('retention', () => {
  const retention = { retainDays: 30, legalMinimumDays: 10 };

  it('removes old segments, keeps their proofs, and verification knows why they are gone', async () => {
    const first = await open({ segmentBytesMax: 300, retention });
    for (let n = 0; n < 8; n++) await first.append(event({ n })).durable;
    await first.checkpoint();
    const proof = await prove({ files: disk.port(), directory: DIRECTORY }, 1);
    nowMs += 31 * DAY_MS;
    steadyMs += DAY_MS;
    for (let n = 8; n < 12; n++) await first.append(event({ n })).durable;
    await first.checkpoint();
    await first.tick();
    const kept = await all(first);
    expect(kept[0]?.index).toBeGreaterThan(4);
    expect(kept.at(-1)?.event.kind).toBe('ledger.pruned');
    await first.close();
    expect(await checkProof(proof, first.verifierKey)).toMatchObject({ state: 'proven' });
    const report = await verify({ files: disk.port(), directory: DIRECTORY });
    expect(report).toMatchObject({ state: 'intact', recordsRetired: kept[0]?.index, size: 13 });
    const second = await open({ segmentBytesMax: 300, retention });
    await second.append(event()).durable;
    await second.close();
    expect((await verify({ files: disk.port(), directory: DIRECTORY })).state).toBe('intact');
  });

  it('leaves alone what no checkpoint covers', async () => {
    const ledger = await open({ segmentBytesMax: 300, retention, checkpointEveryMs: Infinity });
    for (let n = 0; n < 8; n++) await ledger.append(event({ n })).durable;
    nowMs += 31 * DAY_MS;
    for (let n = 8; n < 12; n++) await ledger.append(event({ n })).durable;
    await ledger.tick();
    expect((await all(ledger))[0]?.index).toBe(0);
    await ledger.close();
  });

  it('takes the legal minimum and refuses a day less', async () => {
    await (await open({ retention: { retainDays: 10, legalMinimumDays: 10 } })).close();
    await expect(open({ retention: { retainDays: 9, legalMinimumDays: 10 } })).rejects.toMatchObject({ code: 'retention_below_minimum' });
  });
});
