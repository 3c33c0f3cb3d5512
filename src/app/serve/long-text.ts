// How a long text is judged: in windows that overlap, each as if it were a text of its own.
import type { FailureCode, Finding, Origin, Stage } from '../../core/types.ts';
import { TEXT_UNITS_MAX, type DetectContext, type StageScore, type WorstPlace } from '../../detect/detector.ts';
import type { MeaningJudge, MeaningReport } from '../../detect/meaning/judge.ts';

export interface LongText {
  readonly text: string;
  readonly origin: Origin;
  readonly context: DetectContext;
  /** Stages that the policy goes without. */
  readonly stagesOff?: readonly Stage[];
}

/** Longer than any phrase that a rule looks for, and than most encoded ones. */
const OVERLAP_UNITS = 2048;
/** A text that is nothing but attacks needs no complete list of them. */
const FINDINGS_MAX = 200;

export function judgeWindows(judge: MeaningJudge, { text, origin, context }: LongText): MeaningReport {
  const findings: Finding[] = [];
  let failure: FailureCode | undefined;
  let worst: Weighed = {};
  for (let at = 0; at < text.length && findings.length < FINDINGS_MAX; at += TEXT_UNITS_MAX - OVERLAP_UNITS) {
    const report = judge.judge(text.slice(at, at + TEXT_UNITS_MAX), origin, context);
    if (report.state === 'failed') failure ??= report.code;
    worst = worse(worst, report, at);
    for (const finding of report.findings) findings.push({ ...finding, start: finding.start + at, end: finding.end + at });
    if (at + TEXT_UNITS_MAX >= text.length) break;
    // Stopping early is not having looked at the rest.
    if (findings.length >= FINDINGS_MAX) failure ??= 'out_of_budget';
  }
  return failure === undefined ? { ...worst, state: 'looked', findings } : { ...worst, state: 'failed', code: failure, findings };
}

type Weighed = Pick<MeaningReport, 'score' | 'stages' | 'worst'>;

/** A text is as bad as its worst window, stage by stage. */
function worse(one: Weighed, other: MeaningReport, at: number): Weighed {
  if (other.score === undefined) return one;
  const stages = (other.stages ?? []).map(({ stage, score }): StageScore => ({
    stage,
    score: Math.max(score, scoreOf(one.stages, stage)),
  }));
  const place = one.score === undefined || other.score > one.score ? moved(other.worst, at) : one.worst;
  return { score: Math.max(one.score ?? 0, other.score), stages, ...(place === undefined ? {} : { worst: place }) };
}

const moved = (place: WorstPlace | undefined, by: number): WorstPlace | undefined =>
  place === undefined ? undefined : { ...place, start: place.start + by, end: place.end + by };

const scoreOf = (stages: readonly StageScore[] | undefined, name: string): number =>
  stages?.find(({ stage }) => stage === name)?.score ?? 0;
