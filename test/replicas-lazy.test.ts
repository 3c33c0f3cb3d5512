// A gateway that is alone carries no client of a database or of Valkey: what needs one is loaded when it is configured, and not before.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { expect, it } from 'vitest';

const SRC = join(import.meta.dirname, '..', 'src');

/** Loaded only by `await import(…)`. */
const LAZY = [
  'io/state/open-postgres.ts',
  'io/shared/valkey-door.ts',
  'io/shared/look-at-valkey.ts',
  'app/serve/join-replicas.ts',
  'app/commands/doctor-servers.ts',
];
const CLIENTS = { pg: ['io/state/open-postgres.ts'], iovalkey: ['io/shared/look-at-valkey.ts', 'io/shared/valkey-door.ts'] };

const files = readdirSync(SRC, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !/\.(?:test|fixture)\.ts$/.test(entry.name))
  .map((entry) => join(entry.parentPath, entry.name));

/** What a file loads by being loaded itself; imports of types are gone by then. */
const staticImports = (path: string): readonly string[] =>
  [...readFileSync(path, 'utf8').matchAll(/^(?:import|export)\s(?!type\s)[^;]*?from\s'([^']+)'/gm)].map(([, target = '']) =>
    target.startsWith('.') ? relative(SRC, resolve(path, '..', target)) : target,
  );

it('the clients are imported by their doors alone, and the doors by nobody at the start', () => {
  const arrows = files.flatMap((path) => staticImports(path).map((target) => ({ from: relative(SRC, path), target })));
  expect(arrows.length).toBeGreaterThan(500);
  for (const [client, doors] of Object.entries(CLIENTS)) {
    expect(arrows.filter(({ target }) => target === client).map(({ from }) => from)).toEqual(doors);
  }
  expect(arrows.filter(({ target, from }) => LAZY.includes(target) && !LAZY.includes(from))).toEqual([]);
});
