// Judges how much of a prompt a whole answer gives away, disguises included: reversed, spelled out, encoded, one word a line.
// A stream cannot be judged so, because these disguises show only in the whole; it has the run of words instead.
import { viewsOf } from '../../normalise/views.ts';
import { judgeReworded, tellsPrompt } from './judge-reworded.ts';
import { addUnit, EMPTY_WORD } from './prompt-grams.ts';
import { bareUnits, type Disguise, JUDGED_UNITS_MAX, readingsOf, stepsOf, withoutVowels } from './disguises.ts';

/** Letters and digits of one gram: so many in a row are no chance. */
const GRAM_UNITS = 14;
/** Units in common from which on a text is suspect, and from which on it is sure. */
const SUSPECT_UNITS = 24;
const SURE_UNITS = 120;

export interface JudgedLeak {
  /** 0 to 1. */
  readonly score: number;
  /** How the prompt was disguised; empty for plain text. */
  readonly disguise: Disguise | 'reworded';
  /** Letters and digits in common. */
  readonly units: number;
}

function gramAt(units: Uint16Array, at: number): number {
  let hash = EMPTY_WORD;
  for (let k = at; k < at + GRAM_UNITS; k += 1) hash = addUnit(hash, units[k] ?? 0);
  return hash;
}

function gramsOf(units: Uint16Array): ReadonlySet<number> {
  const grams = new Set<number>();
  for (let at = 0; at + GRAM_UNITS <= units.length; at += 1) grams.add(gramAt(units, at));
  return grams;
}

/** Units of the text that lie in grams of the prompt. */
function commonUnits(grams: ReadonlySet<number>, units: Uint16Array): number {
  let common = 0;
  let covered = 0;
  for (let at = 0; at + GRAM_UNITS <= units.length; at += 1) {
    if (!grams.has(gramAt(units, at))) continue;
    common += at + GRAM_UNITS - Math.max(covered, at);
    covered = at + GRAM_UNITS;
  }
  return common;
}

/** What the text gives away of the prompt, in the disguise in which it gives away most. */
export function judgeLeak(text: string, prompt: string): JudgedLeak {
  const known = knownOf(prompt);
  const telling = tellsPrompt(text, prompt);
  let best: JudgedLeak = { score: 0, disguise: '', units: 0 };
  for (const { disguise, units, as = 'letters' } of readingsOf(text)) {
    const common = commonUnits(known[as], units);
    if (common <= best.units) continue;
    const isFact = disguise === '' && !telling && common < FACT_UNITS && common < known.size * FACT_SHARE;
    best = {
      score: isFact ? Math.min(FACT_SCORE_MAX, scoreOf(common, units.length)) : scoreOf(common, units.length),
      disguise,
      units: common,
    };
    if (best.score >= CERTAIN_SCORE) return best;
  }
  const reworded = judgeReworded(text.slice(0, JUDGED_UNITS_MAX), prompt);
  return reworded > best.score ? { ...best, score: reworded, disguise: 'reworded' } : best;
}

/** No further disguise need be tried. */
const CERTAIN_SCORE = 0.9;

/** A helpful answer repeats a fact or two of its prompt, or says who it is: so little in plain words is no leak. */
const FACT_UNITS = 56;
const FACT_SHARE = 0.3;
const FACT_SCORE_MAX = 0.45;

/** What readings of a text are compared with. */
interface Known {
  readonly letters: ReadonlySet<number>;
  /** Steps from one letter to the next, which no shift of the alphabet changes, and the same turned round, for a mirrored alphabet. */
  readonly steps: ReadonlySet<number>;
  readonly consonants: ReadonlySet<number>;
  /** Letters and digits of the prompt. */
  readonly size: number;
}

function knownOf(prompt: string): Known {
  const readings = [bareUnits(prompt), bareUnits(viewsOf(prompt).views[0]?.text ?? '')];
  const all = (of: (units: Uint16Array) => Uint16Array): ReadonlySet<number> =>
    new Set(readings.flatMap((units) => [...gramsOf(of(units))]));
  return {
    letters: all((units) => units),
    steps: all(stepsOf),
    consonants: all(withoutVowels),
    size: readings[0]?.length ?? 0,
  };
}

/** Grows with what is in common, and with the share of the text that it is. */
function scoreOf(common: number, size: number): number {
  if (common < SUSPECT_UNITS) return 0;
  const amount = Math.min(1, common / SURE_UNITS);
  const share = common / Math.max(1, size);
  return Math.round(Math.min(0.99, 0.35 + 0.45 * amount + 0.3 * share) * 100) / 100;
}
