// `sallyport ledger`: verify, prove, check, export, status. All of it reads files and works beside a running gateway.
import { join } from 'node:path';
import { once } from 'node:events';
import type { Command } from 'commander';
import { systemClock } from '../../io/clock.ts';
import { diskFiles } from '../../io/files/disk-files.ts';
import type { ExportFormat } from '../../ledger/prove.ts';
import { appFault } from '../faults.ts';
import { checkCommand, exportCommand, proveCommand, verifierKeyPath, verifyCommand, type LedgerResult } from '../ledger-commands.ts';
import { DEFAULT_DATA, isDataFolder } from './data-folder.ts';
import { inert, inertJson, jsonLine, print, printJson } from './printing.ts';

interface Place {
  readonly data: string;
  readonly json?: boolean;
}

export function addLedgerCommands(program: Command): void {
  const ledger = program.command('ledger').description('verify, prove and export the record');
  place(ledger.command('verify').description('recompute everything; exit 0 intact, 1 damaged, 3 no ledger'))
    .option('--against <file>', 'a checkpoint that was kept elsewhere')
    .option('--key <key>', 'the verifier key that was kept elsewhere, or a file with it')
    .action(async (options: Place & { readonly against?: string; readonly key?: string }) => {
      const { against, key } = options;
      if (against === undefined && !isDataFolder(options.data)) return showNone(options);
      show(await verifyCommand({ ...placeOf(options), ...given({ against, key }) }), options);
    });
  place(ledger.command('prove <index>').description('a proof of one record, as a line of JSON')).action(
    async (index: string, options: Place) => {
      const { text } = await proveCommand({ ...placeOf(options), index: indexOf('index', index) });
      process.stdout.write(`${inertJson(text)}\n`);
    },
  );
  ledger
    .command('check <proof>')
    .description('check a proof without the ledger')
    .requiredOption('--key <key>', 'the verifier key, or a file with it')
    .option('--json', 'print JSON')
    .action(async (proof: string, options: { readonly key: string; readonly json?: boolean }) =>
      show(await checkCommand({ files: diskFiles, proof, key: options.key }), options),
    );
  place(ledger.command('export').description('JSON lines, one a record'))
    .option('--from <index>', 'first record')
    .option('--to <index>', 'record before which it ends')
    .option('--format <format>', 'proofs or records', 'proofs')
    .action((options: Place & { readonly from?: string; readonly to?: string; readonly format: string }) => exportRecords(options));
  place(ledger.command('status').description('how much there is, and where the verifier key lies'))
    .option('--replicas', 'the newest checkpoint of every replica, from DATABASE_URL')
    .action((options: Place & { readonly replicas?: boolean }) => (options.replicas === true ? replicaStatus(options) : status(options)));
}

const place = (command: Command): Command => command.option('--data <dir>', 'data directory', DEFAULT_DATA).option('--json', 'print JSON');

const placeOf = ({ data }: Place) => ({ files: diskFiles, directory: join(data, 'ledger') });

function show(result: LedgerResult<unknown>, { json }: { readonly json?: boolean }): void {
  process.exitCode = result.exitCode;
  if (json === true) printJson(result.value);
  else print(result.text);
}

function showNone({ data, json }: Place): void {
  process.exitCode = 3;
  if (json === true) printJson({ state: 'empty', directory: data });
  else print(`there is no ledger here: ${data} is no data directory of a gateway`);
}

async function exportRecords(options: Place & { readonly from?: string; readonly to?: string; readonly format: string }): Promise<void> {
  const { from, to } = options;
  const range = given({
    from: from === undefined ? undefined : indexOf('--from', from),
    to: to === undefined ? undefined : indexOf('--to', to),
  });
  for await (const line of exportCommand({ ...placeOf(options), ...range, format: parseFormat(options.format) })) {
    // A reader that is slower than the disk must not fill our memory.
    if (!process.stdout.write(`${inertJson(line)}\n`)) await once(process.stdout, 'drain');
  }
}

async function status(options: Place): Promise<void> {
  const { directory, files } = placeOf(options);
  const { newestCheckpoint, segmentsOf } = await import('./ledger-glance.ts');
  const segments = await segmentsOf({ files, directory });
  const checkpoint = await newestCheckpoint({ files, directory });
  if (segments.length === 0) process.exitCode = 3;
  const value = { directory, segments, checkpoint: checkpoint ?? null, verifierKey: verifierKeyPath(directory) };
  if (options.json === true) return printJson(value);
  if (segments.length === 0) return print(`there is no ledger in ${directory}`);
  const covered = checkpoint === undefined ? 'no checkpoint yet' : `checkpoint over the first ${checkpoint.size} records`;
  print(`${segments.length} segments from record ${segments[0]?.firstIndex ?? 0} on; ${covered}\nverifier key: ${value.verifierKey}`);
}

/** Exit 0, or 1 when a checkpoint is not what its key signed, or 3 when there is none. */
async function replicaStatus({ json }: Place): Promise<void> {
  const { headsText, replicaHeads } = await import('./replica-heads.ts');
  const heads = await replicaHeads(process.env, systemClock);
  process.exitCode = heads.length === 0 ? 3 : heads.some(({ state }) => state === 'forged') ? 1 : 0;
  if (json === true) printJson(heads);
  else print(headsText(heads));
}

function parseFormat(format: string): ExportFormat {
  if (format === 'proofs' || format === 'records') return format;
  throw appFault('bad_argument', { what: `There is no format "${inert(format)}".`, fix: 'Use proofs or records.' });
}

function indexOf(name: string, text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw appFault('bad_argument', { what: `${name} takes a whole number, not ${jsonLine(text)}.`, fix: 'Records count from 0.' });
}

/** Leaves out what was not given: absent and undefined are two things below. */
const given = <Value extends object>(value: Value): { [Key in keyof Value]?: Exclude<Value[Key], undefined> } =>
  parseGiven(Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)));

const parseGiven = <Value extends object>(value: object) => value as { [Key in keyof Value]?: Exclude<Value[Key], undefined> };
