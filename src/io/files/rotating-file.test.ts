// Whole lines only, on real disks and on disks that fail.
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { diskFiles } from './disk-files.ts';
import { MemoryDisk } from './memory-disk.ts';
import { ForeignFileError, openRotatingFile, type RotatingFile, type RotatingFileOptions } from './rotating-file.ts';

const isWhole = (line: string): boolean => /^line \d+$/.test(line);
const line = (number: number): Buffer => Buffer.from(`line ${number}\n`);

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rotating-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const open = (more: Partial<RotatingFileOptions> = {}): Promise<RotatingFile> =>
  openRotatingFile({ files: diskFiles, folder, name: 'events', keepFiles: 3, trustedBytes: undefined, isWhole, ...more });

const content = (name = 'events'): Promise<string> => readFile(join(folder, name), 'utf8');

describe('a rotating file', () => {
  it('is its owner’s only, and goes on where it ended', async () => {
    const first = await open();
    await first.append(line(1));
    await first.close();
    const second = await open();
    expect(second.sizeBytes).toBe(7);
    await second.append(line(2));
    await second.close();
    expect(await content()).toBe('line 1\nline 2\n');
    expect((await stat(join(folder, 'events'))).mode & 0o777).toBe(0o600);
  });

  it('keeps so many full ones, the newest first, and gives up the oldest', async () => {
    const file = await open();
    for (let number = 1; number <= 6; number++) {
      await file.append(line(number));
      await file.rotate();
      expect(file.sizeBytes).toBe(0);
    }
    await file.append(line(7));
    await file.close();
    expect((await readdir(folder)).sort()).toEqual(['events', 'events.1', 'events.2', 'events.3']);
    expect(await Promise.all(['events', 'events.1', 'events.2', 'events.3'].map(content))).toEqual([
      'line 7\n',
      'line 6\n',
      'line 5\n',
      'line 4\n',
    ]);
  });

  it('gives up nothing while there is a gap', async () => {
    await writeFile(join(folder, 'events.1'), 'one');
    await writeFile(join(folder, 'events.3'), 'three');
    const file = await open();
    await file.append(line(1));
    await file.rotate();
    await file.close();
    expect(await Promise.all(['events.1', 'events.2', 'events.3'].map(content))).toEqual(['line 1\n', 'one', 'three']);
  });

  it.each([
    ['half a line', 'line 1\nline', 'line 1\n'],
    ['a hole', 'line 1\nli\0\0\0 2\nline 3\n', 'line 1\n'],
    ['nothing', 'line 1\nline 2\n', 'line 1\nline 2\n'],
  ])('cuts off %s that a crash left at the end', async (_, before, after) => {
    await writeFile(join(folder, 'events'), before);
    await (await open()).close();
    expect(await content()).toBe(after);
  });

  it('looks only behind what is trusted, and trusts nothing in a file that is shorter', async () => {
    await writeFile(join(folder, 'events'), 'trusted as it is\nline 2\nhalf');
    await (await open({ trustedBytes: 17 })).close();
    expect(await content()).toBe('trusted as it is\nline 2\n');
    await writeFile(join(folder, 'events'), 'line 1\nhalf');
    await (await open({ trustedBytes: 400 })).close();
    expect(await content()).toBe('line 1\n');
  });

  it('leaves a file of somebody else as it is', async () => {
    await writeFile(join(folder, 'events'), 'root:x:0:0\n');
    await expect(open()).rejects.toThrow(ForeignFileError);
    expect(await content()).toBe('root:x:0:0\n');
  });

  it('leaves an endless line as it is, and reads no more of it than it has to', async () => {
    await writeFile(join(folder, 'events'), Buffer.alloc(12_000_000, 'x'));
    await expect(open()).rejects.toThrow(ForeignFileError);
  });
});

describe('a rotating file on a disk that fails', () => {
  const onMemory = async (disk: MemoryDisk): Promise<RotatingFile> => {
    const files = disk.port();
    await files.makeFolder('/f');
    return openRotatingFile({ files, folder: '/f', name: 'events', keepFiles: 2, trustedBytes: undefined, isWhole });
  };
  const shown = async (disk: MemoryDisk, name = 'events'): Promise<string> => {
    const file = await disk.port().open(`/f/${name}`, 'read');
    return Buffer.from(await file.read(0, await file.sizeBytes())).toString();
  };

  it('shows whole lines only, whatever part of a write got through', async () => {
    for (let seed = 0; seed < 30; seed++) {
      const disk = new MemoryDisk(seed);
      const file = await onMemory(disk);
      await file.append(line(1));
      disk.fail(({ kind }) => (kind === 'write' || (seed % 2 === 0 && kind === 'truncate') ? 'ENOSPC' : undefined));
      await expect(file.append(line(22_222_222))).rejects.toMatchObject({ code: 'ENOSPC' });
      disk.heal();
      await file.append(line(3));
      expect(await shown(disk)).toBe('line 1\nline 3\n');
    }
  });

  it('writes again what a failed sync may have lost', async () => {
    const disk = new MemoryDisk(1);
    const file = await onMemory(disk);
    await file.append(line(1));
    await file.sync();
    await file.append(line(2));
    disk.fail(({ kind }) => (kind === 'sync' ? 'EIO' : undefined));
    await expect(file.sync()).rejects.toMatchObject({ code: 'EIO' });
    disk.heal();
    file.dropUnsynced();
    expect(file.sizeBytes).toBe(7);
    await file.append(line(2));
    await file.sync();
    disk.cutPower('lost');
    expect(await shown(disk)).toBe('line 1\nline 2\n');
  });

  it('loses no synced line, at whatever operation a rotation fails', async () => {
    for (let failing = 1; failing <= 14; failing++) {
      const disk = new MemoryDisk(failing);
      const file = await onMemory(disk);
      await file.append(line(1));
      await file.rotate();
      await file.append(line(2));
      const until = disk.operations + failing;
      disk.fail(({ number }) => (number === until ? 'EIO' : undefined));
      await file.rotate().catch(() => file.dropUnsynced());
      disk.heal();
      await file.append(line(3));
      await file.sync();
      const names = (await disk.port().list('/f')).filter((name) => name.startsWith('events'));
      const all = (await Promise.all(names.map((name) => shown(disk, name)))).join('');
      // A line whose sync failed was given up by `dropUnsynced`, which is what tells the writer to bring it again.
      expect(all, `operation ${failing}`).toContain('line 1\n');
      expect(all, `operation ${failing}`).toContain('line 3\n');
      expect(all.replaceAll(/line \d+\n/g, ''), `operation ${failing}`).toBe('');
    }
  });
});
