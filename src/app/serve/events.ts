// Starts the OCSF event file, which follows the ledger.
import { isAbsolute, join } from 'node:path';
import type { Logger } from 'pino';
import type { Clock } from '../../core/ports.ts';
import { diskFiles } from '../../io/files/disk-files.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { createOcsfFile, type OcsfFile } from '../../watch/ocsf/ocsf-file.ts';
import type { Config } from '../config/schema.ts';
import { VERSION } from '../version.ts';
import { readRestores } from './restores.ts';

export interface EventsTools {
  readonly config: Config['events'];
  readonly dataFolder: string;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A relative path is below the data directory. Faults: `events_file_unusable`, `events_file_foreign`, `events_file_in_use`. */
export async function startEvents({ config, dataFolder, ledger, clock, log }: EventsTools): Promise<OcsfFile> {
  const restores = await readRestores(dataFolder);
  const path = config.ocsfFile ?? join('events', 'ocsf.jsonl');
  return createOcsfFile({
    ledger,
    files: diskFiles,
    clock,
    pause,
    path: isAbsolute(path) ? path : join(dataFolder, path),
    rotateBytes: config.rotateBytes,
    keepFiles: config.keepFiles,
    productVersion: VERSION,
    ...(restores.length === 0 ? {} : { restores }),
    onTrouble: (error) =>
      log.error({ err: error }, 'the event file could not be written; its lines stay in the ledger and are tried again'),
  });
}

const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    if (ms > 0) setTimeout(resolve, ms);
    else setImmediate(resolve);
  });
