// A lock that the kernel releases when its holder dies: it survives kill -9, and a reused process id cannot confuse it.
import { DatabaseSync } from 'node:sqlite';
import type { ProcessLock } from './file-port.ts';

/** SQLITE_BUSY, https://www.sqlite.org/rescode.html#busy */
const SQLITE_BUSY = 5;

/**
 * Holds SQLite's exclusive lock on an empty database: Node has no flock of its own, and a file with a process id in it
 * is neither atomic nor safe from id reuse. The descriptor stays open for as long as the lock is held.
 */
export async function lockForProcess(path: string): Promise<ProcessLock | undefined> {
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY) return undefined;
    throw error;
  }
  return {
    async release() {
      database.close();
    },
  };
}
