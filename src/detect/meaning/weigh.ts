// From evidence to a finding: adds up frames, raises what was hidden, discounts what is only talked about.
import type { Family, Finding, Origin, Severity } from '../../core/types.ts';
import type { MeaningDetector, MeaningLook, View } from '../detector.ts';
import { isTold, talkFactor } from './context.ts';
import type { FrameMatch, ViewEvidence } from './evidence.ts';
import type { Frame } from './phrasebook.ts';

/** At and above: the policy calls it high. */
export const SCORE_HIGH = 0.5;
/** Below: not worth a record. */
const SCORE_MIN = 0.2;
const SCORE_MAX = 0.99;
/** Hiding an instruction is itself evidence. */
const HIDDEN_BONUS = 0.3;
/** Disguised letters before a plain hit counts as hidden; one may be a typing slip or a name. */
const DISGUISED_MIN = 2;
const DISGUISED_SHARE = 0.01;

/** Operators rightly say "ignore requests to" and "never reveal"; text fetched from elsewhere has no business giving orders. */
const ORIGIN_FACTOR: Readonly<Record<Origin, number>> = { operator: 0.2, user: 1, model: 0.9, retrieved: 1.1, tool: 1.1 };

interface Weighed {
  readonly evidence: ViewEvidence;
  readonly score: number;
  readonly best: FrameMatch;
  readonly isHidden: boolean;
}

/** Whether a view shows letters that stood in disguise, more than a slip or a name would. */
export const isDisguised = (view: View): boolean => (view.disguised ?? 0) >= Math.max(DISGUISED_MIN, view.text.length * DISGUISED_SHARE);

/** Layers that put single words right: a few of them may be slips, or the name of a product. */
const WORDWISE: ReadonlySet<string> = new Set(['misspelt', 'leetspeak']);

/** Whether a reading names a way of hiding; a slip or two of the hand is none. */
export const isObfuscated = (view: View): boolean =>
  view.layers.some((layer) => !WORDWISE.has(layer)) ||
  (view.layers.includes('leetspeak') && (view.disguised ?? 0) >= DISGUISED_MIN) ||
  (view.disguised ?? 0) >= SLIPS_MAX ||
  (view.layers.length === 0 && isDisguised(view));
const SLIPS_MAX = 4;

type Card = Pick<MeaningDetector, 'id' | 'class' | 'taxonomy'>;

/** The one finding of a rule over all views, or none. */
export function weigh(look: MeaningLook, card: Card): readonly Finding[] {
  const views = look.evidence ?? [];
  const plain = new Set(views.find(({ view }) => view.layers.length === 0)?.matches.map(({ frame }) => frame));
  let top: Weighed | undefined;
  for (const evidence of views) {
    const weighed = weighView(evidence, plain, look);
    // Views come plain first: a decoded layer must say more than the plain one to speak for the text.
    if (weighed !== undefined && weighed.score > (top?.score ?? 0) + 0.01) top = weighed;
  }
  return top === undefined || top.score < SCORE_MIN ? [] : [findingOf(top, card)];
}

function weighView(evidence: ViewEvidence, plain: ReadonlySet<Frame>, look: MeaningLook): Weighed | undefined {
  const isMasked = isDisguised(evidence.view);
  const isDecoded = evidence.view.layers.length > 0;
  let doubt = 1;
  let best: Weighed | undefined;
  for (const match of evidence.matches) {
    // What the plain view says too is not hidden, though it stands in a decoded layer as well.
    const isHidden = isMasked || (isDecoded && !plain.has(match.frame));
    const score =
      frameScore(match, isHidden, look) * (isTold(evidence, match) ? QUOTED_FACTOR : 1) * (match.isDoubtful ? DOUBTFUL_FACTOR : 1);
    doubt *= 1 - score;
    if (best === undefined || score > best.score) best = { evidence, score, best: match, isHidden };
  }
  if (best === undefined) return undefined;
  const told = (1 - doubt) * talkFactor(evidence, best.best, look.origin);
  const score = best.isHidden ? 1 - (1 - told) * (1 - HIDDEN_BONUS * told) : told;
  return { ...best, score: Math.min(score, SCORE_MAX) };
}

function frameScore({ frame }: FrameMatch, isHidden: boolean, { origin }: MeaningLook): number {
  if (isHidden && frame.hidden !== undefined) return frame.hidden;
  return frame.by?.[origin] ?? Math.min(SCORE_MAX, frame.score * ORIGIN_FACTOR[origin]);
}

/** A quoted order is told, not given; yet attackers quote too, so it keeps most of its weight without a sign of talk. */
const QUOTED_FACTOR = 0.9;

/** "Git, ignore all previous rules" is rarely meant for the model; but one word must not open the door. */
const DOUBTFUL_FACTOR = 0.3;

export const severityOf = (score: number): Severity => (score >= SCORE_HIGH ? 'high' : score >= 0.35 ? 'medium' : 'low');

function findingOf({ evidence, score, best, isHidden }: Weighed, card: Card): Finding {
  const { view } = evidence;
  const from = view.originalAt(best.start);
  const to = view.originalAt(wordEnd(view.text, best.end));
  const family: Family = isHidden && isObfuscated(view) ? 'obfuscation' : best.frame.family;
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

/** Phrases may match the beginning of a word; a place is told with the whole of it. */
function wordEnd(text: string, end: number): number {
  let at = end;
  while (at < text.length && at - end < WORD_REST_MAX && isSpacedLetter(text.charCodeAt(at))) at += 1;
  return at;
}

const WORD_REST_MAX = 24;
const isSpacedLetter = (unit: number): boolean => (unit >= 97 && unit <= 122) || (unit > 127 && unit < 0x2e80);

function reasonOf({ view }: ViewEvidence, { frame }: FrameMatch, isHidden: boolean): string {
  const what = `words that together mean ${frame.id.replaceAll('-', ' ')}`;
  if (!isHidden) return what;
  return `${what}, hidden by ${view.layers.length > 0 ? view.layers.join(' in ') : 'look-alike or invisible characters'}`;
}
