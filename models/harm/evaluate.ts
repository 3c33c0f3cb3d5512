// How well the committed weights tell harm from innocent talk in `corpus/harm/`, which no training has seen. Writes the figures down, and the
// test holds the weights to them: node models/harm/evaluate.ts [--all to see each text]
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createHarmJudge } from '../../src/detect/harm/harm-model.ts';
import { figuresOf, readHarmCorpus } from './corpus.ts';

const judge = createHarmJudge(readFileSync(process.env['HARM_WEIGHTS'] ?? join(import.meta.dirname, 'weights.bin')));
const rows = readHarmCorpus(join(import.meta.dirname, '../../corpus/harm'));
const figures = figuresOf(rows, (text) => judge.weigh(text));
console.log(figures);
writeFileSync(join(import.meta.dirname, 'figures.json'), `${JSON.stringify(figures, undefined, 2)}\n`);
if (process.argv.includes('--all')) {
  for (const { text, hazard } of rows) {
    const found = judge.weigh(text);
    if (found.score >= 0.5 !== (hazard !== undefined) || (hazard !== undefined && hazard !== found.hazard))
      console.log(found.score.toFixed(2), found.hazard, '|', hazard ?? 'innocent', '|', text);
  }
}
