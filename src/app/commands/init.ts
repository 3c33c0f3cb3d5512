// `sallyport init`: writes a commented configuration that works, and never over one that is there.
import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { appFault } from '../faults.ts';
import { parseConfig } from '../config/load.ts';
import { DEFAULT_FILE } from './policy-reading.ts';
import { print, printJson } from './printing.ts';

interface InitOptions {
  readonly file: string;
  readonly upstreamUrl?: string;
  readonly kind?: string;
  readonly keyEnv?: string;
  readonly json?: boolean;
}

const KINDS = ['openai', 'anthropic', 'openai-compatible', 'demo'] as const;
type Kind = (typeof KINDS)[number];

const KEY_VARIABLES: Readonly<Record<Kind, string | undefined>> = {
  openai: 'OPENAI_API_KEY',
  anthropic: 'ANTHROPIC_API_KEY',
  'openai-compatible': undefined,
  demo: undefined,
};

export function addInitCommand(program: Command): void {
  program
    .command('init')
    .description('write a commented sallyport.yaml')
    .option('--file <path>', 'where to', DEFAULT_FILE)
    .option('--upstream-url <url>', 'root of the API of the model server, for example http://127.0.0.1:11434/v1')
    .option('--kind <kind>', KINDS.join(', '))
    .option('--key-env <name>', 'environment variable that holds the key of the upstream')
    .option('--json', 'print JSON')
    .action(init);
}

function init(options: InitOptions): void {
  const text = configText(options);
  // What it writes has passed the same door as any other file: a flag cannot smuggle in a setting.
  parseConfig(text, options.file);
  try {
    writeFileSync(options.file, text, { flag: 'wx', mode: 0o644 });
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause)) throw cause;
    const isThere = cause.code === 'EEXIST';
    throw appFault(
      'bad_argument',
      {
        what: isThere ? `${options.file} is there already.` : `${options.file} cannot be written (${String(cause.code)}).`,
        fix: isThere ? 'Edit it, or name another with --file.' : 'Choose a folder that exists and is yours with --file.',
      },
      { cause },
    );
  }
  if (options.json === true) printJson({ file: options.file });
  else print(`${options.file} is written. Check it with "sallyport doctor", start with "sallyport up".`);
}

/** The file as a text. Throws `bad_argument`. */
export function configText({ upstreamUrl, kind: wanted, keyEnv }: Omit<InitOptions, 'file' | 'json'>): string {
  const kind = kindOf(wanted, upstreamUrl);
  if (kind === 'openai-compatible' && upstreamUrl === undefined)
    throw appFault('bad_argument', {
      what: 'An openai-compatible upstream needs its url.',
      fix: 'Add --upstream-url http://127.0.0.1:11434/v1.',
    });
  if (keyEnv !== undefined && !/^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(keyEnv))
    throw appFault('bad_argument', {
      what: '--key-env takes the name of an environment variable, not a key.',
      fix: 'Write it like OPENAI_API_KEY.',
    });
  const variable = keyEnv ?? KEY_VARIABLES[kind];
  const members = [
    `kind: ${kind}`,
    ...(upstreamUrl === undefined ? [] : [`url: ${JSON.stringify(upstreamUrl)}`]),
    ...(variable === undefined ? [] : [`key: "env:${variable}"`]),
  ];
  return `${HEAD}
upstreams:
  main: { ${members.join(', ')} }
${REST}`;
}

function kindOf(wanted: string | undefined, upstreamUrl: string | undefined): Kind {
  if (wanted === undefined) return upstreamUrl === undefined ? 'demo' : 'openai-compatible';
  const kind = KINDS.find((known) => known === wanted);
  if (kind !== undefined) return kind;
  throw appFault('bad_argument', { what: `There is no kind "${wanted}".`, fix: `Use one of ${KINDS.join(', ')}.` });
}

const HEAD = `# Configuration of Sallyport. Every setting that is not here has a safe default: see docs/configuration.md.
# "sallyport schema > sallyport.schema.json" writes the schema for your editor. A running gateway takes changes over by itself.

# Where callers connect. The admin plane is the next port, on loopback.
listen: 127.0.0.1:8787

# Model servers. kind: openai, anthropic, openai-compatible (Ollama, vLLM, llama.cpp, LM Studio, Azure) or demo.
# A key is read from the environment (env:NAME) or a file (file:/path), never written here.`;

const REST = `
# Which upstream serves which model; the first match decides.
routes:
  - { models: "*", upstream: main, envelope: delimit }

# What is blocked, masked or recorded. standard, strict or observe; rules of your own come first.
# "sallyport policy explain" shows all of them, "sallyport policy explain --text …" what they say of a text.
policy:
  extends: standard
  # rules:
  #   - { on: input, class: personal-data, at: high, do: block }

# Of one key, unless it has its own ("sallyport keys create --per-minute 20 --budget-day 5").
limits:
  perMinute: 100
  # budgets: { day: 5.00, month: 50.00 }

# A second place for the checkpoints of the record, best on another disk or machine.
# ledger: { checkpointFile: /mnt/elsewhere/sallyport.checkpoint }
`;
