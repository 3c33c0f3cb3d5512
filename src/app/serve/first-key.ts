// The first key of a fresh installation, so that the first request needs no set-up. It stands in a private file, not on the screen.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Rooms } from './rooms.ts';

/** Makes a caller key at the very first start. Gives the path of the file that holds it, or undefined when it was taken away. */
export async function firstKey(rooms: Rooms, dataFolder: string): Promise<string | undefined> {
  const path = join(dataFolder, 'first.key');
  if (existsSync(path)) return path;
  const known = await rooms.keyStore.listKeys();
  if (known.some((card) => card.role === 'caller')) return undefined;
  const { key } = await rooms.keyStore.createKey({ tenant: 'default', label: 'first key, made at first start', who: 'sallyport' });
  writeFileSync(path, `${key}\n`, { mode: 0o600, flag: 'wx' });
  await rooms.catchUp();
  await rooms.access.refresh();
  return path;
}
