// What the rest of the house may ask of a disk. Every method may reject with an Error that carries the system's `code`.

/** How a file is opened: `create` fails when it exists, `open` fails when it does not, `ensure` does either. */
export type OpenMode = 'create' | 'open' | 'ensure' | 'read';

/** One open file. Writes are positional, and overlapping calls are allowed as long as their ranges do not overlap. */
export interface OpenFile {
  /** Reads up to `length` bytes at `position`; fewer only at the end of the file. */
  read(position: number, length: number): Promise<Uint8Array>;
  /** In the kernel when it resolves: survives the death of this process, not a power cut. All bytes or a rejection. */
  write(bytes: Uint8Array, position: number): Promise<void>;
  /**
   * fdatasync: every write that had resolved before the call survives a power cut once it resolves.
   * After a rejection nothing is known of them, and a second call that succeeds proves nothing (fsyncgate, 2018:
   * Linux marks the pages of a failed sync clean).
   */
  syncData(): Promise<void>;
  truncate(sizeBytes: number): Promise<void>;
  sizeBytes(): Promise<number>;
  close(): Promise<void>;
}

/** A claim on a path that ends with the process, however it ends. */
export interface ProcessLock {
  release(): Promise<void>;
}

export interface FilePort {
  /** `permissions` apply when the file is made; default 0o600: what is written here is nobody else's. */
  open(path: string, mode: OpenMode, permissions?: number): Promise<OpenFile>;
  /** Names in a folder, sorted by code units; empty when there is no such folder. */
  list(folder: string): Promise<readonly string[]>;
  /** The folder and its parents, 0700 where they are made. */
  makeFolder(folder: string): Promise<void>;
  /** Within one file system, atomic: readers see the old file or the new one. */
  rename(from: string, to: string): Promise<void>;
  /** Removes a file; no file is no error. */
  remove(path: string): Promise<void>;
  removeFolder(folder: string): Promise<void>;
  /** Makes creations, renames and removals in a folder survive a power cut. */
  syncFolder(folder: string): Promise<void>;
  /** Undefined when another holder, in this or any other process, is alive. */
  lock(path: string): Promise<ProcessLock | undefined>;
  /** Resolves after everything that the current turn of the event loop has still to run: what happens together is written together. */
  turnEnd(): Promise<void>;
}

/** The system's code of a failed operation, for example `ENOENT` or `ENOSPC`; undefined for anything else. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
