// Whole small files: read, and replaced in one step so that no reader and no power cut ever sees half of one.
import type { FilePort } from './file-port.ts';
import { systemCode } from './file-port.ts';

export interface Replacement {
  readonly folder: string;
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Default 0o600. */
  readonly permissions?: number;
}

/**
 * Puts a whole file in place: written beside it, synced, renamed over it, and the folder synced.
 * Without the first sync a power cut could leave the new name with old or no bytes.
 */
export async function replaceFile(files: FilePort, replacement: Replacement): Promise<void> {
  await placeFile(files, replacement);
  await files.syncFolder(replacement.folder);
}

/** Like `replaceFile`, but the caller syncs the folder, once for many files. */
export async function placeFile(files: FilePort, { folder, name, bytes, permissions }: Replacement): Promise<void> {
  const temporary = `${folder}/${name}.new`;
  await files.remove(temporary);
  const file = await files.open(temporary, 'create', permissions);
  try {
    await file.write(bytes, 0);
    await file.syncData();
  } finally {
    await file.close();
  }
  await files.rename(temporary, `${folder}/${name}`);
}

/** Undefined when there is no such file. Rejects with RangeError when it is larger than `sizeMaxBytes`. */
export async function readWhole(files: FilePort, path: string, sizeMaxBytes: number): Promise<Uint8Array | undefined> {
  const file = await openExisting(files, path);
  if (file === undefined) return undefined;
  try {
    const sizeBytes = await file.sizeBytes();
    if (sizeBytes > sizeMaxBytes) throw new RangeError(`${path} holds ${sizeBytes} bytes, more than the ${sizeMaxBytes} that it may`);
    return await file.read(0, sizeBytes);
  } finally {
    await file.close();
  }
}

async function openExisting(files: FilePort, path: string) {
  try {
    return await files.open(path, 'read');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
