// Harm in texts that may still grow. A request is judged in pieces as a whole text is. Of an answer each sentence is judged by itself and
// waits for that, because among peaceful ones it would be lost; every few sentences they are judged together.
import type { Direction, Finding } from '../../core/types.ts';
import { sentenceEnd, type TextWatch } from '../text-watch.ts';
import { PIECE_STEP_UNITS, PIECE_UNITS, type HarmJudge, type HarmVerdict } from './harm-model.ts';

export interface HarmThresholds {
  /** Score from which on a text is harmful. */
  readonly threshold: number;
  /** The same for single hazards. */
  readonly thresholds: Readonly<Record<string, number>>;
}

interface Stretch {
  /** What is judged reaches from each of these to `end`; all absolute. */
  readonly from: readonly number[];
  /** What is new in it. */
  readonly start: number;
  readonly end: number;
}

/**
 * The more sentences there are, the more chances of a false alarm: the odds of the nth are divided by √n. (By n would keep the alarms of an
 * answer where those of one sentence are, and lose most of what there is to find.)
 */
const loweredBy = (sentences: number, { score, hazard }: HarmVerdict): HarmVerdict => ({
  score: score / (score + (1 - score) * Math.sqrt(sentences)),
  hazard,
});

/** How much of an answer is new when its sentences are judged together again. */
const TOGETHER_UNITS = 400;

export class HarmWatch implements TextWatch {
  readonly #judge: HarmJudge;
  readonly #thresholds: HarmThresholds;
  readonly #direction: Direction;
  #text = '';
  /** Where `#text` begins in the whole. */
  #base = 0;
  #clearTo = 0;
  /** How far the sentences of an answer have been judged together. */
  #together = 0;
  /** How many sentences of an answer there were. */
  #sentences = 0;

  constructor(judge: HarmJudge, thresholds: HarmThresholds, direction: Direction) {
    this.#judge = judge;
    this.#thresholds = thresholds;
    this.#direction = direction;
  }

  get clearTo(): number {
    return this.#clearTo;
  }

  read(part: string, isFinal: boolean): readonly Finding[] {
    this.#text += part;
    const findings: Finding[] = [];
    for (let next = this.#next(isFinal); next !== undefined; next = this.#next(isFinal)) {
      this.#clearTo = next.end;
      const finding = this.#weigh(next);
      if (finding !== undefined) findings.push(finding);
    }
    const spare = this.#clearTo - PIECE_UNITS - this.#base;
    if (spare > PIECE_UNITS) {
      this.#text = this.#text.slice(spare);
      this.#base += spare;
    }
    return findings;
  }

  #next(isFinal: boolean): Stretch | undefined {
    const known = this.#base + this.#text.length;
    if (this.#clearTo >= known) return undefined;
    if (this.#direction === 'input') {
      // The same pieces as those of a whole text: each reaches back over what the one before it had not got to the end of.
      const from = Math.max(0, this.#clearTo - (PIECE_UNITS - PIECE_STEP_UNITS));
      if (known - from < PIECE_UNITS && !isFinal) return undefined;
      return { from: [from], start: this.#clearTo, end: Math.min(known, from + PIECE_UNITS) };
    }
    const length = sentenceEnd(this.#text, this.#clearTo - this.#base, isFinal);
    return length < 0 ? undefined : this.#sentence(this.#base + length);
  }

  #sentence(end: number): Stretch {
    const start = this.#clearTo;
    this.#sentences += 1;
    if (end - this.#together < TOGETHER_UNITS) return { from: [start], start, end };
    this.#together = end;
    return { from: [start, Math.max(0, end - PIECE_UNITS)], start, end };
  }

  #weigh({ from, start, end }: Stretch): Finding | undefined {
    const verdicts = from.map((at) => {
      const verdict = this.#judge.weigh(this.#text.slice(at - this.#base, end - this.#base));
      return this.#direction === 'output' && at === start ? loweredBy(this.#sentences, verdict) : verdict;
    });
    const told = verdicts.filter(({ score, hazard }) => score >= (this.#thresholds.thresholds[hazard] ?? this.#thresholds.threshold));
    const [worst] = told.toSorted((a, b) => b.score - a.score);
    if (worst === undefined) return undefined;
    const { score, hazard } = worst;
    return {
      rule: 'harm.request', class: 'harm', type: hazard, severity: 'high', score, start, end,
      reason: `reads like what people write of this hazard: ${hazard.replaceAll('_', ' ')}`, taxonomy: 'jailbreak',
    }; // prettier-ignore
  }
}
