// The thread of the index: there while somebody looks, gone when nobody does, and no harm when it dies or its file does.
import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { IndexClient } from '../src/app/admin/index/index-client.ts';
import { systemClock } from '../src/io/clock.ts';
import { diskFiles } from '../src/io/files/disk-files.ts';
import { systemRandom } from '../src/io/random.ts';
import { openLedger, type Ledger } from '../src/ledger/ledger.ts';
import { closedEvent, openedEvent } from '../src/watch/request-index/all-requests.fixture.ts';

let folder: string;
let ledger: Ledger;
let index: IndexClient;
let troubles: unknown[];
const made: IndexClient[] = [];

function client(idleMs?: number): IndexClient {
  const options = { dataFolder: folder, ledger, keyPairs: async () => [], onTrouble: (error: unknown) => void troubles.push(error) };
  const one = new IndexClient({ ...options, ...(idleMs === undefined ? {} : { idleMs }) });
  made.push(one);
  return one;
}

async function request(at: number): Promise<void> {
  const one = { id: `req_${String(at).padStart(20, '0')}`, atMs: 1_000 + at };
  ledger.append(openedEvent(one));
  await ledger.append(closedEvent(one)).durable;
}

const page = async (one = index) =>
  (await one.ask<'page'>({ op: 'page', filter: {}, limit: 200, cursor: undefined, order: 'desc' })).answer.items.length;

/** A thread takes its time to start on a busy machine. */
const PATIENCE = { timeout: 20_000, interval: 20 };
const untilRead = (one: IndexClient, rows: number): Promise<void> => vi.waitFor(async () => expect(await page(one)).toBe(rows), PATIENCE);

beforeEach(async () => {
  troubles = [];
  folder = mkdtempSync(join(tmpdir(), 'sallyport-thread-'));
  ledger = await openLedger({
    directory: join(folder, 'ledger'),
    files: diskFiles,
    clock: systemClock,
    random: systemRandom,
    segmentBytesMax: 8_192,
  });
  for (let at = 0; at < 40; at++) await request(at);
  index = client();
});

afterEach(async () => {
  for (const one of made.splice(0)) await one.close();
  await ledger.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('the thread of the index', () => {
  it('is not there before the first question, reads over many segments, and follows', async () => {
    expect([index.status.state, existsSync(join(folder, 'index.db'))]).toEqual(['off', false]);
    expect(readdirSync(join(folder, 'ledger', 'segments')).length).toBeGreaterThan(2);
    await untilRead(index, 40);
    await request(40);
    expect(await page()).toBe(41);
    expect(index.status).toMatchObject({ state: 'on', indexedUpTo: 82 });
  });

  it('ends when nobody asks any more, and goes on from what it saved', async () => {
    index = client(20);
    await untilRead(index, 40);
    await vi.waitFor(() => expect(index.status.state).toBe('off'), PATIENCE);
    await request(41);
    await untilRead(index, 41);
    expect(troubles).toEqual([]);
  });

  it('that dies says so, and the next question starts another', async () => {
    await untilRead(index, 40);
    await index.close();
    rmSync(join(folder, 'index.db'));
    // What it wants to read is not there: a ledger that is being restored, a disk that is gone.
    const segments = join(folder, 'ledger', 'segments');
    renameSync(segments, `${segments}-away`);
    const reader = client();
    await expect(page(reader)).rejects.toMatchObject({ code: 'index_unavailable' });
    renameSync(`${segments}-away`, segments);
    await untilRead(reader, 40);
    expect(troubles.length).toBeGreaterThan(0);
  });

  it('tells a watcher of what ends while it still begins', async () => {
    let told = '';
    const sink = async (text: string): Promise<void> => void (told += text);
    const after = ledger.status().durableCount - 1;
    const watching = index.watch({ who: 'someone', filter: {}, after, sink, onEnd: () => undefined });
    await request(40);
    await watching;
    await vi.waitFor(() => expect(told).toContain(`req_${String(40).padStart(20, '0')}`), PATIENCE);
    expect(told).not.toContain(`req_${String(39).padStart(20, '0')}`);
  });

  it('gives no watcher a place for good when it cannot begin', async () => {
    const reader = client();
    const watcher = { who: 'someone', filter: {}, after: -1, sink: async () => undefined, onEnd: () => undefined };
    await reader.close();
    for (let count = 0; count < 40; count++) await expect(reader.watch(watcher)).rejects.toThrow('shutting down');
    expect(reader.status.watchers).toBe(0);
  });

  it('never ends half a file as if it were whole, nor goes on with that of somebody else', async () => {
    index = client(3_000);
    await untilRead(index, 40);
    const begin = async () => (await index.ask<'export'>({ op: 'export', filter: {}, format: 'json' })).answer.exportId;
    const first = await begin();
    await vi.waitFor(() => expect(index.status.state).toBe('off'), PATIENCE);
    const second = await begin();
    expect(second).not.toBe(first);
    await expect(index.ask<'exportNext'>({ op: 'exportNext', exportId: first })).rejects.toMatchObject({ code: 'index_unavailable' });
    expect((await index.ask<'exportNext'>({ op: 'exportNext', exportId: second })).answer).toContain('req_');
  });

  it('finds a request also while most of the ledger is still to be read', async () => {
    const many = Array.from({ length: 20_000 }, (_, at) => ({ id: `req_${String(100 + at).padStart(20, '0')}`, atMs: 2_000 + at }));
    for (const one of many) {
      ledger.append(openedEvent(one));
      // The queue of the ledger has an end.
      const { durable } = ledger.append(closedEvent(one));
      if (one.atMs % 500 === 0) await durable;
    }
    await request(90_000);
    const found = await index.ask<'records'>({ op: 'records', requestId: `req_${String(90_000).padStart(20, '0')}` });
    expect(found.answer.map(({ event }) => event.kind)).toEqual(['request.opened', 'request.closed']);
  });

  it('makes a damaged file anew', async () => {
    await untilRead(index, 40);
    await index.close();
    writeFileSync(join(folder, 'index.db'), Buffer.alloc(200_000, 0x5a));
    const after = client();
    await untilRead(after, 40);
  });

  it('refuses more questions and watchers than it has room for, and tells watchers when it ends', async () => {
    let ended = 0;
    const watcher = { filter: {}, after: -1, sink: async () => undefined, onEnd: () => void (ended += 1) };
    const stops = [];
    for (let count = 0; count < 32; count++) {
      stops.push(await index.watch({ ...watcher, who: `auditor ${count >> 3}` }));
      // The ninth of one caller finds no room, where another does.
      if (count === 7) await expect(index.watch({ ...watcher, who: 'auditor 0' })).rejects.toThrow('8 consoles of auditor 0');
    }
    await expect(index.watch({ ...watcher, who: 'another' })).rejects.toMatchObject({ code: 'index_unavailable' });
    stops[0]?.();
    const asked = Array.from({ length: 70 }, () => page().catch((error: { code: string }) => error.code));
    expect(await Promise.all(asked)).toContain('index_unavailable');
    await index.close();
    expect(ended).toBe(62);
  });
});
