// What the pages say is so: links lead somewhere, files that are named exist, configurations are taken, generated pages are current.
import { execFile } from 'node:child_process';
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../src/app/config/load.ts';
import { configSchema } from '../src/app/config/schema.ts';

const ROOT = join(import.meta.dirname, '..');
const PAGES = ['*.md', 'docs/*.md', 'examples/**/*.md', 'src/*/README.md'].flatMap((pattern) => globSync(pattern, { cwd: ROOT })).sort();
const textOf = (page: string): string => readFileSync(join(ROOT, page), 'utf8');
/** Without fenced blocks: what stands there is not prose. */
const proseOf = (page: string): string => textOf(page).replace(/^```[\s\S]*?^```$/gm, '');

/** The anchor that a renderer makes of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
const anchorsOf = (page: string): readonly string[] =>
  [...proseOf(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading));

function brokenLinks(page: string): readonly string[] {
  const targets = [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^https?:/.test(target));
  return targets.filter((target) => {
    const [path = '', anchor] = target.split('#');
    const file = path === '' ? page : join(dirname(page), path);
    if (!existsSync(join(ROOT, file))) return true;
    return anchor !== undefined && !anchorsOf(file).includes(anchor);
  });
}

/** Files that prose names from the root, or, as the map does, from `src/`; `*` stands for any run of characters. */
function missingFiles(page: string): readonly string[] {
  const named = [
    ...proseOf(page).matchAll(
      /`((?:src|test|bench|docs|scripts|deploy|corpus|core|io|detect|policy|ledger|access|gateway|watch|app)\/[\w./*-]+)`/g,
    ),
  ];
  return named
    .map(([, path = '']) => path.replace(/\/$/, ''))
    .filter((path) => !/[A-Z]{4}/.test(path))
    .filter((path) => globSync(path, { cwd: ROOT }).length === 0 && globSync(path, { cwd: join(ROOT, 'src') }).length === 0);
}

describe('links', () => {
  it.each(PAGES)('%s', (page) => expect(brokenLinks(page)).toEqual([]));
});

describe('files that are named', () => {
  it.each(['ARCHITECTURE.md', 'CONTRIBUTING.md', 'STYLE.md', 'docs/threat-model.md', 'docs/wire-formats.md'])('%s', (page) =>
    expect(missingFiles(page)).toEqual([]),
  );
});

describe('configurations that are shown', () => {
  /** Pages also show files of other programs; ours begin with a word of ours. */
  const isOurs = (block: string): boolean => Object.keys(configSchema.shape).includes(/^([\w-]+):/m.exec(block)?.[1] ?? '');
  const blocks = PAGES.flatMap((page) =>
    [...textOf(page).matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, block = ''], index) => ({ name: `${page}, ${index + 1}`, block })),
  ).filter(({ block }) => isOurs(block));
  it('are many', () => expect(blocks.length).toBeGreaterThan(8));
  it.each(blocks)('$name', ({ name, block }) => expect(() => parseConfig(block, name)).not.toThrow());
});

describe('generated pages', () => {
  const run = promisify(execFile);
  const generators = readdirSync(join(ROOT, 'scripts')).filter((name) => name.startsWith('docs-'));
  it.each(generators)('%s has nothing to write', async (name) => {
    const { stdout } = await run(process.execPath, [join(ROOT, 'scripts', name), '--check']);
    expect(stdout).toContain('current');
  });
});
