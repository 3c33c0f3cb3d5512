// What an attacker with write access can do to the files, and that verification says what and where.
import { crc32 } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import { Fault } from '../core/fault.ts';
import type { FilePort } from '../io/files/file-port.ts';
import { MemoryDisk } from '../io/files/memory-disk.ts';
import { readWhole } from '../io/files/whole-file.ts';
import type { SeededChance } from '../io/files/seeded-chance.ts';
import { seededChance } from '../io/files/seeded-chance.ts';
import type { Ledger, LedgerOptions } from './ledger.ts';
import { openLedger } from './ledger.ts';
import type { VerifyOptions, VerifyReport } from './verify.ts';
import { verify } from './verify.ts';

const DIRECTORY = '/data/ledger';
const RECORDS = 40;
const HEADER_BYTES = 32;

let files: FilePort;
let verifierKey = '';
const published: string[] = [];

const clock = { nowMs: () => 1_700_000_000_000, steadyMs: () => 0 };

function open(options: Partial<LedgerOptions> = {}): Promise<Ledger> {
  const publish = [async (note: string) => void published.push(note)];
  return openLedger({ directory: DIRECTORY, files, clock, random: seededChance(3), segmentBytesMax: 1200, publish, ...options });
}

async function record(ledger: Ledger, [from, to]: readonly [number, number], word = 'n'): Promise<void> {
  for (let n = from; n < to; n++) await ledger.append({ kind: 'test.happened', atMs: 1_700_000_000_000 + n, data: { [word]: n } }).durable;
}

beforeEach(async () => {
  files = new MemoryDisk(1).port();
  published.length = 0;
  const ledger = await open();
  await record(ledger, [0, 25]);
  await ledger.checkpoint();
  await record(ledger, [25, RECORDS]);
  await ledger.close();
  verifierKey = ledger.verifierKey;
});

const check = (options: Partial<VerifyOptions> = {}): Promise<VerifyReport> => verify({ files, directory: DIRECTORY, ...options });

const segments = () => files.list(`${DIRECTORY}/segments`);

async function bytesOf(name: string): Promise<Buffer> {
  return Buffer.from((await readWhole(files, `${DIRECTORY}/${name}`, 1_000_000)) ?? []);
}

async function replace(name: string, bytes: Uint8Array): Promise<void> {
  const file = await files.open(`${DIRECTORY}/${name}`, 'ensure');
  await file.truncate(0);
  await file.write(bytes, 0);
  await file.close();
}

/** The frames of a segment, as bytes. */
async function framesOf(name: string): Promise<readonly Buffer[]> {
  const bytes = await bytesOf(name);
  const frames: Buffer[] = [];
  for (let at = HEADER_BYTES; at < bytes.length;) {
    const end = at + 13 + bytes.readUInt32LE(at + 4);
    frames.push(bytes.subarray(at, end));
    at = end;
  }
  return frames;
}

async function setFrames(name: string, frames: readonly Uint8Array[]): Promise<void> {
  await replace(name, Buffer.concat([(await bytesOf(name)).subarray(0, HEADER_BYTES), ...frames]));
}

/** A frame whose payload was edited and whose check was made right again. */
function edited(frame: Buffer, from: string, to: string): Buffer {
  const copy = Buffer.from(frame.toString('latin1').replace(from, to), 'latin1');
  copy.writeUInt32LE(crc32(copy.subarray(4)), 0);
  return copy;
}

const secondSegment = async () => `segments/${(await segments())[1]}`;
const firstOf = (name: string) => Number.parseInt(name.slice('segments/'.length), 10);

describe('verification', () => {
  it('finds nothing wrong with an untouched ledger, and says what it cannot exclude', async () => {
    const report = await check();
    expect(report).toMatchObject({ state: 'intact', recordsRead: RECORDS, size: RECORDS, problems: [], remarks: [] });
    expect(report.checkpointsMatched).toBe(2);
    expect(report.notExcluded.join(' ')).toMatch(/removed together with the checkpoints.*signed it again.*key beside the ledger/);
  });

  it('excludes truncation and re-signing with a checkpoint and a key that were kept elsewhere', async () => {
    const report = await check({ against: published[1] ?? '', verifierKey });
    expect(report).toMatchObject({ state: 'intact', notExcluded: [] });
  });

  it('has nothing to say about an empty folder but that', async () => {
    expect((await verify({ files: new MemoryDisk(2).port(), directory: '/none', verifierKey })).state).toBe('empty');
  });

  it('locates an edit whose checksum was made right again', async () => {
    const name = await secondSegment();
    const frames = await framesOf(name);
    const index = firstOf(name) + 2;
    await setFrames(name, frames.with(2, edited(frames[2] ?? Buffer.alloc(0), `"n":${index}`, `"n":${index + 1}`)));
    const { state, problems } = await check();
    expect(state).toBe('damaged');
    expect(problems).toEqual([expect.objectContaining({ code: 'record_changed', index, segment: name.slice(9) })]);
  });

  it('narrows an edit to the records between two checkpoints when the tile over it is gone', async () => {
    const name = await secondSegment();
    const frames = await framesOf(name);
    const index = firstOf(name) + 2;
    await setFrames(name, frames.with(2, edited(frames[2] ?? Buffer.alloc(0), `"n":${index}`, `"n":${index + 1}`)));
    const [partial] = await files.list(`${DIRECTORY}/tile/0/000.p`);
    await files.remove(`${DIRECTORY}/tile/0/000.p/${partial}`);
    const { problems } = await check();
    expect(problems.map(({ code }) => code)).toEqual(['root_differs', 'tile_wrong']);
    expect(problems[0]).toMatchObject({ index: 0, message: expect.stringContaining('0 to 24') });
  });

  it('locates a dropped record', async () => {
    const name = await secondSegment();
    await setFrames(name, (await framesOf(name)).toSpliced(1, 1));
    const index = firstOf(name) + 1;
    expect((await check()).problems).toEqual([expect.objectContaining({ code: 'records_missing', index, segment: name.slice(9) })]);
  });

  it('locates two swapped records', async () => {
    const name = await secondSegment();
    const frames = await framesOf(name);
    const [one, two, three] = frames;
    if (!one || !two || !three) throw new Error('the segment is too short');
    await setFrames(name, [one, three, two, ...frames.slice(3)]);
    const index = firstOf(name) + 1;
    expect((await check()).problems.map(({ code, index: at }) => [code, at])).toEqual([
      ['records_missing', index],
      ['record_misplaced', index],
    ]);
  });

  it('locates a record that was put in twice', async () => {
    const name = await secondSegment();
    const frames = await framesOf(name);
    await setFrames(name, [...frames.slice(0, 2), ...frames.slice(1)]);
    expect((await check()).problems).toEqual([expect.objectContaining({ code: 'record_misplaced', index: firstOf(name) + 1 })]);
  });

  it('locates a segment that is gone', async () => {
    const name = await secondSegment();
    await files.remove(`${DIRECTORY}/${name}`);
    expect((await check()).problems).toEqual([expect.objectContaining({ code: 'records_missing', index: firstOf(name) })]);
  });

  it('names the first segment when it is gone without a record of retention', async () => {
    await files.remove(`${DIRECTORY}/segments/${(await segments())[0]}`);
    expect((await check()).problems).toEqual([expect.objectContaining({ code: 'segment_missing', index: 0 })]);
  });

  it('locates a truncation by the checkpoints beside it', async () => {
    const last = `segments/${(await segments()).at(-1)}`;
    await setFrames(last, (await framesOf(last)).slice(0, -1));
    expect((await check()).problems).toEqual([expect.objectContaining({ code: 'truncated', index: RECORDS - 1 })]);
  });

  it('locates a truncation of ledger and checkpoints by the checkpoint kept elsewhere, and only by that', async () => {
    for (const name of await segments()) {
      const at = firstOf(`segments/${name}`);
      if (at >= 25) await files.remove(`${DIRECTORY}/segments/${name}`);
      else await setFrames(`segments/${name}`, (await framesOf(`segments/${name}`)).slice(0, 25 - at));
    }
    await replace('tile/0/000.p/25', (await bytesOf(`tile/0/000.p/${RECORDS}`)).subarray(0, 25 * 32));
    await replace('checkpoint', Buffer.from(published[0] ?? ''));
    const history = (await bytesOf('checkpoints.jsonl')).toString().split('\n');
    await replace('checkpoints.jsonl', Buffer.from(`${history[0]}\n`));
    expect((await check()).state).toBe('intact');
    const { problems } = await check({ against: published[1] ?? '' });
    expect(problems).toEqual([expect.objectContaining({ code: 'truncated', index: 25 })]);
  });

  it('finds a ledger that was written anew and signed again with its own key, by the checkpoint kept elsewhere', async () => {
    const kept = published[1] ?? '';
    const key = await bytesOf('checkpoint-key.pem');
    files = new MemoryDisk(5).port();
    await files.makeFolder(DIRECTORY);
    await replace('checkpoint-key.pem', key);
    const forged = await open();
    await record(forged, [0, RECORDS], 'forged');
    await forged.close();
    expect((await check({ verifierKey })).state).toBe('intact');
    expect((await check({ verifierKey, against: kept })).problems.map(({ code }) => code)).toContain('checkpoint_contradicted');
  });

  it('refuses checkpoints of another key', async () => {
    const other = (await bytesOf('checkpoint-key.pub')).toString().replace(/.{8}\n$/, 'AAAAAAA=\n');
    expect((await check({ verifierKey: other })).problems[0]?.code).toBe('checkpoint_unsigned');
  });

  it('finds every changed byte of a segment', async () => {
    const name = await secondSegment();
    const bytes = await bytesOf(name);
    for (let at = 0; at < bytes.length; at += 5) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 0x20;
      await replace(name, changed);
      const { state, problems } = await check();
      // The lag of a record, bytes 8 to 11 of its frame, is under the checksum; nothing is outside it.
      expect([state, at], `byte ${at}`).toEqual(['damaged', at]);
      expect(problems[0]?.segment).toBe(name.slice(9));
    }
  });
});

/** Every file of the ledger, with its path from the ledger's folder. */
async function filesBelow(folder: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const name of await files.list(`${DIRECTORY}${folder}`)) {
    const below = await filesBelow(`${folder}/${name}`);
    if (below.length > 0) found.push(...below);
    else if (name !== 'nonces') found.push(`${folder}/${name}`.slice(1));
  }
  return found;
}

describe('a random change of a random file', () => {
  const PUBLIC = /^(?:segments\/|tile\/|checkpoint$|checkpoint-key\.pub$)/;
  const change = (bytes: Buffer, chance: SeededChance): Buffer => {
    const at = chance.below(bytes.length);
    switch (chance.below(4)) {
      case 0:
        return Buffer.from(bytes.subarray(0, at));
      case 1:
        return Buffer.concat([bytes.subarray(0, at), chance.bytes(1 + chance.below(40)), bytes.subarray(at)]);
      case 2:
        return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + chance.below(40))]);
      default:
        return Buffer.from(bytes.with(at, (bytes[at] ?? 0) ^ (1 + chance.below(255))));
    }
  };

  it('is found by verification, and never opens as another history', { timeout: 30_000 }, async () => {
    for (let seed = 1; seed <= 150; seed++) {
      const chance = seededChance(seed);
      const names = (await filesBelow('')).filter((name) => PUBLIC.test(name));
      const name = names[chance.below(names.length)] ?? '';
      const before = await bytesOf(name);
      await replace(name, change(before, chance));
      const { state, remarks } = await check({ against: published[1] ?? '', verifierKey });
      const isTail = remarks.some((remark) => remark.includes('no whole record'));
      if (name !== 'checkpoint-key.pub') expect(state === 'damaged' || isTail, `seed ${seed}, ${name}`).toBe(true);
      await opensAsItWas(seed);
      await replace(name, before);
    }
  });

  async function opensAsItWas(seed: number): Promise<void> {
    const copy = await copyOf(files);
    try {
      const ledger = await openLedger({ directory: DIRECTORY, files: copy, clock, random: seededChance(3) });
      let next = 0;
      for await (const { index, event } of ledger.events()) {
        if (index < RECORDS) expect([seed, index, event.data['n']]).toEqual([seed, next, next]);
        next += 1;
      }
      expect(next).toBeGreaterThanOrEqual(RECORDS);
      await ledger.close();
    } catch (error) {
      // Refusing is right; anything but a fault is a bug.
      expect(error).toBeInstanceOf(Fault);
    }
  }

  async function copyOf(from: FilePort): Promise<FilePort> {
    const to = new MemoryDisk(1).port();
    for (const name of await filesBelow('')) {
      const path = `${DIRECTORY}/${name}`;
      await to.makeFolder(path.slice(0, path.lastIndexOf('/')));
      const file = await to.open(path, 'create');
      await file.write((await readWhole(from, path, 10_000_000)) ?? new Uint8Array(), 0);
      await file.close();
    }
    return to;
  }
});

describe('opening', () => {
  it('refuses a corrupted middle and names segment and offset', async () => {
    const last = `segments/${(await segments()).at(-1)}`;
    const bytes = await bytesOf(last);
    bytes[HEADER_BYTES + 20] = 0;
    await replace(last, bytes);
    const file = last.slice(9);
    await expect(open()).rejects.toMatchObject({ code: 'ledger_damaged', message: expect.stringContaining(`${file} at byte 32`) });
  });

  it('refuses a ledger that is shorter than its checkpoint', async () => {
    await files.remove(`${DIRECTORY}/segments/${(await segments()).at(-1)}`);
    await expect(open()).rejects.toMatchObject({ code: 'ledger_truncated' });
  });

  it('refuses a checkpoint that its key did not sign', async () => {
    await replace('checkpoint', Buffer.from((published[1] ?? '').replace(`\n${RECORDS}\n`, `\n${RECORDS - 1}\n`)));
    await expect(open()).rejects.toMatchObject({ code: 'checkpoint_untrusted' });
  });

  it('makes tiles again that are missing', async () => {
    for (const name of await files.list(`${DIRECTORY}/tile/0/000.p`)) await files.remove(`${DIRECTORY}/tile/0/000.p/${name}`);
    const ledger = await open();
    await record(ledger, [RECORDS, RECORDS + 1]);
    await ledger.close();
    expect(await check({ against: published[1] ?? '' })).toMatchObject({ state: 'intact', size: RECORDS + 1 });
  });

  it('cuts off a torn tail and records that it did', async () => {
    const last = `segments/${(await segments()).at(-1)}`;
    await replace(last, Buffer.concat([await bytesOf(last), Buffer.from('half a frame')]));
    const ledger = await open();
    await ledger.close();
    const events = [];
    for await (const one of ledger.events(RECORDS)) events.push(one.event);
    expect(events).toEqual([expect.objectContaining({ kind: 'ledger.tail_cut', data: expect.objectContaining({ bytes: 12 }) })]);
    expect((await check()).state).toBe('intact');
  });
});
