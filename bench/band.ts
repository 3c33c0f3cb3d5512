// How much of given traffic a second look would be asked about: the share of rows of JSON lines whose score lies in the band of doubt.
//   node bench/band.ts FILE [FROM] [TO] [LABEL]
// LABEL leaves out rows with another label. Scores are those of the weights that ship: rows that they were trained on flatter.
import { readFileSync } from 'node:fs';
import { loadDetectors } from '../src/app/serve/guards.ts';
import { judgeWindows } from '../src/app/serve/long-text.ts';
import { stageJudges } from '../src/app/serve/stage-judges.ts';
import { parseRow } from '../src/app/commands/detect-row.ts';

const [file = '', from = '0.1', to = '0.9', label] = process.argv.slice(2);
const judge = stageJudges((await loadDetectors()).meaning)();
const groups = new Map<string, { rows: number; inBand: number }>();

for (const line of readFileSync(file, 'utf8').split('\n')) {
  const row = parseRow(line);
  if (row?.text === undefined) continue;
  const { category = '-', label: own } = JSON.parse(line) as { readonly category?: string; readonly label?: number };
  if (label !== undefined && String(own) !== label) continue;
  const { score = 0 } = judgeWindows(judge, { text: row.text, origin: row.origin ?? 'user', context: {} });
  for (const name of ['all', category]) {
    const group = groups.get(name) ?? { rows: 0, inBand: 0 };
    group.rows += 1;
    if (score >= Number(from) && score < Number(to)) group.inBand += 1;
    groups.set(name, group);
  }
}
for (const [name, { rows, inBand }] of groups)
  console.log(`${name.padEnd(32)} ${((100 * inBand) / rows).toFixed(1).padStart(5)} % of ${rows}`);
