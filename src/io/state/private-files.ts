// Files and folders that only Sallyport's own user may touch: keys, state, kill orders.
import {
  constants,
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  fchmodSync,
  fstatSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  unlinkSync,
  writeSync,
  type Stats,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { RandomSource } from '../../core/ports.ts';
import { stateFault } from './faults.ts';

const OTHERS_WRITE = 0o022;
const OTHERS_ANY = 0o077;
/** No private file is larger; a larger one is somebody's attempt to fill the memory. */
const PRIVATE_BYTES_MAX = 65_536;
const ROOT = 0;

const ownUser = (): number => process.geteuid?.() ?? ROOT;

/**
 * Root can do everything anyway, so that its files are no more foreign than our own. And root itself works for the owner of the
 * folder, so that an administrator can order a stop in the data directory of the service's user.
 */
function isForeign(stats: Stats, folder: string): boolean {
  const self = ownUser();
  if (stats.uid === self || stats.uid === ROOT) return false;
  return self !== ROOT || stats.uid !== lstatSync(folder).uid;
}

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

export const isMissing = (error: unknown): boolean => codeOf(error) === 'ENOENT';
const isTaken = (error: unknown): boolean => codeOf(error) === 'EEXIST';

/** Makes the folder with mode 0700, or throws `private_path_refused` when what stands there is a link, foreign, or open to others. */
export function assertPrivateFolder(path: string): void {
  makeFolder(path);
  const reason = folderObjection(path);
  if (reason !== undefined) throw stateFault('private_path_refused', { path, reason });
}

/** As `assertPrivateFolder`, for the data directory itself: others may read its names, and root accepts whoever owns it. */
export function assertDataFolder(path: string): void {
  makeFolder(path);
  const stats = lstatSync(path);
  const reason = objection(stats, { isForeign: ownUser() !== ROOT && isForeign(stats, path), refusedMode: OTHERS_WRITE });
  if (reason !== undefined) throw stateFault('private_path_refused', { path, reason });
}

/** Says why a folder is not private, or nothing. Throws what the file system throws, absence included. */
export function folderObjection(path: string): string | undefined {
  const stats = lstatSync(path);
  return objection(stats, { isForeign: isForeign(stats, dirname(path)), refusedMode: OTHERS_ANY });
}

function objection(stats: Stats, found: { readonly isForeign: boolean; readonly refusedMode: number }): string | undefined {
  if (stats.isSymbolicLink()) return 'it is a symbolic link';
  if (!stats.isDirectory()) return 'it is not a folder';
  if (found.isForeign) return `it belongs to user ${stats.uid}`;
  return (stats.mode & found.refusedMode) === 0 ? undefined : `its mode ${(stats.mode & 0o777).toString(8)} lets others in`;
}

function makeFolder(path: string): void {
  if (mkdirSync(path, { recursive: true, mode: 0o700 }) !== undefined) giveToFolderOwner(path, dirname(path));
}

/** Makes an empty private file if none is there; throws `private_path_refused` for links, foreign files, and files open to others. */
export function assertPrivateFile(path: string): void {
  const isNew = !existsSync(path);
  closeSync(openPrivate(path, constants.O_RDWR | constants.O_CREAT));
  if (isNew) giveToFolderOwner(path, dirname(path));
}

/**
 * Reads a small private file. O_NOFOLLOW and the check of the opened descriptor leave no moment between check and use.
 * Throws `private_path_refused`, or what the file system throws.
 */
export function readPrivateFile(path: string): Buffer {
  const descriptor = openPrivate(path, constants.O_RDONLY);
  try {
    if (fstatSync(descriptor).size > PRIVATE_BYTES_MAX) {
      throw stateFault('private_path_refused', { path, reason: `it is larger than ${PRIVATE_BYTES_MAX} bytes` });
    }
    return readFileSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function openPrivate(path: string, flags: number): number {
  let descriptor: number;
  try {
    descriptor = openSync(path, flags | constants.O_NOFOLLOW | constants.O_NONBLOCK, 0o600);
  } catch (error) {
    if (codeOf(error) === 'ELOOP') throw stateFault('private_path_refused', { path, reason: 'it is a symbolic link' }, { cause: error });
    throw error;
  }
  const reason = fileObjection(fstatSync(descriptor), path);
  if (reason === undefined) return descriptor;
  closeSync(descriptor);
  throw stateFault('private_path_refused', { path, reason });
}

function fileObjection(stats: Stats, path: string): string | undefined {
  if (!stats.isFile()) return 'it is not a plain file';
  if (isForeign(stats, dirname(path))) return `it belongs to user ${stats.uid}`;
  return (stats.mode & OTHERS_ANY) === 0 ? undefined : `its mode ${(stats.mode & 0o777).toString(8)} lets others in`;
}

/**
 * Adds a file that appears whole or not at all and never replaces one: written and synced under a temporary name, then linked.
 * Returns `taken` when the name exists already, so that two processes cannot both believe they own it.
 */
export function addPrivateFile(path: string, bytes: Uint8Array): 'added' | 'taken' {
  const folder = dirname(path);
  const draft = join(folder, `.${basename(path)}.${process.pid}.draft`);
  const descriptor = openSync(draft, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW, 0o600);
  try {
    for (let written = 0; written < bytes.length;) written += writeSync(descriptor, bytes, written);
    fchmodSync(descriptor, 0o600);
    giveToFolderOwner(draft, folder);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  try {
    linkSync(draft, path);
  } catch (error) {
    if (isTaken(error)) return 'taken';
    throw error;
  } finally {
    unlinkSync(draft);
  }
  syncFolder(folder);
  return 'added';
}

/** Reads the named secret of the data directory, or makes it on first use: 32 bytes by default, mode 0600. */
export function readOrMakeSecret(path: string, random: RandomSource, sizeBytes = 32): Buffer {
  assertDataFolder(dirname(path));
  try {
    return readSecret(path, sizeBytes);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  addPrivateFile(path, random.bytes(sizeBytes));
  return readSecret(path, sizeBytes);
}

function readSecret(path: string, sizeBytes: number): Buffer {
  const bytes = readPrivateFile(path);
  if (bytes.length === sizeBytes) return bytes;
  throw stateFault('private_path_refused', { path, reason: `it holds ${bytes.length} bytes where ${sizeBytes} are expected` });
}

export function tightenFile(path: string): void {
  chmodSync(path, 0o600);
}

/** Root at the command line must not leave files that the service's own user cannot read. */
function giveToFolderOwner(path: string, folder: string): void {
  if (ownUser() !== ROOT) return;
  const owner = lstatSync(folder);
  if (owner.uid !== ROOT) chownSync(path, owner.uid, owner.gid);
}

/** Makes a new or a lost name durable (POSIX: a rename or link lives in the folder, not in the file). */
export function syncFolder(path: string): void {
  const descriptor = openSync(path, constants.O_RDONLY);
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
