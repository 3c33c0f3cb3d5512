// The front door on a real disk: order, restarts, one writer.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LedgerEvent } from '../core/types.ts';
import { systemClock } from '../io/clock.ts';
import { diskFiles } from '../io/files/disk-files.ts';
import { systemRandom } from '../io/random.ts';
import type { Ledger, LedgerOptions } from './ledger.ts';
import { openLedger } from './ledger.ts';
import type { LedgerRecord } from './record.ts';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ledger-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const open = (options: Partial<LedgerOptions> = {}): Promise<Ledger> =>
  openLedger({ directory, files: diskFiles, clock: systemClock, random: systemRandom, ...options });

const event = (n: number): LedgerEvent => ({
  kind: 'request.opened',
  atMs: 1_700_000_000_000 + n,
  tenant: 't',
  requestId: `r${n}`,
  data: { n },
});

async function all(ledger: Ledger, from = 0): Promise<LedgerRecord[]> {
  const records: LedgerRecord[] = [];
  for await (const record of ledger.events(from)) records.push(record);
  return records;
}

describe('a ledger on a real disk', () => {
  it('gives back what was appended, in order, over rotations and restarts', async () => {
    const first = await open({ segmentBytesMax: 5000 });
    for (let n = 0; n < 300; n++) {
      const { durable } = first.append(event(n));
      if (n % 25 === 0) await durable;
    }
    await first.close();
    const second = await open({ segmentBytesMax: 5000 });
    await second.append(event(300)).durable;
    const expected = Array.from({ length: 301 }, (_, n) => ({ index: n, event: event(n) }));
    expect((await all(second)).map(({ index, event: one }) => ({ index, event: one }))).toEqual(expected);
    expect((await all(second, 250))[0]?.index).toBe(250);
    await second.close();
  });

  it('refuses a second writer until the first is closed', async () => {
    const first = await open();
    await expect(open()).rejects.toMatchObject({ code: 'ledger_locked', status: 503 });
    await first.close();
    await (await open()).close();
  });

  it('refuses appends once it is closed', async () => {
    const ledger = await open();
    await ledger.close();
    expect(() => ledger.append(event(1))).toThrow(expect.objectContaining({ code: 'ledger_closed' }));
  });

  it('keeps what is written though the process never closes it', async () => {
    const ledger = await open();
    await ledger.append(event(0)).written;
    expect(ledger.state).toBe('open');
    await ledger.close();
  });
});
