// The first admin key: preset by the environment, or made once and shown to whoever started the gateway.
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Rooms } from '../serve/rooms.ts';

/** Name of the environment variable that presets the admin key. */
export const ADMIN_KEY_VARIABLE = 'SALLYPORT_ADMIN_KEY';
const FILE_NAME = 'admin.key';

export const adminKeyFile = (dataFolder: string): string => join(dataFolder, FILE_NAME);

export type AdminKey =
  | { readonly state: 'preset' }
  /** Made before, and kept by somebody. */
  | { readonly state: 'known' }
  /** Made now and not kept anywhere: show it. */
  | { readonly state: 'made'; readonly key: string }
  /** It stands in a file that only this user can read. */
  | { readonly state: 'filed'; readonly path: string };

export interface AdminKeyOptions {
  readonly rooms: Pick<Rooms, 'keyStore' | 'access' | 'catchUp'>;
  readonly dataFolder: string;
  readonly isPreset: boolean;
  /** Whether somebody sits at a terminal to whom the key can be shown. */
  readonly isTerminal: boolean;
}

/** Makes an admin key at the very first start. A lost one is replaced by `sallyport keys recover-admin` on the machine. */
export async function ensureAdminKey({ rooms, dataFolder, isPreset, isTerminal }: AdminKeyOptions): Promise<AdminKey> {
  if (isPreset) return { state: 'preset' };
  const path = adminKeyFile(dataFolder);
  const cards = await rooms.keyStore.listKeys();
  const isKnown = cards.some(({ role, scope, revokedAtMs }) => role === 'operator' && scope === 'global' && revokedAtMs === null);
  if (isKnown) return existsSync(path) ? { state: 'filed', path } : { state: 'known' };
  const label = 'first admin key, made at first start';
  const { key } = await rooms.keyStore.createKey({ tenant: 'default', role: 'operator', scope: 'global', label, who: 'sallyport' });
  await rooms.catchUp();
  await rooms.access.refresh();
  if (isTerminal) return { state: 'made', key };
  // A file left over from a revoked key may have another mode; `wx` makes a new one and follows no link.
  rmSync(path, { force: true });
  writeFileSync(path, `${key}\n`, { mode: 0o600, flag: 'wx' });
  return { state: 'filed', path };
}

/** For the greeting of a start. */
export function adminKeyWords(key: AdminKey): string {
  switch (key.state) {
    case 'preset':
      return `admin key: the one in ${ADMIN_KEY_VARIABLE}`;
    case 'known':
      return 'admin key: made at the first start; lost? "sallyport keys recover-admin"';
    case 'made':
      return `admin key, shown once: ${key.key}`;
    case 'filed':
      return `admin key in ${key.path}`;
  }
}
