// What the committed weights do on the corpus, through the judge that the gateway uses. The figures beside them are checked by a test.
//   node models/injection/measure.ts [--write]
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { generateRows } from '../../corpus/injection/generate.ts';
import { areaUnderCurve, countAbove, type Scored } from '../../src/app/commands/eval-figures.ts';
import { loadDetectors } from '../../src/app/serve/guards.ts';
import type { Origin } from '../../src/core/types.ts';
import { createMeaningJudge } from '../../src/detect/meaning/judge.ts';

export interface CorpusFigures {
  readonly rows: number;
  readonly area: number;
  readonly recall: number;
  readonly falseAlarms: number;
  readonly classRight: number;
  readonly familyRight: number;
  /** The same without rows in disguise, whose family is the disguise. */
  readonly plainFamilyRight: number;
}

interface Row {
  readonly text: string;
  readonly class: string | null;
  readonly family: string | null;
  readonly origin: Origin;
}

const CORPUS = new URL('../../corpus/injection/', import.meta.url);
const HIGH = 0.5;
/** Of the generated rows, one in so many: enough to notice any change. */
const SAMPLE = 7;
const SEED = 1;

const parseRows = (name: string): Row[] =>
  readFileSync(new URL(name, CORPUS), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Row);

/** By part of the corpus: written by hand for the rules, written one by one for the training, and made by the grammars. */
export async function measureCorpus(): Promise<Readonly<Record<string, CorpusFigures>>> {
  const judge = createMeaningJudge((await loadDetectors()).meaning);
  const figures = (rows: readonly Row[]): CorpusFigures => {
    const judged = rows.map((row) => {
      const report = judge.judge(row.text, row.origin, {});
      const [best] = report.findings.toSorted((one, other) => other.score - one.score);
      const scored: Scored = { label: row.class === null ? 0 : 1, score: report.score ?? 0 };
      return { ...scored, row, best };
    });
    const attacks = judged.filter(({ label }) => label === 1);
    const innocents = judged.filter(({ label }) => label === 0);
    const found = attacks.filter(({ score }) => score >= HIGH);
    const plain = found.filter(({ row }) => row.family !== 'obfuscation');
    return {
      rows: rows.length,
      area: rounded(areaUnderCurve(judged)),
      recall: rounded(found.length / attacks.length),
      falseAlarms: rounded(countAbove(innocents, HIGH) / innocents.length),
      classRight: rounded(found.filter(({ row, best }) => best?.class === row.class).length / found.length),
      familyRight: rounded(found.filter(({ row, best }) => best?.family === row.family).length / found.length),
      plainFamilyRight: rounded(plain.filter(({ row, best }) => best?.family === row.family).length / plain.length),
    };
  };
  return {
    hand: figures([...parseRows('hits.jsonl'), ...parseRows('benign.jsonl')]),
    free: figures(readdirSync(new URL('free/', CORPUS)).flatMap((name) => parseRows(`free/${name}`))),
    grammar: figures(generateRows(SEED).filter((_, index) => index % SAMPLE === 0)),
  };
}

const rounded = (share: number): number => Math.round(share * 10_000) / 10_000;

if (import.meta.main) {
  const { values } = parseArgs({ options: { write: { type: 'boolean', default: false } } });
  const text = `${JSON.stringify(await measureCorpus(), null, 2)}\n`;
  console.log(text);
  if (values.write) writeFileSync(new URL('figures.json', import.meta.url), text);
}
