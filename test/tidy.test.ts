// The layout is the architecture: this test reads the tree and fails the build on any arrow, size or name that breaks it.
import { readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const SRC = join(ROOT, 'src');

/** The floors of ARCHITECTURE.md. Imports go only to a strictly lower floor. */
const FLOOR: Readonly<Record<string, number>> = {
  app: 4,
  gateway: 3, scan: 3, data: 3, registry: 3, redteam: 3, watch: 3, respond: 3, govern: 3, range: 3,
  ledger: 2, vault: 2, access: 2, lens: 2,
  detect: 1, policy: 1, io: 1,
  core: 0,
}; // prettier-ignore

/** Rooms that never touch disk, sockets, clock or chance. */
const PURE = new Set(['core', 'detect', 'policy']);
const OUTSIDE = /^node:(fs|net|http|https|http2|tls|dns|dgram|child_process|worker_threads|cluster|sqlite|timers|process)\b|^undici$/;
const AMBIENT = /\b(Date\.now|new Date\(\)|Math\.random|setTimeout|setInterval|performance\.now|process\.env)\b/;
const BAD_NAME = /(^|[-/])(utils?|helpers?|common|misc|manager|index)\.ts$/;
const LINES_MAX = 400;

function filesUnder(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

interface Source {
  readonly path: string;
  readonly room: string;
  readonly text: string;
  readonly isTest: boolean;
}

const sources: readonly Source[] = filesUnder(SRC).map((path) => ({
  path: relative(ROOT, path),
  room: relative(SRC, path).split('/')[0] ?? '',
  text: readFileSync(path, 'utf8'),
  isTest: /\.(test|fixture)\.ts$/.test(path),
}));

const importsOf = (text: string): string[] =>
  [...text.matchAll(/(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g)].map((match) => match[1] ?? '');

/** Code without comments: a rule about code should not fire on a sentence about it. */
const codeOf = (text: string): string => text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|[^:'"`])\/\/.*$/gm, '$1');

function wrongArrows(source: Source): string[] {
  const from = FLOOR[source.room];
  if (from === undefined) return [`${source.path}: room "${source.room}" is not in the table of floors`];
  return importsOf(source.text)
    .filter((target) => target.startsWith('.'))
    .map((target) => relative(SRC, join(ROOT, source.path, '..', target)).split('/')[0] ?? '')
    .filter((room) => room !== source.room)
    .filter((room) => !(room in FLOOR) || (FLOOR[room] ?? 0) >= from)
    .map((room) => `${source.path}: ${source.room} (floor ${from}) must not import ${room}`);
}

describe('the house', () => {
  it('has arrows that only go down', () => {
    expect(sources.filter((source) => !source.isTest).flatMap(wrongArrows)).toEqual([]);
  });

  it('keeps core, detect and policy pure', () => {
    const impure = sources
      .filter((source) => PURE.has(source.room) && !source.isTest)
      .filter((source) => importsOf(source.text).some((name) => OUTSIDE.test(name)) || AMBIENT.test(codeOf(source.text)));
    expect(impure.map((source) => source.path)).toEqual([]);
  });

  it('lets only io and app touch the outside', () => {
    const outside = sources
      .filter((source) => !source.isTest && source.room !== 'io' && source.room !== 'app')
      .flatMap((source) =>
        importsOf(source.text)
          .filter((name) => OUTSIDE.test(name))
          .map((name) => `${source.path}: ${name}`),
      );
    expect(outside).toEqual([]);
  });

  it('keeps files short', () => {
    const long = sources.filter((source) => source.text.split('\n').length > LINES_MAX + 1);
    expect(long.map((source) => source.path)).toEqual([]);
  });

  it('names files after their idea, without barrels', () => {
    expect(sources.map((source) => source.path).filter((path) => BAD_NAME.test(path))).toEqual([]);
    expect(sources.map((source) => source.path).filter((path) => !/^src(\/[a-z0-9-]+)+(\.[a-z]+)*\.ts$/.test(path))).toEqual([]);
  });

  it('says in the first line of each file what it is for', () => {
    const silent = sources.filter((source) => !/^(#!.*\n)?(\/\/|\/\*)/.test(source.text));
    expect(silent.map((source) => source.path)).toEqual([]);
  });

  it('has a README in each room', () => {
    const rooms = [...new Set(sources.map((source) => source.room))];
    const withReadme = readdirSync(SRC, { recursive: true })
      .map(String)
      .filter((name) => /^[a-z]+\/README\.md$/.test(name));
    expect(rooms.filter((room) => !withReadme.includes(`${room}/README.md`))).toEqual([]);
  });

  it('never says any', () => {
    const loose = sources.filter((source) => !source.isTest && /(:\s*any\b|<any>|\bas any\b|any\[\])/.test(codeOf(source.text)));
    expect(loose.map((source) => source.path)).toEqual([]);
  });

  it('keeps download addresses out of the lock file', () => {
    expect(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).not.toMatch(/"resolved": "https?:/);
  });

  it('has no run-time dependency with an install script', () => {
    const lock: unknown = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
    const packages = (lock as { packages: Record<string, { dev?: boolean; hasInstallScript?: boolean }> }).packages;
    const scripted = Object.entries(packages).filter(
      ([name, entry]) => name !== '' && entry.hasInstallScript === true && entry.dev !== true,
    );
    expect(scripted.map(([name]) => name)).toEqual([]);
  });
});
