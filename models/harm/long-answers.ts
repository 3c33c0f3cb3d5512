// How often a long innocent answer is taken for harm, and a harmful sentence found late in one: judged sentence by sentence, as the gateway does.
import { join } from 'node:path';
import { createHarmJudge, type HarmJudge } from '../../src/detect/harm/harm-model.ts';
import { HarmWatch } from '../../src/detect/harm/harm-watch.ts';
import { readHarmCorpus } from './corpus.ts';
import type { Example } from './learner.ts';
import type { HarmText } from './rows.ts';

interface LongAnswers {
  readonly examples: readonly Example[];
  readonly weightsWithout: (isOut: (text: HarmText) => boolean) => Uint8Array;
}

const THRESHOLDS = [0.5, 0.7, 0.9];
const LONG_UNITS_MIN = 300;
const BEFORE_UNITS = 500;
const PAGES = /dolly|BIPIA/;
const FRANK = /moderation/;

function lineOf(name: string, judge: HarmJudge, texts: readonly string[]): string {
  const isTold = (threshold: number, text: string): boolean =>
    new HarmWatch(judge, { threshold, thresholds: {} }, 'output').read(text, true).length > 0;
  const shares = THRESHOLDS.map(
    (from) => `from ${from}: ${((100 * texts.filter((text) => isTold(from, text)).length) / texts.length).toFixed(1)} %`,
  );
  return `${name.padEnd(44)} ${shares.join('  ')}  of ${texts.length}`;
}

/** Three lines: pages, frank posts, and the corpus after innocent sentences; each by weights that did not see its sources. */
export function* longAnswerLines({ examples, weightsWithout }: LongAnswers): Generator<string> {
  const longOf = (sources: RegExp): readonly string[] =>
    examples
      .filter(({ text }) => !text.part && !text.harmful && sources.test(text.source) && text.text.length >= LONG_UNITS_MIN)
      .map(({ text }) => text.text);
  const withoutPages = createHarmJudge(weightsWithout(({ source }) => PAGES.test(source)));
  const pages = longOf(PAGES);
  yield lineOf('long innocent answers, pages', withoutPages, pages);
  const withoutFrank = createHarmJudge(weightsWithout(({ source }) => FRANK.test(source)));
  yield lineOf('long innocent answers, frank posts', withoutFrank, longOf(FRANK));
  const before = 'The garden was quiet, and the bread was in the oven. '.repeat(20).slice(0, BEFORE_UNITS);
  const corpus = readHarmCorpus(join(import.meta.dirname, '../../corpus/harm')).filter(({ hazard }) => hazard !== undefined);
  yield lineOf('harmful sentences after 500 innocent units', withoutPages, corpus.map(({ text }) => `${before}. ${text}`)); // prettier-ignore
}
