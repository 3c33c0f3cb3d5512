// The data directory as commands find it. None of them makes one: an order in a folder that no gateway looks at would stop nothing.
import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { appFault } from '../faults.ts';

export const DEFAULT_DATA = 'sallyport-data';

/** What a gateway leaves in its directory, however it ended. */
const TRACES = ['keys.pepper', 'state.db', 'kill', 'ledger'] as const;

export const isDataFolder = (path: string): boolean =>
  existsSync(path) && statSync(path).isDirectory() && TRACES.some((name) => existsSync(join(path, name)));

/** The absolute path. Throws `bad_argument` when no gateway has ever used the directory. */
export function dataFolder(data: string): string {
  const path = resolve(data);
  if (isDataFolder(path)) return path;
  throw appFault('bad_argument', {
    what: `${path} is no data directory of a gateway.`,
    fix: 'Name the one that "sallyport up" uses with --data, or run this where it was started.',
  });
}
