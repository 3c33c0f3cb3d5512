// The simplest second place for checkpoints: a file on another disk, a network share, a folder that a backup takes away.
import type { FilePort } from '../io/files/file-port.ts';
import { replaceFile } from '../io/files/whole-file.ts';
import type { PublishCheckpoint } from './checkpoint-writer.ts';

/** Keeps the newest checkpoint at a path; the folder is made when it is missing. */
export function publishToFile(files: FilePort, path: string): PublishCheckpoint {
  const slash = path.lastIndexOf('/');
  const folder = slash < 0 ? '.' : path.slice(0, slash) || '/';
  return async (note) => {
    await files.makeFolder(folder);
    await replaceFile(files, { folder, name: path.slice(slash + 1), bytes: Buffer.from(note), permissions: 0o644 });
  };
}
