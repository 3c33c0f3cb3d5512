// The command line. Results go to stdout, progress and errors to stderr; exit 0 clean, 1 findings, 2 failure, 3 nothing to look at.
import { Command } from 'commander';
import { Fault } from '../core/fault.ts';
import { inert, inertLines } from './commands/printing.ts';
import { VERSION } from './version.ts';

type Add = (program: Command) => Promise<void>;

/** Only the module of the command that was asked for is loaded: a gateway must not carry the others in its memory. */
const COMMANDS: Readonly<Record<string, Add>> = {
  init: async (program) => (await import('./commands/init.ts')).addInitCommand(program),
  up: async (program) => (await import('./commands/up.ts')).addUpCommand(program),
  doctor: async (program) => (await import('./commands/doctor.ts')).addDoctorCommand(program),
  keys: async (program) => (await import('./commands/keys.ts')).addKeyCommands(program),
  tenants: async (program) => (await import('./commands/tenants.ts')).addTenantCommands(program),
  detect: async (program) => (await import('./commands/detect.ts')).addDetectCommand(program),
  eval: async (program) => (await import('./commands/eval.ts')).addEvalCommand(program),
  tune: async (program) => (await import('./commands/tune.ts')).addTuneCommand(program),
  corpus: async (program) => (await import('./commands/corpus.ts')).addCorpusCommands(program),
  kill: async (program) => (await import('./commands/kill.ts')).addKillCommands(program),
  findings: async (program) => (await import('./commands/findings.ts')).addFindingCommands(program),
  requests: async (program) => (await import('./commands/requests.ts')).addRequestCommands(program),
  policy: async (program) => (await import('./commands/policy.ts')).addPolicyCommands(program),
  reload: async (program) => (await import('./commands/reload.ts')).addReloadCommand(program),
  schema: async (program) => (await import('./commands/schema.ts')).addSchemaCommand(program),
  version: async (program) => (await import('./commands/version.ts')).addVersionCommand(program),
  backup: async (program) => (await import('./commands/backup.ts')).addBackupCommand(program),
  restore: async (program) => (await import('./commands/restore.ts')).addRestoreCommand(program),
  ledger: async (program) => (await import('./commands/ledger.ts')).addLedgerCommands(program),
};

/** Commands that another one's module brings with it. */
const IN_MODULE_OF: Readonly<Record<string, string>> = { resume: 'kill' };

const program = new Command('sallyport')
  .description('A security gateway around every AI system you run.')
  .version(VERSION)
  .showHelpAfterError('(add --help for the options)')
  .exitOverride((error) => {
    process.exit(error.exitCode === 0 ? 0 : 2);
  });

const asked = process.argv[2] ?? '';
const add = new Map(Object.entries(COMMANDS)).get(IN_MODULE_OF[asked] ?? asked);
for (const one of add === undefined ? Object.values(COMMANDS) : [add]) await one(program);

// Whoever reads only the first lines of a result (`| head`) is no failure to be told about.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') console.error(`sallyport: the result cannot be written (${error.code ?? error.message})`);
  process.exit(2);
});

try {
  await program.parseAsync();
} catch (error) {
  console.error(failureText(error));
  process.exitCode = 2;
}

/** A fault says what to do; the system's errors name the file; anything else is a bug, whose stack is wanted. */
function failureText(error: unknown): unknown {
  if (error instanceof Fault) return `sallyport: ${inertLines(error.message)}\n  ${inert(error.fix)} (${error.code})`;
  return error instanceof Error && 'syscall' in error ? `sallyport: ${inert(error.message)}` : error;
}
