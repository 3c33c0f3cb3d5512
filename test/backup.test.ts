// A backup of a gateway at work, put back somewhere else: what it knew, what it proves, what it stops.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { makeBackup, type BackupOptions } from '../src/app/backup/make-backup.ts';
import { restoreBackup, type RestoreOptions } from '../src/app/backup/restore-backup.ts';
import { startSallyport, type Sallyport } from '../src/app/serve/sallyport.ts';
import { systemClock } from '../src/io/clock.ts';
import { diskFiles } from '../src/io/files/disk-files.ts';
import { systemRandom } from '../src/io/random.ts';
import { checkProof } from '../src/ledger/check-proof.ts';
import { prove } from '../src/ledger/prove.ts';
import { verify } from '../src/ledger/verify.ts';
import { CursorFile, readReceiverCursor } from '../src/watch/receivers/cursor-file.ts';
import { chatAnswer } from './support/openai-replies.ts';
import { chat, post } from './support/plain-client.ts';
import { freshGateway, UPSTREAM_KEY, type RunningGateway } from './support/running-gateway.ts';

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-backup-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const backup = (dataFolder: string, path: string, more: Partial<BackupOptions> = {}) =>
  makeBackup({
    dataFolder,
    path,
    isStateElsewhere: false,
    nowMs: () => systemClock.nowMs(),
    random: (count) => systemRandom.bytes(count),
    pause: () => new Promise((resolve) => void setImmediate(resolve)),
    patienceMs: 1_000,
    onWait: () => undefined,
    ...more,
  });

const restore = (path: string, dataFolder: string, more: Partial<RestoreOptions> = {}) =>
  restoreBackup({ path, dataFolder, isTrial: false, who: 'test', clock: systemClock, random: systemRandom, ...more });

async function ask({ openaiUrl, key, upstream }: RunningGateway, text = 'Good morning.'): Promise<number> {
  upstream.answer((_, reply) => reply.json(chatAnswer({ content: 'fine' })));
  const answer = await post({ url: openaiUrl, key }, chat(text));
  await answer.text();
  return answer.status;
}

async function startOn(dataFolder: string, gateway: RunningGateway): Promise<Sallyport> {
  const sallyport = await startSallyport({
    config: gateway.configOf({}),
    dataFolder,
    environment: { UPSTREAM_KEY },
    log: pino({ level: 'silent' }),
  });
  onTestFinished(() => sallyport.stop());
  return sallyport;
}

/** A gateway with a past: requests, budgets on disk, a checkpoint. */
async function seasoned(): Promise<RunningGateway> {
  const gateway = await freshGateway();
  for (let at = 0; at < 6; at++) expect(await ask(gateway)).toBe(200);
  await gateway.sallyport.rooms.saveBudgets();
  await gateway.sallyport.rooms.ledger.checkpoint();
  return gateway;
}

describe('a backup', () => {
  it('taken beside a gateway at work brings back its keys, its orders and a record that proves what it proved', async () => {
    const gateway = await seasoned();
    const { ledger, access } = gateway.sallyport.rooms;
    const proof = await prove({ files: diskFiles, directory: join(gateway.dataFolder, 'ledger') }, 3);
    access.killSwitch.order({ scope: 'upstream', subject: 'other', who: 'test', reason: 'a drill' });
    const busy = { isOver: false };
    const work = (async () => {
      while (!busy.isOver) await ask(gateway);
    })();
    const path = join(scratch(), 'night.backup');
    const manifest = await backup(gateway.dataFolder, path);
    busy.isOver = true;
    await work;
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(existsSync(`${path}.tmp`)).toBe(false);
    const verifierKey = ledger.verifierKey;
    const target = join(scratch(), 'data');
    const { records } = await restore(path, target);
    expect(records).toBeGreaterThan(6);
    const report = await verify({ files: diskFiles, directory: join(target, 'ledger'), against: manifest.checkpoint ?? '', verifierKey });
    expect(report).toMatchObject({ state: 'intact', problems: [] });
    expect(await checkProof(proof, verifierKey)).toMatchObject({ state: 'proven' });
    const second = await startOn(target, gateway);
    const answer = await post({ url: `http://127.0.0.1:${second.data.port}/v1`, key: gateway.key }, chat('Good morning.'));
    expect(answer.status).toBe(200);
    expect(second.rooms.access.killSwitch.status().standing).toMatchObject([{ scope: 'upstream', subject: 'other' }]);
    const kinds: string[] = [];
    for await (const { event } of second.rooms.ledger.events(records)) kinds.push(event.kind);
    expect(kinds[0]).toBe('ledger.restored');
  });

  it('gives records that come after it other uids than those that were lost', async () => {
    const gateway = await seasoned();
    const path = join(scratch(), 'a.backup');
    await backup(gateway.dataFolder, path);
    const target = join(scratch(), 'data');
    const { records } = await restore(path, target);
    const second = await startOn(target, gateway);
    await second.stop();
    const lines = readFileSync(join(target, 'events', 'ocsf.jsonl'), 'utf8')
      .trim()
      .split('\n');
    const uids = lines.map((line) => (JSON.parse(line) as { metadata: { uid: string; sequence: number } }).metadata);
    for (const { uid, sequence } of uids) expect(/~r[0-9a-f]{8}$/.test(uid)).toBe(sequence >= records);
    expect(uids.filter(({ sequence }) => sequence >= records).length).toBeGreaterThan(0);
  });

  it('rewinds what receivers had got beyond it', async () => {
    const gateway = await seasoned();

    const path = join(scratch(), 'a.backup');
    mkdirSync(join(gateway.dataFolder, 'receivers'), { mode: 0o700 });
    const cursorIn = (folder: string) => ({ files: diskFiles, folder: join(folder, 'receivers'), name: 'siem' });
    await (await CursorFile.open(cursorIn(gateway.dataFolder), { ledger: 'x', next: 1_000_000, warmFrom: 999_999 })).close();
    await backup(gateway.dataFolder, path);
    const target = join(scratch(), 'data');
    const { records } = await restore(path, target);
    expect(await readReceiverCursor(cursorIn(target))).toMatchObject({ next: records, warmFrom: records });
  });

  it('under a passphrase opens with it alone', async () => {
    const gateway = await seasoned();
    const path = join(scratch(), 'a.backup');
    await backup(gateway.dataFolder, path, { passphrase: 'open sesame', costN: 1_024 });
    expect(readFileSync(path).includes('manifest')).toBe(false);
    const target = join(scratch(), 'data');
    await expect(restore(path, target)).rejects.toMatchObject({
      code: 'backup_unreadable',
      message: expect.stringContaining('--passphrase'),
    });
    await expect(restore(path, target, { passphrase: 'open barley' })).rejects.toMatchObject({ code: 'backup_unreadable' });
    expect(existsSync(target) || existsSync(`${target}.restoring`)).toBe(false);
    await restore(path, target, { passphrase: 'open sesame' });
  });

  it('that was changed anywhere is refused, and nothing is left of the try', async () => {
    const gateway = await seasoned();
    const folder = scratch();
    const path = join(folder, 'a.backup');
    await backup(gateway.dataFolder, path);
    const bytes = readFileSync(path);
    const target = join(scratch(), 'data');
    // Also in the manifest, which stands at the end, and in the checksum behind it.
    const places = [
      ...Array.from({ length: 19 }, (_, part) => Math.floor((bytes.length * (part + 1)) / 20)),
      bytes.length - 6,
      bytes.length - 1,
    ];
    for (const at of places) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 0x10;
      writeFileSync(join(folder, 'changed'), changed);
      await expect(restore(join(folder, 'changed'), target)).rejects.toMatchObject({ code: expect.stringMatching(/^backup_/) });
    }
    writeFileSync(join(folder, 'cut'), bytes.subarray(0, bytes.length - 3_000));
    await expect(restore(join(folder, 'cut'), target)).rejects.toMatchObject({ code: 'backup_unreadable' });
    expect(existsSync(target) || existsSync(`${target}.restoring`)).toBe(false);
  });

  it('is never put over data, nor made over a file', async () => {
    const gateway = await seasoned();
    const path = join(scratch(), 'a.backup');
    await backup(gateway.dataFolder, path);
    await expect(backup(gateway.dataFolder, path)).rejects.toMatchObject({ code: 'backup_impossible' });
    await expect(restore(path, gateway.dataFolder)).rejects.toMatchObject({ code: 'restore_refused' });
    expect(await restore(path, join(scratch(), 'data'), { isTrial: true })).toMatchObject({ records: expect.any(Number) });
  });

  it('is not made while no checkpoint covers what the budgets count', async () => {
    const gateway = await freshGateway();
    await ask(gateway);
    await gateway.sallyport.rooms.saveBudgets();
    await expect(backup(gateway.dataFolder, join(scratch(), 'a.backup'))).rejects.toMatchObject({ code: 'backup_impossible' });
  });
});
