// The command line. Results go to stdout, progress and errors to stderr; exit 0 clean, 1 findings, 2 failure, 3 nothing to look at.
import { Command } from 'commander';
import { Fault } from '../core/fault.ts';
import { addKeyCommands } from './commands/keys.ts';
import { addUpCommand } from './commands/up.ts';

const program = new Command('sallyport')
  .description('A security gateway around every AI system you run.')
  .version('0.1.0')
  .showHelpAfterError('(add --help for the options)')
  .exitOverride((error) => {
    process.exit(error.exitCode === 0 ? 0 : 2);
  });

addUpCommand(program);
addKeyCommands(program);

try {
  await program.parseAsync();
} catch (error) {
  console.error(error instanceof Fault ? `sallyport: ${error.message}\n  ${error.fix} (${error.code})` : error);
  process.exitCode = 2;
}
