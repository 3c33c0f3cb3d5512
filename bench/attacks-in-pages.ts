// What an attack loses by standing in a long text: attacks of labelled rows are put into pages made of the innocents among them, by chance but
// always the same. Rows that the weights were trained on flatter; the difference is what to look at.
//   node bench/attacks-in-pages.ts FILE [PAGES]     FILE: JSON lines with text and label
import { readFileSync } from 'node:fs';
import { seededRandom } from '../corpus/injection/seeded-random.ts';
import { loadDetectors } from '../src/app/serve/guards.ts';
import { judgeWindows } from '../src/app/serve/long-text.ts';
import { stageJudges } from '../src/app/serve/stage-judges.ts';

interface Row {
  readonly text: string;
  readonly label: 0 | 1;
}

const PAGE_UNITS = 6_000;
const ATTACK_UNITS_MAX = 600;
const BETWEEN = '\n\n';

const [file, pages = '1000'] = process.argv.slice(2);
if (file === undefined) throw new Error('name a file of labelled rows');
const rows = readFileSync(file, 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Row);
const innocents = rows.filter(({ label, text }) => label === 0 && text.length > 40);
const attacks = rows.filter(({ label, text }) => label === 1 && text.length <= ATTACK_UNITS_MAX);
const random = seededRandom(5);
const one = (some: readonly Row[]): string => some[Math.floor(random() * some.length)]?.text ?? '';
const judge = stageJudges((await loadDetectors()).meaning)();
const look = (text: string): ReturnType<typeof judgeWindows> => judgeWindows(judge, { text, origin: 'user', context: {} });
const isFlagged = (text: string): boolean => (look(text).score ?? 0) >= 0.5;

const counts = { alone: 0, inPage: 0, page: 0, failed: 0 };
for (let made = 0; made < Number(pages); made += 1) {
  const attack = one(attacks);
  let page = '';
  while (page.length < PAGE_UNITS) page += one(innocents) + BETWEEN;
  page = page.slice(0, PAGE_UNITS);
  const at = page.indexOf(BETWEEN, Math.floor(random() * (PAGE_UNITS - 1_000))) + BETWEEN.length;
  if (isFlagged(attack)) counts.alone += 1;
  if (isFlagged(page.slice(0, at) + attack + BETWEEN + page.slice(at))) counts.inPage += 1;
  if (isFlagged(page)) counts.page += 1;
  if (look(page).state === 'failed') counts.failed += 1;
}
const share = (count: number): string => `${((100 * count) / Number(pages)).toFixed(1).padStart(5)} %`;
console.log(`${pages} attacks, each in a page of ${PAGE_UNITS} characters`);
console.log(`found by itself            ${share(counts.alone)}`);
console.log(`the page with it flagged   ${share(counts.inPage)}`);
console.log(`the page without it        ${share(counts.page)}`);
console.log(`the page not read to its end ${share(counts.failed)}`);
