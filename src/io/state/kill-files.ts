// The folder of kill orders: append-only files that any process of the same user can add, and that nobody else can.
import { closeSync, lstatSync, openSync, readdirSync, renameSync, rmSync, watch, type FSWatcher } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as after, clearTimeout } from 'node:timers';
import { Fault } from '../../core/fault.ts';
import type { RandomSource } from '../../core/ports.ts';
import {
  addPrivateFile,
  assertDataFolder,
  assertPrivateFolder,
  folderObjection,
  isMissing,
  readOrMakeSecret,
  readPrivateFile,
  syncFolder,
} from './private-files.ts';

/** Order files carry their sequence in twelve digits, so that names sort as numbers do. */
const ORDER_NAME = /^(\d{12})\.json$/;
const KEY_NAME = 'kill.key';
const FOLDER_NAME = 'kill';
/** A folder whose time stamp is younger than this is read again: two changes within one tick of the clock carry the same stamp. */
const STAMP_SETTLES_MS = 2_000;

/** A change inside a file leaves the folder's times as they are, so that all files are looked at this often whatever they say. */
const READ_AT_LEAST_EVERY_MS = 5_000;

/** An order file, or why it is refused: one bad file must not hide what the others say. */
export type OrderFile = { readonly sequence: number } & ({ readonly text: string } | { readonly objection: string });

export interface TrustedListing {
  readonly state: 'read';
  /** The key that authenticates the orders. */
  readonly key: Uint8Array;
  readonly files: readonly OrderFile[];
}

/** What stands in the folder, or why it cannot be trusted. There is no third answer. */
export type OrderListing = TrustedListing | { readonly state: 'refused'; readonly reason: string; readonly isMissing: boolean };

export interface KillFiles {
  readonly folder: string;
  /** Reads every order file and the key that authenticates them; it never throws, because its caller stops everything on `refused`. */
  read(): OrderListing;
  /** True when the folder may have changed since the last call of `read`. One system call. */
  mayHaveChanged(): boolean;
  /** Adds an order, sealed with the key. `taken`: another process was quicker with this sequence. Throws what the file system throws. */
  add(sequence: number, seal: (key: Uint8Array) => string): 'added' | 'taken';
  /** The sequences that file names claim, lowest first. */
  sequences(): readonly number[];
  /** Removes orders that a checkpoint carries and the ledger holds. */
  remove(sequences: readonly number[]): void;
  /** Moves orders out of the record into a folder beside it, whatever they are: damage is evidence. */
  setAside(sequences: readonly number[], label: string): void;
  /** Makes the folder again if it is gone. Throws `private_path_refused`. */
  ensureFolder(): void;
  /** Calls back at every sign of change: at once by the system's notice, and at least every `everyMs` for notices that got lost. */
  watch(everyMs: number, look: () => void): () => void;
}

/**
 * The kill folder of a data directory, made on first use with mode 0700, and its key beside it.
 * Throws `private_path_refused` when the folder cannot be made private: refuse to start then.
 */
export function openKillFiles(dataFolder: string, random: RandomSource): KillFiles {
  const folder = join(dataFolder, FOLDER_NAME);
  const keyPath = join(dataFolder, KEY_NAME);
  assertDataFolder(dataFolder);
  assertPrivateFolder(folder);
  const start = listNames(folder);
  // A lost key is not replaced while orders stand: they could no longer be told from forged ones, and `read` says so.
  if (start.length === 0) readOrMakeSecret(keyPath, random);
  let stamp = '';
  let readAtMs = 0;
  const reader = new OrderReader(folder);
  const reserve = new Reserve(dataFolder);
  return {
    folder,
    read() {
      readAtMs = performance.now();
      stamp = stampOf(folder);
      return reserve.lend(() => readListing(reader, keyPath));
    },
    mayHaveChanged: () => performance.now() - readAtMs > READ_AT_LEAST_EVERY_MS || stampOf(folder) !== stamp,
    add(sequence, seal) {
      return reserve.lend(() => {
        const key = readOrMakeSecret(keyPath, random);
        return addPrivateFile(join(folder, nameOf(sequence)), Buffer.from(seal(key)));
      });
    },
    sequences: () => listNames(folder).map(sequenceOf),
    remove(sequences) {
      // Two processes may fold the record at once: then some are gone already.
      for (const sequence of sequences) rmSync(join(folder, nameOf(sequence)), { force: true });
      syncFolder(folder);
    },
    setAside(sequences, label) {
      if (sequences.length === 0) return;
      const aside = `${folder}-${label}`;
      assertPrivateFolder(aside);
      for (const sequence of sequences) renameSync(join(folder, nameOf(sequence)), join(aside, nameOf(sequence)));
      syncFolder(aside);
      syncFolder(folder);
    },
    ensureFolder: () => assertPrivateFolder(folder),
    watch: (everyMs, look) => watchFolder(folder, everyMs, look),
  };
}

const nameOf = (sequence: number): string => `${String(sequence).padStart(12, '0')}.json`;

const sequenceOf = (name: string): number => Number(ORDER_NAME.exec(name)?.[1]);

const listNames = (folder: string): readonly string[] =>
  readdirSync(folder)
    .filter((name) => ORDER_NAME.test(name))
    .toSorted();

function readListing(reader: OrderReader, keyPath: string): OrderListing {
  try {
    const objection = folderObjection(reader.folder);
    if (objection !== undefined) return { state: 'refused', reason: `the kill folder is refused: ${objection}`, isMissing: false };
    return { state: 'read', files: reader.readAll(), key: readPrivateFile(keyPath) };
  } catch (error) {
    return { state: 'refused', reason: `the kill folder cannot be read: ${reasonOf(error)}`, isMissing: isMissing(error) };
  }
}

/**
 * One open descriptor that is given up for the length of a look. Without it, a flood of connections that uses up the process's
 * descriptors would make the orders unreadable, and that stops everything.
 */
class Reserve {
  readonly #path: string;
  #descriptor: number | undefined;

  constructor(path: string) {
    this.#path = path;
    this.#take();
  }

  /** Everything below is synchronous, so that nobody else can take the descriptor in between; at most one is needed at a time. */
  lend<Result>(work: () => Result): Result {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
    try {
      return work();
    } finally {
      this.#take();
    }
  }

  #take(): void {
    try {
      this.#descriptor = openSync(this.#path, 'r');
    } catch {
      // The folder itself is gone, which the look has just said.
      this.#descriptor = undefined;
    }
  }
}

interface KnownFile {
  readonly stamp: string;
  readonly file: OrderFile;
}

/** Opens only files whose inode or times are new, since a look happens many times a second after each change. */
class OrderReader {
  readonly folder: string;
  #known = new Map<string, KnownFile>();

  constructor(folder: string) {
    this.folder = folder;
  }

  readAll(): readonly OrderFile[] {
    const fresh = new Map<string, KnownFile>();
    for (const name of listNames(this.folder)) {
      fresh.set(name, this.#readOne(name));
    }
    this.#known = fresh;
    return [...fresh.values()].map(({ file }) => file);
  }

  #readOne(name: string): KnownFile {
    const path = join(this.folder, name);
    try {
      const { ino, mode, uid, size, ctimeMs } = lstatSync(path);
      const stamp = `${ino} ${mode} ${uid} ${size} ${ctimeMs}`;
      const known = this.#known.get(name);
      if (known?.stamp === stamp) return known;
      return { stamp, file: { sequence: sequenceOf(name), text: readPrivateFile(path).toString('utf8') } };
    } catch (error) {
      // The stamp is empty, so that the file is opened again at the next look: it may have been repaired.
      return { stamp: '', file: { sequence: sequenceOf(name), objection: reasonOf(error) } };
    }
  }
}

const reasonOf = (error: unknown): string => {
  if (error instanceof Fault) return error.message;
  if (isMissing(error)) return 'a file or the folder is missing';
  return error instanceof Error ? error.message : 'unknown error';
};

/** Inode, change time, and mode of the folder; a unique text while the stamp is too young to be told from the next, or unreadable. */
function stampOf(folder: string): string {
  try {
    const { ino, mode, uid, ctimeMs, mtimeMs } = lstatSync(folder);
    const youngest = Math.max(ctimeMs, mtimeMs);
    const isSettled = Math.abs(Date.now() - youngest) > STAMP_SETTLES_MS;
    return `${ino} ${mode} ${uid} ${ctimeMs} ${mtimeMs}${isSettled ? '' : ` ${performance.now()}`}`;
  } catch (error) {
    return `unreadable ${reasonOf(error)} ${performance.now()}`;
  }
}

/**
 * A chain of timeouts, each unreferenced, so that a watch never keeps a process alive. The system's notices are an extra: they
 * get lost on network file systems and when the folder is replaced, hence the poll decides and a broken watcher is no failure.
 */
function watchFolder(folder: string, everyMs: number, look: () => void): () => void {
  let watcher: FSWatcher | undefined;
  let timer: NodeJS.Timeout | undefined;
  const poll = (): void => {
    look();
    timer = after(poll, everyMs).unref();
  };
  const stopWatcher = (): void => watcher?.close();
  try {
    watcher = watch(folder, { persistent: false }, look);
    watcher.on('error', stopWatcher);
  } catch {
    // No notices here (limit of watches reached, or a file system without them): the poll alone keeps the promise.
    watcher = undefined;
  }
  timer = after(poll, everyMs).unref();
  return () => {
    stopWatcher();
    clearTimeout(timer);
  };
}
