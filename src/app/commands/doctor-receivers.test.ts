// What doctor says of receivers: reached, refused, away, behind, and with something left over.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { diskFiles } from '../../io/files/disk-files.ts';
import { CursorFile } from '../../watch/receivers/cursor-file.ts';
import { httpPlace } from '../../watch/receivers/places.fixture.ts';
import type { ReceiverSettings } from '../../watch/receivers/settings.ts';
import { examineReceivers } from './doctor-receivers.ts';

const HTTP = { startAt: 'beginning', tls: {}, timeoutMs: 1_000, headers: {}, gzip: true } as const;

function dataFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-doctor-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'receivers'));
  mkdirSync(join(folder, 'ledger'));
  return folder;
}

const elastic = (name: string, url: string): ReceiverSettings => ({ ...HTTP, kind: 'elastic', name, url, index: 'logs', auth: undefined });

describe('doctor', () => {
  it('asks every receiver, and tells the one that is well from the one that is not', async () => {
    const well = await httpPlace(() => ({ body: { version: { number: '9.1.0' } } }));
    const closed = await httpPlace(() => ({ status: 401 }));
    const lines = await examineReceivers(
      [
        elastic('well', well.url),
        elastic('closed', closed.url),
        elastic('away', 'http://127.0.0.1:1'),
        elastic('never', 'http://169.254.169.254'),
      ],
      dataFolder(),
    );
    expect(lines.map(({ state, detail }) => `${state} ${detail}`)).toEqual([
      'ok well (elastic) Elasticsearch 9.1.0',
      'fail closed (elastic) refuses our credentials (401)',
      expect.stringMatching(/^fail away \(elastic\): it cannot be reached: /),
      expect.stringMatching(/^fail never \(elastic\): the address 169\.254\.169\.254 is link-local/),
    ]);
    expect(lines.slice(1).every(({ fix }) => fix !== undefined)).toBe(true);
    expect(well.asked.map(({ method }) => method)).toEqual(['GET']);
  });

  it('says what a receiver has refused, and how far it is behind', async () => {
    const elsewhere = await httpPlace(() => ({ body: { version: { number: '9.1.0' } } }));
    const data = dataFolder();
    writeFileSync(join(data, 'receivers', 'siem.refused.jsonl'), '{}\n');
    const place = { files: diskFiles, folder: join(data, 'receivers'), name: 'siem' };
    await (await CursorFile.open(place, { ledger: 'x', next: 5, warmFrom: 5 })).close();
    writeFileSync(join(data, 'ledger', 'checkpoint'), `x\n20000\n${'A'.repeat(43)}=\n\n— x AAAAAAAA\n`);
    const lines = await examineReceivers([elastic('siem', elsewhere.url)], data);
    expect(lines.map(({ detail }) => detail)).toEqual([
      'siem (elastic) Elasticsearch 9.1.0',
      'siem has refused events for good',
      'siem is 19995 records behind',
    ]);
  });
});
