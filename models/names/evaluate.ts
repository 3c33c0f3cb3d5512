// How well the committed weights find names in `corpus/names/`, which no training has seen: node models/names/evaluate.ts [LANGUAGE …]
// Without a language it writes the figures down, and the test holds the weights to them.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createNameModel } from '../../src/detect/names/name-model.ts';
import { TYPES } from '../../src/detect/names/labels.ts';
import { readCorpus } from './corpus.ts';
import { f1Of, printScores, scoreOf } from './score.ts';

const model = createNameModel(readFileSync(process.env['NAMES_WEIGHTS'] ?? join(import.meta.dirname, 'weights.bin')));
const find = (text: string) => model.judge(text, 'user').map(({ type, start, end }) => ({ type: type ?? '', start, end }));
const folder = join(import.meta.dirname, '../../corpus/names');
const figures: Record<string, object> = {};
for (const name of readdirSync(folder).sort()) {
  const rows = readCorpus(readFileSync(join(folder, name), 'utf8'));
  const wanted = process.argv.slice(2);
  if (wanted.length > 0 && !wanted.includes(name.slice(0, 2))) continue;
  const scores = scoreOf(rows, find, TYPES);
  printScores(name, scores);
  const all = scores.get('all');
  if (all !== undefined) figures[name] = f1Of(all);
  if (wanted.length > 0) {
    for (const { text, spans } of rows) {
      const key = (each: { type: string; start: number; end: number }): string => `${each.type}:${text.slice(each.start, each.end)}`;
      const found = find(text).map(key).join(' | ');
      const gold = spans.map(key).join(' | ');
      if (found !== gold) console.log(`    ${JSON.stringify(text)}\n      gold  ${gold}\n      found ${found}`);
    }
  }
}
if (process.argv.length === 2) writeFileSync(join(import.meta.dirname, 'figures.json'), `${JSON.stringify(figures, undefined, 2)}\n`);
