// What the fast stages take for one text: 200 characters, and 8 kB of one kind or mixed from many prompts. Each text is judged six times:
// once when it comes first, as a gateway meets it, and five times more, of which the quickest counts, because other programs run here too.
//   node bench/reading-times.ts [rows.jsonl …]      rows of one's own as well: all of a file, and its innocents where it has labels
import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { generateRows } from '../corpus/injection/generate.ts';
import { loadDetectors } from '../src/app/serve/guards.ts';
import { judgeWindows } from '../src/app/serve/long-text.ts';
import { stageJudges } from '../src/app/serve/stage-judges.ts';
import type { Origin } from '../src/core/types.ts';

interface Row {
  readonly text: string;
  readonly class: string | null;
  readonly lang: string;
  readonly origin: Origin;
}

const LONG = 8000;
const TEXTS_MAX = 150;
const AGAIN = 5;
const FREE = new URL('../corpus/injection/free/', import.meta.url);
const free = readdirSync(FREE).flatMap((name) =>
  readFileSync(new URL(name, FREE), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Row),
);
const made = generateRows(1).filter((_, index) => index % 11 === 0);

/** Texts of 8 kB, each of many rows one after the other. */
function joined(rows: readonly Row[]): string[] {
  const all = rows.map(({ text }) => text).join('\n\n');
  const step = Math.max(1, Math.floor((all.length - LONG) / TEXTS_MAX));
  return Array.from({ length: TEXTS_MAX }, (_, index) => all.slice(index * step, index * step + LONG));
}

const isInnocent = (row: Row): boolean => row.class === null;
const rows = [...free, ...made];
const SETS: Readonly<Record<string, readonly string[]>> = {
  '200 characters': rows.map(({ text }) => text).filter((text) => text.length >= 150 && text.length <= 250),
  '8 kB, innocent pages, English': joined(rows.filter((row) => isInnocent(row) && row.lang === 'en' && row.origin !== 'user')),
  '8 kB, innocent prompts, English': joined(rows.filter((row) => isInnocent(row) && row.lang === 'en' && row.origin === 'user')),
  '8 kB, innocent, other languages': joined(rows.filter((row) => isInnocent(row) && row.lang !== 'en')),
  '8 kB, attacks, English': joined(rows.filter((row) => !isInnocent(row) && row.lang === 'en')),
  '8 kB, attacks in disguise and not': joined(made.filter((row) => !isInnocent(row))),
};

const OWN = process.argv.slice(2).flatMap((name) => {
  const all = readFileSync(name, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Row & { readonly label?: number });
  const innocent = all.filter(({ label }) => label === 0);
  return [
    [`8 kB, ${basename(name)}`, joined(all)],
    [`8 kB, ${basename(name)}, innocents`, joined(innocent)],
  ] as const;
});

const judge = stageJudges((await loadDetectors()).meaning)();
const timeOf = (text: string): number => {
  const start = performance.now();
  judgeWindows(judge, { text, origin: 'user', context: {} });
  return performance.now() - start;
};
const part = (times: readonly number[], share: number): string =>
  ([...times].sort((one, other) => one - other)[Math.floor((times.length - 1) * share)] ?? Number.NaN).toFixed(2).padStart(7);

console.log(`Node ${process.version}, ${new Date().toISOString().slice(0, 10)}; milliseconds a text`);
console.log(`${''.padEnd(36)} texts   first: p50     p99     max   again: p50     p99`);
for (const [name, texts] of [...Object.entries(SETS), ...OWN]) {
  if ((texts[0] ?? '') === '') continue;
  const first: number[] = [];
  const again: number[] = [];
  for (const text of texts) {
    first.push(timeOf(text));
    again.push(Math.min(...Array.from({ length: AGAIN }, () => timeOf(text))));
  }
  console.log(
    `${name.padEnd(36)} ${String(texts.length).padStart(5)}   ${part(first, 0.5)} ${part(first, 0.99)} ${part(first, 1)}   ${part(again, 0.5)} ${part(again, 0.99)}`,
  );
}
