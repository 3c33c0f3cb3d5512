// `sallyport corpus`: registers texts whose words may not come back in answers. Only fingerprints are kept, not the texts.
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { Fault } from '../../core/fault.ts';
import type { CorpusHead } from '../../detect/verbatim/corpus-file.ts';
import { systemClock } from '../../io/clock.ts';
import { buildCorpus } from '../corpus/build-corpus.ts';
import { CORPUS_NAME, corpusNames, removeCorpus } from '../corpus/corpora-folder.ts';
import { openCorpus } from '../corpus/open-corpus.ts';
import { appFault } from '../faults.ts';
import { DEFAULT_DATA } from './data-folder.ts';
import { print, printJson, showTime, table } from './printing.ts';

interface CorpusOptions {
  readonly data: string;
  readonly json?: boolean;
}

export function addCorpusCommands(program: Command): void {
  const corpus = program.command('corpus').description('texts whose words may not come back in answers; only fingerprints are kept');
  corpus
    .command('add <name> <files...>')
    .description('make a corpus of text files (UTF-8), or make it anew; a running gateway takes it with the next reload')
    .option('--data <dir>', 'data directory', DEFAULT_DATA)
    .option('--json', 'print JSON')
    .action(add);
  corpus.command('list').option('--data <dir>', 'data directory', DEFAULT_DATA).option('--json', 'print JSON').action(list);
  corpus
    .command('remove <name>')
    .description('delete a corpus; policies must no longer name it')
    .option('--data <dir>', 'data directory', DEFAULT_DATA)
    .action(async (name: string, { data }: CorpusOptions) => {
      await removeCorpus(resolve(data), name);
      print(`${name} is removed`);
    });
}

async function add(name: string, files: readonly string[], { data, json }: CorpusOptions): Promise<void> {
  if (!CORPUS_NAME.test(name))
    throw appFault('bad_argument', {
      what: `"${name}" is no name for a corpus.`,
      fix: 'Use small letters, digits and dashes, at most 63.',
    });
  const dataFolder = resolve(data);
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
  const head = await buildCorpus({ dataFolder, name, files, nowMs: systemClock.nowMs() });
  if (json === true) printJson(head);
  else print(`${name}: ${head.files} files, ${head.bytes} bytes, ${head.fingerprints} fingerprints in ${head.blocks * 64} bytes`);
}

async function list({ data, json }: CorpusOptions): Promise<void> {
  const dataFolder = resolve(data);
  const found = (await corpusNames(dataFolder)).map((name) => ({ name, head: headOf(dataFolder, name) }));
  // One that is damaged must not hide the others, nor look like one that is not there.
  if (found.some(({ head }) => head === undefined)) process.exitCode = 2;
  if (json === true) return printJson(found.map(({ name, head }) => head ?? { name, damaged: true }));
  const rows = found.map(({ name, head }) =>
    head === undefined
      ? [name, 'damaged: make it anew']
      : [name, String(head.files), String(head.bytes), String(head.blocks * 64), showTime(head.madeAtMs)],
  );
  print(rows.length === 0 ? 'no corpora' : table(['corpus', 'files', 'bytes of text', 'bytes kept', 'made'], rows));
}

function headOf(dataFolder: string, name: string): CorpusHead | undefined {
  try {
    return openCorpus(dataFolder, name).head;
  } catch (error) {
    if (error instanceof Fault && error.code === 'corpus_damaged') return undefined;
    throw error;
  }
}
