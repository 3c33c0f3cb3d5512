// What becomes of a report once somebody has looked again: inside the band of doubt the second look decides.
import type { Finding, Origin, TaxonomyKey } from '../../core/types.ts';
import { SCORE_HIGH, severityOf } from '../../detect/meaning/weigh.ts';
import type { MeaningReport } from '../../detect/meaning/judge.ts';
import type { Opinion } from '../../lens/models/classifier.ts';
import type { Excerpt } from './second-look-excerpts.ts';

export const SECOND_LOOK_RULE = 'injection.second-look';
/** As the learned stage has it: a doubt is told with no less. */
const DOUBT_MIN = 0.2;
const SCORE_MAX = 0.99;

export interface Looked {
  readonly opinion: Opinion;
  /** Where the worst was seen. */
  readonly at: Excerpt;
  readonly origin: Origin;
  readonly band: { readonly from: number; readonly to: number };
  /** Whether all that speaks against the text was seen. */
  readonly mayLower: boolean;
  /** Whether it is one more voice, and not a judge over those before. */
  readonly isEvidence: boolean;
}

export function afterSecondLook(report: MeaningReport, looked: Looked): MeaningReport {
  const stages = [...(report.stages ?? []), { stage: 'strong', score: looked.opinion.score }];
  const asked = looked.isEvidence ? joined(looked.opinion.score, report.score ?? SCORE_HIGH) : inBand(looked.opinion.score, looked.band);
  const score = looked.mayLower ? asked : Math.max(asked, report.score ?? 0);
  if (score < SCORE_HIGH) return { ...report, findings: report.findings.map((finding) => lowered(finding, score)), score, stages };
  if (report.findings.some(isHigh)) return { ...report, score, stages };
  return { ...report, findings: [...report.findings, findingOf(report, looked, score)], score, stages };
}

/** A chance of one half stays one half; certainty reaches the ends of the band and not beyond. */
function inBand(chance: number, { from, to }: Looked['band']): number {
  const share = (chance - 0.5) * 2;
  return share < 0 ? SCORE_HIGH + share * (SCORE_HIGH - from) : SCORE_HIGH + share * (to - SCORE_HIGH);
}

/** Two voices that know different things: their odds are multiplied. */
function joined(one: number, other: number): number {
  const odds = oddsOf(one) * oddsOf(other);
  return odds / (1 + odds);
}

const CERTAIN = 0.9999;

function oddsOf(chance: number): number {
  const kept = Math.min(CERTAIN, Math.max(1 - CERTAIN, chance));
  return kept / (1 - kept);
}

const isHigh = ({ score }: Finding): boolean => score >= SCORE_HIGH;

function lowered(finding: Finding, score: number): Finding {
  if (!isHigh(finding)) return finding;
  const doubtful = Math.max(DOUBT_MIN, score);
  return { ...finding, score: doubtful, severity: severityOf(doubtful) };
}

function findingOf({ findings }: MeaningReport, { opinion, at, origin }: Looked, score: number): Finding {
  const isHidden = at.reading !== undefined && at.isTranslated !== true;
  const family = isHidden ? 'obfuscation' : (opinion.family ?? findings.find((finding) => finding.class === opinion.kind)?.family);
  return {
    rule: SECOND_LOOK_RULE,
    class: opinion.kind,
    ...(family === undefined ? {} : { family }),
    type: 'second-look',
    severity: severityOf(score),
    score: Math.min(SCORE_MAX, score),
    start: at.start,
    end: at.end,
    reason: 'a second look at a text in doubt took it for an attack',
    taxonomy: taxonomyOf(opinion, at, origin),
  };
}

function taxonomyOf({ kind }: Opinion, { reading, isTranslated }: Excerpt, origin: Origin): TaxonomyKey {
  if (reading !== undefined && isTranslated !== true) return 'obfuscated-prompt';
  if (kind === 'jailbreak') return 'jailbreak';
  return origin === 'retrieved' || origin === 'tool' ? 'indirect-injection' : 'direct-injection';
}
