// The real disk keeps the port's promises; the memory disk, which stands in for it in tests, keeps them too.
import { spawn } from 'node:child_process';
import { mkdtemp, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { diskFiles } from './disk-files.ts';
import type { FilePort } from './file-port.ts';
import { MemoryDisk } from './memory-disk.ts';
import { readWhole, replaceFile } from './whole-file.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'files-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe.each<[string, () => FilePort]>([
  ['the real disk', () => diskFiles],
  ['the memory disk', () => new MemoryDisk(1).port()],
])('%s', (_, make) => {
  it('writes at places and reads back, to the end and no further', async () => {
    const files = make();
    await files.makeFolder(`${folder}/a/b`);
    const file = await files.open(`${folder}/a/b/c`, 'create');
    await file.write(Buffer.from('world'), 6);
    await file.write(Buffer.from('hello '), 0);
    await file.syncData();
    expect(Buffer.from(await file.read(3, 100)).toString()).toBe('lo world');
    expect(await file.sizeBytes()).toBe(11);
    await file.truncate(5);
    expect(Buffer.from(await file.read(0, 100)).toString()).toBe('hello');
    await file.close();
    expect(await files.list(`${folder}/a`)).toEqual(['b']);
    await files.syncFolder(`${folder}/a/b`);
  });

  it('opens as it was told', async () => {
    const files = make();
    await files.makeFolder(folder);
    await expect(files.open(`${folder}/x`, 'open')).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(files.open(`${folder}/x`, 'read')).rejects.toMatchObject({ code: 'ENOENT' });
    await (await files.open(`${folder}/x`, 'ensure')).close();
    await expect(files.open(`${folder}/x`, 'create')).rejects.toMatchObject({ code: 'EEXIST' });
    const reader = await files.open(`${folder}/x`, 'read');
    await expect(reader.write(Buffer.from('x'), 0)).rejects.toMatchObject({ code: 'EBADF' });
    await reader.close();
  });

  it('replaces a whole file, and reads nothing where nothing is and nothing that is too large', async () => {
    const files = make();
    await files.makeFolder(folder);
    expect(await readWhole(files, `${folder}/f`, 10)).toBeUndefined();
    await replaceFile(files, { folder, name: 'f', bytes: Buffer.from('one') });
    await replaceFile(files, { folder, name: 'f', bytes: Buffer.from('0123456789') });
    expect(Buffer.from((await readWhole(files, `${folder}/f`, 10)) ?? []).toString()).toBe('0123456789');
    await expect(readWhole(files, `${folder}/f`, 9)).rejects.toThrow(RangeError);
    expect(await files.list(folder)).toEqual(['f']);
  });

  it('removes what is there and does not mind what is not', async () => {
    const files = make();
    await files.makeFolder(`${folder}/a`);
    await files.remove(`${folder}/a/none`);
    await files.removeFolder(`${folder}/none`);
    await (await files.open(`${folder}/a/x`, 'create')).close();
    await expect(files.removeFolder(`${folder}/a`)).rejects.toMatchObject({ code: 'ENOTEMPTY' });
    await files.remove(`${folder}/a/x`);
    await files.removeFolder(`${folder}/a`);
    expect(await files.list(folder)).toEqual([]);
    expect(await files.list(`${folder}/none`)).toEqual([]);
  });

  it('gives a lock to one holder at a time', async () => {
    const files = make();
    await files.makeFolder(folder);
    const first = await files.lock(`${folder}/lock`);
    expect(await files.lock(`${folder}/lock`)).toBeUndefined();
    await first?.release();
    const second = await files.lock(`${folder}/lock`);
    expect(second).toBeDefined();
    await second?.release();
  });
});

describe('the real disk', () => {
  it('makes files and folders that only their owner reads', async () => {
    await diskFiles.makeFolder(`${folder}/a`);
    await (await diskFiles.open(`${folder}/a/x`, 'create')).close();
    expect((await stat(`${folder}/a`)).mode & 0o777).toBe(0o700);
    expect((await stat(`${folder}/a/x`)).mode & 0o777).toBe(0o600);
  });

  it('follows no symlink that was planted for a file', async () => {
    await symlink('/etc/hostname', `${folder}/link`);
    await expect(diskFiles.open(`${folder}/link`, 'ensure')).rejects.toMatchObject({ code: 'ELOOP' });
  });

  it('frees the lock of a process that was killed with -9', async () => {
    const source = `
      import { lockForProcess } from ${JSON.stringify(new URL('process-lock.ts', import.meta.url).href)};
      console.log((await lockForProcess(${JSON.stringify(`${folder}/lock`)})) !== undefined);
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', source], { stdio: ['ignore', 'pipe', 'inherit'] });
    const line = await new Promise<string>((resolve) => child.stdout.once('data', (data: Buffer) => resolve(data.toString())));
    expect(line.trim()).toBe('true');
    expect(await diskFiles.lock(`${folder}/lock`)).toBeUndefined();
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
    const lock = await diskFiles.lock(`${folder}/lock`);
    expect(lock).toBeDefined();
    await lock?.release();
  });
});

describe('the memory disk', () => {
  async function written(disk: MemoryDisk, isSynced: boolean): Promise<void> {
    const files = disk.port();
    await files.makeFolder('/d');
    const file = await files.open('/d/f', 'create');
    await files.syncFolder('/d');
    await file.write(Buffer.from('abc'), 0);
    if (isSynced) await file.syncData();
  }
  const content = async (disk: MemoryDisk) => Buffer.from((await readWhole(disk.port(), '/d/f', 100)) ?? []).toString();

  it('loses what was not synced when the power goes, and keeps it when only the process dies', async () => {
    const [cut, killed, synced] = [new MemoryDisk(1), new MemoryDisk(1), new MemoryDisk(1)];
    await Promise.all([written(cut, false), written(killed, false), written(synced, true)]);
    cut.cutPower('lost');
    killed.kill();
    synced.cutPower('lost');
    expect([await content(cut), await content(killed), await content(synced)]).toEqual(['', 'abc', 'abc']);
  });

  it('shows what a failed sync left, and loses it all the same (fsyncgate)', async () => {
    const disk = new MemoryDisk(1);
    const files = disk.port();
    await files.makeFolder('/d');
    const file = await files.open('/d/f', 'create');
    await files.syncFolder('/d');
    await file.write(Buffer.from('abc'), 0);
    disk.fail(({ kind }) => (kind === 'sync' ? 'EIO' : undefined));
    await expect(file.syncData()).rejects.toMatchObject({ code: 'EIO' });
    disk.heal();
    await file.syncData();
    expect(await content(disk)).toBe('abc');
    disk.cutPower('kept');
    expect(await content(disk)).toBe('');
  });

  it('replays from its seed', async () => {
    const run = async (seed: number) => {
      const disk = new MemoryDisk(seed);
      const files = disk.port();
      await files.makeFolder('/d');
      const file = await files.open('/d/f', 'create');
      await files.syncFolder('/d');
      for (let at = 0; at < 20; at++) await file.write(Buffer.alloc(512, 97 + at), at * 512);
      disk.cutPower('torn');
      return Buffer.from((await readWhole(disk.port(), '/d/f', 100_000)) ?? []).toString('hex');
    };
    expect(await run(5)).toBe(await run(5));
    expect(await run(5)).not.toBe(await run(6));
  });
});
