// `sallyport schema`: the JSON Schema of the configuration file.
import type { Command } from 'commander';
import { configJsonSchema } from '../config/json-schema.ts';

export function addSchemaCommand(program: Command): void {
  program
    .command('schema')
    .description('print the JSON Schema of the configuration, for editors')
    .action(() => void process.stdout.write(`${JSON.stringify(configJsonSchema(), null, 2)}\n`));
}
