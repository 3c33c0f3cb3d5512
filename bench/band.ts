// How much of given traffic a second look would be asked about: the share of rows of JSON lines whose score lies in the band of doubt.
//   node bench/band.ts FILE [FROM,FROM…] [TO] [LABEL]
// LABEL leaves out rows with another label. Scores are those of the weights that ship: rows that they were trained on flatter. Rows that bring a
// score of their own (`models/injection/train.ts --scores FILE`: by weights that never saw their source) keep it.
import { readFileSync } from 'node:fs';
import { loadDetectors } from '../src/app/serve/guards.ts';
import { judgeWindows } from '../src/app/serve/long-text.ts';
import { stageJudges } from '../src/app/serve/stage-judges.ts';
import { parseRow } from '../src/app/commands/detect-row.ts';

interface Row {
  readonly category?: string;
  readonly label?: number;
  readonly score?: number;
}

/** Attacks from here on are flagged without a second look. */
const FLAGGED = 0.5;

const [file = '', froms = '0.12', to = '0.9', label] = process.argv.slice(2);
const judge = stageJudges((await loadDetectors()).meaning)();
const groups = new Map<string, number[]>();

function scoreOf(line: string): number | undefined {
  const row = parseRow(line);
  return row?.text === undefined ? undefined : judgeWindows(judge, { text: row.text, origin: row.origin ?? 'user', context: {} }).score;
}

for (const line of readFileSync(file, 'utf8').split('\n')) {
  if (line === '') continue;
  const { category = '-', label: own, score = scoreOf(line) ?? 0 } = JSON.parse(line) as Row;
  if (label !== undefined && String(own) !== label) continue;
  const names = ['all', category, ...(own === 1 && score < FLAGGED ? ['attacks that were missed'] : [])];
  for (const name of names) {
    const scores = groups.get(name) ?? [];
    scores.push(score);
    groups.set(name, scores);
  }
}
for (const from of froms.split(',').map(Number))
  for (const [name, scores] of groups) {
    const inBand = scores.filter((score) => score >= from && score < Number(to)).length;
    console.log(`from ${from}  ${name.padEnd(32)} ${((100 * inBand) / scores.length).toFixed(1).padStart(5)} % of ${scores.length}`);
  }
