// How likeness to what was blocked and a text's own score make one score. Chosen by measurement: `bench/adaptive.ts --remembering` for
// attackers, `bench/remembered-innocents.ts` for everybody else.
import { SCORE_HIGH } from '../meaning/weigh.ts';

/** Up to here two texts are alike by chance, and from there on they are one text with edits. */
const LIKE_FROM = 0.2;
const LIKE_FULL = 0.56;
/** What one blocked text alone adds to the evidence (in logits), what each doubling of their number adds, and where it ends. */
const ONE = 1.9;
const DOUBLING = 1.1;
const MOST = 7.6;
const SCORE_MAX = 0.99;
/** From here on there is something to tell: what the policies that ship call medium. */
export const TOLD_FROM = 0.35;

/** How much a blocked text counts by its likeness, from 0 to 1. */
export const weightOf = (likeness: number): number => Math.max(0, Math.min(1, (likeness - LIKE_FROM) / (LIKE_FULL - LIKE_FROM)));

const logit = (score: number): number => Math.log(score / (1 - score));
const evidenceOf = (mass: number): number => Math.min(MOST, ONE + DOUBLING * Math.log2(Math.max(1, mass)));

/**
 * The score of a text that resembles what was blocked. `best` is the weight of the likest one, `mass` the weights of all together: one
 * false alarm makes its rewordings a little less welcome; whoever edits a text over and over leaves one trace after the other.
 */
export function jointScore(own: number, best: number, mass: number): number {
  if (own <= 0 || own >= SCORE_HIGH || best <= 0) return own;
  return Math.min(SCORE_MAX, 1 / (1 + Math.exp(-(logit(own) + best * evidenceOf(mass)))));
}

/** The least score of its own with which a text could be told as a variant of any of so many. */
export const ownScoreMin = (count: number): number => 1 / (1 + Math.exp(evidenceOf(count) - logit(TOLD_FROM)));
