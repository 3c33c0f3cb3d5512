// The JSON Schema of the configuration file, for editors.
import { z } from 'zod';
import { configSchema } from './schema.ts';

/** Draft 2020-12. What a file may leave out is not required, and its default is told. */
export function configJsonSchema(): object {
  return { title: 'Sallyport configuration', ...z.toJSONSchema(configSchema, { target: 'draft-2020-12', io: 'input' }) };
}
