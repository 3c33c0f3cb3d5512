// What is found of a source that the training left out: one line a source, then all left-out rows of the harmful set together.
import { createHash } from 'node:crypto';
import { createHarmModel, HEADS } from '../../src/detect/harm/harm-model.ts';
import { HAZARDS } from '../../src/detect/harm/hazards.ts';
import { learnedFrom, type Example, type Schedule } from './learner.ts';
import { longAnswerLines } from './long-answers.ts';
import { areaUnder, type HarmText } from './rows.ts';

/** Innocent rows that are left out too, and set against sources where all is harmful. */
const INNOCENT = ['clinc/oos-eval', 'FuzzyAI benign_prompts', 'databricks-dolly-15k (subset)'];
const PARTS = 4;

export interface Scored {
  readonly text: HarmText;
  readonly score: number;
  readonly hazard: string;
}

export interface LeaveOut {
  readonly examples: readonly Example[];
  /** Sources of the harmful set. */
  readonly sources: readonly string[];
  readonly schedule: Schedule;
}

const share = (list: readonly Scored[]): string =>
  list.length === 0 ? '-' : (list.filter(({ score }) => score >= 0.5).length / list.length).toFixed(3);

function lineOf(name: string, scored: readonly Scored[]): string {
  const bad = scored.filter(({ text }) => text.harmful);
  const good = scored.filter(({ text }) => !text.harmful);
  const scores = (list: readonly Scored[]): readonly number[] => list.map(({ score }) => score);
  const area = bad.length === 0 || good.length === 0 ? '-' : areaUnder(scores(bad), scores(good)).toFixed(3);
  return `${name.padEnd(34)} harmful ${String(bad.length).padStart(4)} innocent ${String(good.length).padStart(4)}  AUC ${area}  recall ${share(bad)}  false ${share(good)}`;
}

const weightsWithout = ({ examples, schedule }: LeaveOut, isOut: (text: HarmText) => boolean): Uint8Array =>
  learnedFrom(examples.filter(({ text }) => !isOut(text)), schedule); // prettier-ignore

/** Trains without what is out, and scores `asked` as the product does. */
function scoredWithout(given: LeaveOut, isOut: (text: HarmText) => boolean, isAsked: (text: HarmText) => boolean): readonly Scored[] {
  const model = createHarmModel(weightsWithout(given, isOut));
  return given.examples
    .filter(({ text }) => isAsked(text))
    .map(({ text }) => {
      const [finding] = model.judge(text.text, 'user');
      return { text, score: finding?.score ?? 0, hazard: finding?.type ?? '' };
    });
}

const partOf = (text: HarmText): number =>
  text.source === 'grammar' ? text.template % PARTS : createHash('sha256').update(text.text).digest().readUInt32BE(0) % PARTS;

const scoresOf = (list: readonly Scored[]): readonly number[] => list.map(({ score }) => score);

/** By hazard: how often its texts score above innocent ones, how many are flagged, and of those how many under their name. */
function* hazardLines(scored: readonly Scored[]): Generator<string> {
  const good = scored.filter(({ text }) => !text.harmful);
  const named = scored.filter(({ text }) => text.hazards.length > 0);
  const isRight = ({ text, hazard }: Scored): boolean => text.hazards.some((name) => name === hazard);
  const line = (name: string, bad: readonly Scored[]): string => {
    const flagged = bad.filter(({ score }) => score >= 0.5);
    const right = flagged.length === 0 ? '-' : (flagged.filter(isRight).length / flagged.length).toFixed(2);
    return `  ${name.padEnd(22)} of ${String(bad.length).padStart(4)}  AUC ${areaUnder(scoresOf(bad), scoresOf(good)).toFixed(3)}  recall ${share(bad)}  named rightly ${right}`;
  };
  for (const hazard of HAZARDS) {
    const bad = named.filter(({ text }) => text.hazards.includes(hazard));
    if (bad.length > 0) yield line(hazard, bad);
  }
  yield line('all', named);
}

/** Lines of a table, the whole texts alone (not the sentences that they were cut into for training). */
export function* leaveOutLines(given: LeaveOut): Generator<string> {
  const pooled: Scored[] = [];
  const isWhole = ({ part }: HarmText): boolean => !part;
  for (const source of given.sources) {
    const isHarmfulAll = given.examples.every(({ text }) => text.source !== source || text.harmful);
    const out = new Set(isHarmfulAll ? [source, ...INNOCENT] : [source]);
    const scored = scoredWithout(given, (text) => out.has(text.source), (text) => isWhole(text) && out.has(text.source)); // prettier-ignore
    pooled.push(...scored.filter(({ text }) => text.source === source && text.isOfHarm));
    yield lineOf(source, scored);
  }
  yield lineOf('all of these', pooled);
  const withNames = { ...given, schedule: { ...given.schedule, heads: HEADS } };
  const isQuarter = (text: HarmText): boolean => partOf(text) === 0;
  const isGrammar = (text: HarmText): boolean => text.source === 'grammar' && isQuarter(text);
  const ofGrammar = scoredWithout(withNames, isGrammar, isGrammar);
  yield lineOf('a quarter of the grammar', ofGrammar);
  yield* hazardLines(ofGrammar);
  const isRow = (text: HarmText): boolean => text.isOfHarm && isQuarter(text);
  const ofRows = scoredWithout(withNames, isRow, isRow);
  yield lineOf('a quarter of all rows', ofRows);
  yield* hazardLines(ofRows);
  yield* longAnswerLines({ examples: given.examples, weightsWithout: (isOut) => weightsWithout(given, isOut) });
}
