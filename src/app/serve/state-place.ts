// Where the state is kept: in the data directory, or in the database that the environment names.
import { join } from 'node:path';

/** PostgreSQL as `postgres://user:password@host:5432/name`. In the environment and not in the file, because it holds a password. */
export const DATABASE_VARIABLE = 'DATABASE_URL';

/** Valkey or Redis as `valkey://user:password@host:6379/0`: what several gateways count together. */
export const VALKEY_VARIABLE = 'VALKEY_URL';

export function statePlace(
  dataFolder: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): { readonly file: string } | { readonly url: string } {
  const url = environment[DATABASE_VARIABLE];
  return url === undefined || url === '' ? { file: join(dataFolder, 'state.db') } : { url };
}
