// The corpus of harm: `harmful.txt` with a hazard and a text a line, `innocent.txt` with a text a line.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HarmVerdict } from '../../src/detect/harm/harm-model.ts';
import { areaUnder } from './rows.ts';

export interface HarmSample {
  readonly text: string;
  /** Undefined for an innocent text. */
  readonly hazard: string | undefined;
}

const lines = (path: string): readonly string[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '');

export function readHarmCorpus(folder: string): readonly HarmSample[] {
  const harmful = lines(join(folder, 'harmful.txt')).map((line) => line.split('\t'));
  return [
    ...harmful.map(([hazard = '', text = '']) => ({ text, hazard })),
    ...lines(join(folder, 'innocent.txt')).map((text) => ({ text, hazard: undefined })),
  ];
}

const rounded = (share: number): number => Math.round(share * 1000) / 1000;

/** At the default threshold of 0.5. */
export function figuresOf(rows: readonly HarmSample[], weigh: (text: string) => HarmVerdict) {
  const scored = rows.map((row) => ({ ...row, found: weigh(row.text) }));
  const bad = scored.filter(({ hazard }) => hazard !== undefined);
  const good = scored.filter(({ hazard }) => hazard === undefined);
  const flagged = bad.filter(({ found }) => found.score >= 0.5);
  return {
    areaUnderCurve: rounded(areaUnder(bad.map(({ found }) => found.score), good.map(({ found }) => found.score))),
    recall: rounded(flagged.length / bad.length),
    falsePositives: rounded(good.filter(({ found }) => found.score >= 0.5).length / good.length),
    hazardRight: rounded(bad.filter(({ hazard, found }) => hazard === found.hazard).length / bad.length),
    hazardRightOfFlagged: rounded(flagged.filter(({ hazard, found }) => hazard === found.hazard).length / flagged.length),
  }; // prettier-ignore
}
