// The real disk behind the file port. No call here blocks the event loop, except taking a lock at start.
import { close, constants, fdatasync, fstat, ftruncate, open, read, write } from 'node:fs';
import { mkdir, open as openHandle, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { FilePort, OpenFile, OpenMode } from './file-port.ts';
import { systemCode } from './file-port.ts';
import { lockForProcess } from './process-lock.ts';

const FLAGS: Readonly<Record<OpenMode, number>> = {
  // O_NOFOLLOW: a symlink planted in a data folder must not lead a write elsewhere (CWE-59).
  create: constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
  ensure: constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW,
  open: constants.O_RDWR | constants.O_NOFOLLOW,
  read: constants.O_RDONLY | constants.O_NOFOLLOW,
};

export const diskFiles: FilePort = {
  open: (path, mode, permissions = 0o600) =>
    new Promise((opened, reject) => {
      open(path, FLAGS[mode], permissions, (error, fd) => (error ? reject(error) : opened(openFile(fd))));
    }),
  async list(folder) {
    try {
      return (await readdir(folder)).toSorted((left, right) => (left < right ? -1 : 1));
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return [];
      throw error;
    }
  },
  async makeFolder(folder) {
    const firstMade = await mkdir(folder, { recursive: true, mode: 0o700 });
    if (firstMade === undefined) return;
    // A new folder's name lives in its parent, which has to be told as well, for each folder that was made.
    for (let made = resolve(folder); made.length >= firstMade.length; made = dirname(made)) await syncFolder(dirname(made));
  },
  rename,
  remove: (path) => rm(path, { force: true }),
  async removeFolder(folder) {
    try {
      await rmdir(folder);
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error;
    }
  },
  syncFolder,
  lock: lockForProcess,
  turnEnd: () => new Promise((resolve) => void setImmediate(resolve)),
};

async function syncFolder(folder: string): Promise<void> {
  const handle = await openHandle(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** On raw descriptors with callbacks: a third cheaper for each call than a FileHandle, and the ledger makes thousands a second. */
function openFile(fd: number): OpenFile {
  return {
    read: (position, length) => readFully(fd, position, length),
    write: (bytes, position) => writeFully(fd, bytes, position),
    syncData: () => settled((done) => fdatasync(fd, done)),
    truncate: (sizeBytes) => settled((done) => ftruncate(fd, sizeBytes, done)),
    sizeBytes: () =>
      new Promise((resolve, reject) => {
        fstat(fd, (error, stats) => (error ? reject(error) : resolve(stats.size)));
      }),
    close: () => settled((done) => close(fd, done)),
  };
}

function settled(start: (done: (error: Error | null | undefined) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    start((error) => (error ? reject(error) : resolve()));
  });
}

function writeFully(fd: number, bytes: Uint8Array, position: number): Promise<void> {
  return new Promise((resolve, reject) => {
    // POSIX lets a write end early; the rest follows at its own place.
    const step = (done: number): void => {
      write(fd, bytes, done, bytes.length - done, position + done, (error, count) => {
        if (error) reject(error);
        else if (done + count === bytes.length) resolve();
        else step(done + count);
      });
    };
    step(0);
  });
}

function readFully(fd: number, position: number, length: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const target = Buffer.allocUnsafe(length);
    const step = (done: number): void => {
      read(fd, target, done, length - done, position + done, (error, count) => {
        if (error) reject(error);
        else if (count === 0 || done + count === length) resolve(target.subarray(0, done + count));
        else step(done + count);
      });
    };
    if (length === 0) resolve(target);
    else step(0);
  });
}
