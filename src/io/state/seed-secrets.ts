// Secrets that all replicas must have alike, made from one that the operator gives to each.
import { hkdfSync, timingSafeEqual } from 'node:crypto';
import { join } from 'node:path';
import { stateFault } from './faults.ts';
import { addPrivateFile, assertDataFolder, isMissing, readPrivateFile } from './private-files.ts';

/** Files of the data directory that are the same on all replicas. Orders are sealed with `kill.key` on each for itself. */
const SHARED_FILES = ['keys.pepper', 'envelope.key', 'kill.key'] as const;
const BYTES = 32;

/** RFC 5869. The purpose keeps what is made for one thing from opening another. */
export const deriveSecret = (secret: string, purpose: string): Buffer =>
  Buffer.from(hkdfSync('sha256', Buffer.from(secret, 'utf8'), Buffer.from('sallyport replicas v1'), purpose, BYTES));

/** Lays the secrets into the data directory, or finds them there. Throws `secret_differs` where others stand, `private_path_refused`. */
export function seedSecrets(dataFolder: string, secret: string): void {
  assertDataFolder(dataFolder);
  for (const name of SHARED_FILES) {
    const path = join(dataFolder, name);
    const wanted = deriveSecret(secret, name);
    const known = readIfThere(path) ?? (addPrivateFile(path, wanted), readPrivateFile(path));
    if (known.length !== BYTES || !timingSafeEqual(known, wanted)) throw stateFault('secret_differs', { path });
  }
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readPrivateFile(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
