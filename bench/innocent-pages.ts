// How often pages and source files that nobody wrote as an attack are flagged, by length: pasted by a user, fetched, and as documents.
//   node bench/innocent-pages.ts node_modules /usr/share/doc /usr/lib/python3
import { globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { rowBench, type RowBench } from '../src/app/commands/detect-row.ts';
import { loadDetectors } from '../src/app/serve/guards.ts';

const BYTES_MAX = 40_000;
/** Files of one package begin alike: one of those that begin the same is enough. */
const ALIKE_UNITS = 300;
/** Of more files, every so many-th. */
const FILES_MAX = 1600;
const LENGTHS = [500, 1_000, 2_000, 4_000, 8_000, 16_000, Number.POSITIVE_INFINITY];
const KINDS = { pages: '**/*.{md,mdx,html,htm,rst,txt}', 'source files': '**/*.{js,mjs,cjs,py,pl,pm,sh,c,h}' } as const;

const folders = process.argv.slice(2);
if (folders.length === 0) throw new Error('name at least one folder of pages');
const detectors = await loadDetectors();
const benchOf = (task: 'injection' | 'documents'): RowBench => {
  const bench = rowBench(task, detectors);
  if (bench === undefined) throw new Error(`nobody judges ${task}`);
  return bench;
};
const injection = benchOf('injection');
const documents = benchOf('documents');
const ASKED = {
  'from a user': (text: string) => injection.judge({ id: 0, text, origin: 'user' }),
  fetched: (text: string) => injection.judge({ id: 0, text, origin: 'retrieved' }),
  'as a document': (text: string) => documents.judge({ id: 0, text }),
};

for (const [kind, pattern] of Object.entries(KINDS)) {
  const texts = textsOf(pattern);
  console.log(`${kind}: ${texts.length}`);
  console.log(`${'characters'.padEnd(12)}   files   flagged (%): ${Object.keys(ASKED).join(', ')}`);
  for (const [index, most] of LENGTHS.entries()) {
    const some = texts.filter(({ length }) => length < most && length >= (LENGTHS[index - 1] ?? 0));
    const shares = Object.values(ASKED).map((ask) => some.filter((text) => isFlagged(ask(text))).length / Math.max(1, some.length));
    console.log(
      `below ${String(most).padEnd(8)} ${String(some.length).padStart(5)}   ${shares.map((share) => (100 * share).toFixed(1).padStart(6)).join(' ')}`,
    );
  }
}

/** What could not be read to its end is told, and so counts. */
function isFlagged({ failed, score }: ReturnType<RowBench['judge']>): boolean {
  return failed !== undefined || (score ?? 0) >= 0.5;
}

function textsOf(pattern: string): string[] {
  const seen = new Set<string>();
  const paths = folders.flatMap((folder) =>
    globSync(pattern, { cwd: folder })
      .sort()
      .map((name) => join(folder, name)),
  );
  const texts = paths.map(textAt).filter((text) => {
    const start = text.slice(0, ALIKE_UNITS);
    if (text === '' || seen.has(start)) return false;
    seen.add(start);
    return true;
  });
  const every = Math.ceil(texts.length / FILES_MAX);
  return texts.filter((_, index) => index % every === 0);
}

/** Empty where it is no text of a usual size. */
function textAt(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined || !found.isFile() || found.size === 0 || found.size > BYTES_MAX) return '';
  const text = readFileSync(path, 'utf8');
  return text.includes('\ufffd') ? '' : text;
}
