// Where this record was put back from a backup: from there on, uids of events carry a mark, since others had the plain ones before.
import { join } from 'node:path';
import { z } from 'zod';
import { diskFiles } from '../../io/files/disk-files.ts';
import { readWhole } from '../../io/files/whole-file.ts';
import type { Restore } from '../../watch/ocsf/event.ts';

export const RESTORES_NAME = 'restores.json';

const BYTES_MAX = 65_536;
const restoresSchema = z.array(z.strictObject({ fromIndex: z.int().nonnegative(), mark: z.string().regex(/^r[0-9a-f]{8}$/) }));

/** Oldest first; empty where nothing was ever put back. Throws when the file is not as it was written: uids would be wrong. */
export async function readRestores(dataFolder: string): Promise<readonly Restore[]> {
  const bytes = await readWhole(diskFiles, join(dataFolder, RESTORES_NAME), BYTES_MAX);
  return bytes === undefined ? [] : restoresSchema.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
}
