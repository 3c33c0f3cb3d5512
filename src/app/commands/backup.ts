// `sallyport backup`: everything that cannot be made again, in one file, beside a running gateway or without one.
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Command } from 'commander';
import { systemClock } from '../../io/clock.ts';
import { systemRandom } from '../../io/random.ts';
import { parseCheckpointText, parseNote } from '../../ledger/note.ts';
import { makeBackup } from '../backup/make-backup.ts';
import { readSecret } from '../config/compile.ts';
import { appFault } from '../faults.ts';
import { statePlace } from '../serve/state-place.ts';
import { dataFolder, DEFAULT_DATA } from './data-folder.ts';
import { print, printJson, tell } from './printing.ts';

interface BackupCommandOptions {
  readonly data: string;
  readonly passphrase?: string;
  readonly json?: boolean;
}

/** A gateway makes a checkpoint at least once a minute while there is something to cover. */
const PATIENCE_MS = 90_000;

export function addBackupCommand(program: Command): void {
  program
    .command('backup <file>')
    .description('keys, state, orders and the record up to a checkpoint, in one file; beside a running gateway or without one')
    .option('--data <dir>', 'data directory', DEFAULT_DATA)
    .option('--passphrase <secret>', 'encrypt it: env:NAME or file:/path')
    .option('--json', 'print JSON')
    .action(backup);
}

async function backup(file: string, options: BackupCommandOptions): Promise<void> {
  const path = resolve(file);
  const place = statePlace(dataFolder(options.data));
  const isStateElsewhere = 'url' in place;
  const passphrase = passphraseOf(options.passphrase);
  const manifest = await makeBackup({
    dataFolder: dataFolder(options.data),
    path,
    ...(passphrase === undefined ? {} : { passphrase }),
    isStateElsewhere,
    nowMs: () => systemClock.nowMs(),
    random: (count) => systemRandom.bytes(count),
    pause: (ms) => pause(ms),
    patienceMs: PATIENCE_MS,
    onWait: tell,
  });
  const records = manifest.checkpoint === null ? 0 : (parseCheckpointText(parseNote(manifest.checkpoint)?.text ?? '')?.size ?? 0);
  if (isStateElsewhere) tell('keys, tenants and budgets are in the database of DATABASE_URL: back that up as well, before this');
  if (passphrase === undefined) tell('it holds keys and is not encrypted: keep it where nobody else reads, or use --passphrase');
  if (options.json === true) printJson({ path, records, files: manifest.files.length, checkpoint: manifest.checkpoint });
  else print(`${path}: ${manifest.files.length} files, ${records} records under a checkpoint`);
}

/** Throws `bad_argument` for a passphrase that stands in the command itself, and with it in the list of processes. */
export function passphraseOf(reference: string | undefined): string | undefined {
  if (reference === undefined) return undefined;
  if (!/^(?:env:|file:)./.test(reference))
    throw appFault('bad_argument', {
      what: 'A passphrase has no place on a command line.',
      fix: 'Write --passphrase env:NAME or file:/path.',
    });
  return readSecret(reference, process.env);
}
