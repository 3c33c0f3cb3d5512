// `sallyport restore`: a backup back into a directory that does not exist yet, with every byte compared and the record recomputed.
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { systemClock } from '../../io/clock.ts';
import { systemRandom } from '../../io/random.ts';
import { restoreBackup } from '../backup/restore-backup.ts';
import { passphraseOf } from './backup.ts';
import { currentUser } from './current-user.ts';
import { DEFAULT_DATA } from './data-folder.ts';
import { print, printJson, showTime, tell } from './printing.ts';

interface RestoreCommandOptions {
  readonly data: string;
  readonly passphrase?: string;
  readonly check?: boolean;
  readonly json?: boolean;
}

export function addRestoreCommand(program: Command): void {
  program
    .command('restore <file>')
    .description('a backup into a directory that does not exist yet; the record is recomputed first')
    .option('--data <dir>', 'data directory', DEFAULT_DATA)
    .option('--passphrase <secret>', 'of an encrypted backup: env:NAME or file:/path')
    .option('--check', 'only look whether it could be restored')
    .option('--json', 'print JSON')
    .action(restore);
}

async function restore(file: string, options: RestoreCommandOptions): Promise<void> {
  const passphrase = passphraseOf(options.passphrase);
  const isTrial = options.check === true;
  const { manifest, records } = await restoreBackup({
    path: resolve(file),
    dataFolder: resolve(options.data),
    ...(passphrase === undefined ? {} : { passphrase }),
    isTrial,
    who: currentUser(),
    clock: systemClock,
    random: systemRandom,
  });
  const since = showTime(manifest.createdAtMs);
  if (!isTrial)
    tell(`what happened after ${since} is not in it: keys revoked, tenants suspended and orders to stop given since then are not in force`);
  if (manifest.state === 'elsewhere') tell('keys, tenants and budgets were in a database: restore that as well');
  if (options.json === true) printJson({ restored: !isTrial, records, createdAtMs: manifest.createdAtMs, files: manifest.files.length });
  else
    print(
      `${isTrial ? 'can be restored' : 'restored'}: as of ${since}, ${records} records, all of them recomputed and under their checkpoint`,
    );
}
