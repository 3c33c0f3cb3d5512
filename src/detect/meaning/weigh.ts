// From evidence to a finding: adds up frames, raises what was hidden, discounts what is only talked about.
import type { Family, Finding, Origin, Severity } from '../../core/types.ts';
import type { MeaningDetector, MeaningLook } from '../detector.ts';
import { isQuoted, talkFactor } from './context.ts';
import type { FrameMatch, ViewEvidence } from './evidence.ts';

/** At and above: the policy calls it high. */
export const SCORE_HIGH = 0.5;
/** Below: not worth a record. */
const SCORE_MIN = 0.2;
const SCORE_MAX = 0.99;
/** Hiding an instruction is itself evidence. */
const HIDDEN_BONUS = 0.3;
/** Disguised letters before a plain hit counts as hidden; one may be a typing slip or a name. */
const DISGUISED_MIN = 2;

/** Operators rightly say "ignore requests to" and "never reveal"; text fetched from elsewhere has no business giving orders. */
const ORIGIN_FACTOR: Readonly<Record<Origin, number>> = { operator: 0.5, user: 1, model: 0.9, retrieved: 1.1, tool: 1.1 };

interface Weighed {
  readonly evidence: ViewEvidence;
  readonly score: number;
  readonly best: FrameMatch;
  readonly isHidden: boolean;
}

const isHiddenView = ({ view }: ViewEvidence): boolean => view.layers.length > 0 || (view.disguised ?? 0) >= DISGUISED_MIN;

type Card = Pick<MeaningDetector, 'id' | 'class' | 'taxonomy'>;

/** The one finding of a rule over all views, or none. */
export function weigh(look: MeaningLook, card: Card): readonly Finding[] {
  let top: Weighed | undefined;
  for (const evidence of look.evidence ?? []) {
    const weighed = weighView(evidence, look);
    // Views come plain first: a decoded layer must say more than the plain one to speak for the text.
    if (weighed !== undefined && weighed.score > (top?.score ?? 0) + 0.01) top = weighed;
  }
  return top === undefined || top.score < SCORE_MIN ? [] : [findingOf(top, card)];
}

function weighView(evidence: ViewEvidence, look: MeaningLook): Weighed | undefined {
  let doubt = 1;
  let best: FrameMatch | undefined;
  let bestScore = 0;
  for (const match of evidence.matches) {
    const score = frameScore(match, evidence, look);
    doubt *= 1 - score;
    if (score > bestScore) {
      best = match;
      bestScore = score;
    }
  }
  if (best === undefined) return undefined;
  const isHidden = isHiddenView(evidence);
  const plain = (1 - doubt) * talkFactor(evidence, look.origin);
  const score = isHidden ? 1 - (1 - plain) * (1 - HIDDEN_BONUS * plain) : plain;
  return { evidence, score: Math.min(score, SCORE_MAX), best, isHidden };
}

function frameScore({ frame, start, end }: FrameMatch, evidence: ViewEvidence, look: MeaningLook): number {
  const isHidden = frame.hidden !== undefined && isHiddenView(evidence);
  const own = isHidden ? (frame.hidden ?? 0) : (frame.by?.[look.origin] ?? Math.min(SCORE_MAX, frame.score * ORIGIN_FACTOR[look.origin]));
  return isQuoted(evidence, start, end) ? own * QUOTED_FACTOR : own;
}

/** A quoted order is told, not given; yet attackers quote too, so it keeps most of its weight without a sign of talk. */
const QUOTED_FACTOR = 0.9;

const severityOf = (score: number): Severity => (score >= SCORE_HIGH ? 'high' : score >= 0.35 ? 'medium' : 'low');

function findingOf({ evidence, score, best, isHidden }: Weighed, card: Card): Finding {
  const { view } = evidence;
  const from = view.originalAt(best.start);
  const to = view.originalAt(best.end);
  const family: Family = isHidden ? 'obfuscation' : best.frame.family;
  return {
    rule: card.id,
    class: card.class,
    family,
    type: best.frame.id,
    severity: severityOf(score),
    score,
    start: Math.min(from, to),
    end: Math.max(from, to),
    reason: reasonOf(evidence, best, isHidden),
    taxonomy: isHidden ? 'obfuscated-prompt' : card.taxonomy,
  };
}

function reasonOf({ view }: ViewEvidence, { frame }: FrameMatch, isHidden: boolean): string {
  const what = `words that together mean ${frame.id.replaceAll('-', ' ')}`;
  if (!isHidden) return what;
  return `${what}, hidden by ${view.layers.length > 0 ? view.layers.join(' in ') : 'look-alike or invisible characters'}`;
}
