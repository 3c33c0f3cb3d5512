// The cascade with and without its stages. A policy may go without one; each set of stages has a judge of its own, made when it is
// first asked for, because each holds automata of some megabytes.
import type { Stage } from '../../core/types.ts';
import type { MeaningPart, StageScore } from '../../detect/detector.ts';
import { wakingTexts } from './waking.ts';
import { createMeaningJudge, type JudgeOptions, type MeaningJudge, type MeaningReport } from '../../detect/meaning/judge.ts';

/** Where a part belongs; the second look is no part of a judge. */
const STAGE_OF = { meaning: 'rules', learned: 'fast' } as const satisfies Record<MeaningPart['kind'], Stage>;

export const partsWithout = (parts: readonly MeaningPart[], off: readonly Stage[] = []): readonly MeaningPart[] =>
  off.length === 0 ? parts : parts.filter(({ kind }) => !off.includes(STAGE_OF[kind]));

/** A judge of these parts. What it says of stages, it says of those that are among them. */
export function judgeOf(parts: readonly MeaningPart[], options: JudgeOptions = {}): MeaningJudge {
  const judge = createMeaningJudge(parts, options);
  const kinds = new Set(parts.map(({ kind }) => kind));
  if (kinds.size === 2) return judge;
  if (kinds.has('learned')) return { judge: (text, origin, context) => withoutRules(judge.judge(text, origin, context)) };
  if (kinds.has('meaning')) return { judge: (text, origin, context) => byRules(judge.judge(text, origin, context)) };
  return { judge: () => ({ state: 'looked', findings: [] }) };
}

/** Judges by what a policy goes without; the whole cascade is made at once, with its word lists, a tenth of a second that no request shall wait. */
export function stageJudges(parts: readonly MeaningPart[], options: JudgeOptions = {}): (off?: readonly Stage[]) => MeaningJudge {
  const whole = judgeOf(parts, options);
  const [first = ''] = wakingTexts();
  whole.judge(first, 'user', {});
  const others = new Map<string, MeaningJudge>();
  return (off = []) => {
    const left = partsWithout(parts, off);
    if (left.length === parts.length) return whole;
    const name = [...new Set(left.map(({ kind }) => kind))].join(' ');
    const known = others.get(name) ?? judgeOf(left, options);
    others.set(name, known);
    return known;
  };
}

function withoutRules(report: MeaningReport): MeaningReport {
  return report.stages === undefined ? report : { ...report, stages: report.stages.filter(({ stage }) => stage !== 'rules') };
}

/** Without learned weights the highest finding speaks for the text. */
function byRules(report: MeaningReport): MeaningReport {
  const score = report.findings.reduce((highest, finding) => Math.max(highest, finding.score), 0);
  const stages: readonly StageScore[] = [{ stage: 'rules', score }];
  return { ...report, score, stages };
}
