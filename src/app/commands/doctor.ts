// `sallyport doctor`: looks at everything a gateway needs, and says for each what is wrong and the way out. It changes nothing.
import type { Command } from 'commander';
import { DEFAULT_DATA } from './data-folder.ts';
import { CHECKS, type Check, type Finding, type Patient } from './doctor-checks.ts';
import { print, printJson } from './printing.ts';

interface DoctorOptions {
  readonly config?: string;
  readonly data: string;
  readonly json?: boolean;
}

export interface Line extends Finding {
  readonly check: string;
}

export function addDoctorCommand(program: Command): void {
  program
    .command('doctor')
    .description('look at everything a gateway needs; exit 0 well, 1 warnings, 2 failures')
    .option('--config <file>', 'configuration file (default: sallyport.yaml if it is there)')
    .option('--data <dir>', 'data directory', DEFAULT_DATA)
    .option('--json', 'print JSON')
    .action(doctor);
}

async function doctor(options: DoctorOptions): Promise<void> {
  const { config, data } = options;
  const lines = await examine({ data, config, environment: process.env });
  process.exitCode = lines.some(({ state }) => state === 'fail') ? 2 : Number(lines.some(({ state }) => state === 'warn'));
  if (options.json === true) printJson({ checks: lines });
  else print(lines.map(lineText).join('\n'));
}

/** Runs every check, one after the other. A check that breaks is a failed check; what was told already is not told again. */
export async function examine(patient: Patient, checks: Readonly<Record<string, Check>> = CHECKS): Promise<readonly Line[]> {
  const lines: Line[] = [];
  for (const [check, look] of Object.entries(checks)) {
    const found = await look(patient).catch((error: unknown): readonly Finding[] => [broken(error, lines)]);
    lines.push(...found.map((finding) => ({ check, ...finding })));
  }
  return lines;
}

function broken(error: unknown, before: readonly Line[]): Finding {
  const detail = error instanceof Error ? error.message : 'unknown error';
  const known = before.find((line) => line.detail === detail);
  if (known !== undefined) return { state: 'fail', detail: `not looked at: see ${known.check}` };
  return { state: 'fail', detail, fix: fixOf(error) };
}

const fixOf = (error: unknown): string =>
  error instanceof Error && 'fix' in error && typeof error.fix === 'string' ? error.fix : 'Report this with the version of the program.';

const lineText = ({ state, check, detail, fix }: Line): string =>
  `${state.padEnd(4)}  ${check.padEnd(14)}  ${detail}${fix === undefined ? '' : `\n${' '.repeat(22)}→ ${fix}`}`;
