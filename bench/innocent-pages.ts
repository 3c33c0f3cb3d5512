// How often pages that nobody wrote as an attack are flagged as documents, by length and by what flagged them: Markdown, HTML, reStructuredText
// and plain text under the folders that are named.
//   node bench/innocent-pages.ts node_modules /usr/share/doc
import { globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { rowBench } from '../src/app/commands/detect-row.ts';
import { loadDetectors } from '../src/app/serve/guards.ts';

const BYTES_MAX = 40_000;
/** Pages of one package begin alike: one of those that begin the same is enough. */
const ALIKE_UNITS = 300;
const LENGTHS = [1_000, 2_000, 4_000, 8_000, Number.POSITIVE_INFINITY];

const folders = process.argv.slice(2);
if (folders.length === 0) throw new Error('name at least one folder of pages');
const bench = rowBench('documents', await loadDetectors());
if (bench === undefined) throw new Error('nobody judges documents');

const seen = new Set<string>();
const counts = LENGTHS.map(() => ({ pages: 0, flagged: 0 }));
const by = new Map<string, number>();
for (const folder of folders) {
  for (const name of globSync('**/*.{md,mdx,html,htm,rst,txt}', { cwd: folder }).sort()) judgePage(join(folder, name));
}
for (const [index, { pages, flagged }] of counts.entries())
  console.log(
    `below ${String(LENGTHS[index]).padEnd(8)} ${String(pages).padStart(6)} pages, ${((100 * flagged) / Math.max(1, pages)).toFixed(1).padStart(5)} % flagged`,
  );
console.log(Object.fromEntries([...by].sort(([, one], [, other]) => other - one)));

function judgePage(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined || !found.isFile() || found.size === 0 || found.size > BYTES_MAX) return;
  const text = readFileSync(path, 'utf8');
  if (text.includes('\ufffd') || seen.has(text.slice(0, ALIKE_UNITS))) return;
  seen.add(text.slice(0, ALIKE_UNITS));
  const judged = bench?.judge({ id: path, text });
  const isFlagged = judged?.failed !== undefined || (judged?.score ?? 0) >= 0.5;
  const count = counts[LENGTHS.findIndex((length) => text.length < length)];
  if (count === undefined) return;
  count.pages += 1;
  if (!isFlagged) return;
  count.flagged += 1;
  const [worst] = (judged?.findings ?? []).toSorted((one, other) => other.score - one.score);
  const rule = judged?.failed ?? worst?.rule ?? 'the whole text';
  by.set(rule, (by.get(rule) ?? 0) + 1);
}
