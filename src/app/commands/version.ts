// `sallyport version`.
import type { Command } from 'commander';
import { VERSION } from '../version.ts';
import { print, printJson } from './printing.ts';

export function addVersionCommand(program: Command): void {
  program
    .command('version')
    .description('this program and the Node under it')
    .option('--json', 'print JSON')
    .action(({ json }: { readonly json?: boolean }) => {
      if (json === true) printJson({ sallyport: VERSION, node: process.versions.node });
      else print(`sallyport ${VERSION} on Node ${process.versions.node}`);
    });
}
