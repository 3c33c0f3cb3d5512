// Packages that an installation may do without: looked up by their place and not by their entry, because a package need not have one.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(import.meta.url);

const isThere = (name: string): boolean =>
  (require.resolve.paths(name) ?? []).some((folder) => existsSync(join(folder, name, 'package.json')));

/** Those that are not installed, as npm wants them named; empty when all are. */
export const missingPackages = (names: readonly string[]): string => names.filter((name) => !isThere(name)).join(' ');
