// The fast learned stage: a linear score over hashed features, taken at the worst window of the worst reading of a text, joined
// with what the rules found, and calibrated. A fraction of a millisecond: one table look-up a feature, sums by prefix.
import type { Family, Finding, FindingClass, Origin } from '../../core/types.ts';
import {
  EXCERPT_UNITS_MAX,
  SENTENCE_UNITS_MAX,
  type LearnedDetector,
  type LearnedStage,
  type LearnedVerdict,
  type View,
  type WorstPlace,
} from '../detector.ts';
import type { GlossTable } from '../gloss/gloss-table.ts';
import { Glosser } from '../gloss/glosser.ts';
import type { Hits } from '../meaning/automaton.ts';
import type { PhraseBook } from '../meaning/phrasebook.ts';
import { isDisguised, isObfuscated, SCORE_HIGH, severityOf } from '../meaning/weigh.ts';
import { ViewFeatures } from './features.ts';
import { oddTokens } from './odd-tokens.ts';
import { reworded } from './rewording.ts';
import thesaurus from './thesaurus.json' with { type: 'json' };
import {
  disguiseGrade,
  labelRange,
  lengthCost,
  ruleLift,
  stepOf,
  windowGrade,
  type FastManifest,
  type FastWeights,
  type RuleScores,
} from './weights.ts';

export const FAST_STAGE_ID = 'injection.learned';
/** Below: not worth a record. */
const SCORE_MIN = 0.2;
const SCORE_MAX = 0.99;
/**
 * What a page or a tool says is no question about attacks: an order that the rules are sure of stands there for what it is, however
 * short the text around it. One of 692 innocent fetched rows of the shared data says such a thing.
 */
const FETCHED: ReadonlySet<Origin> = new Set(['retrieved', 'tool']);
const CERTAIN_RULES = 0.9;
/** A word or two (a model's name, "echo") say too little to be weighed: below so many tokens only the rules block. */
const TOKENS_MIN = 4;
const BRIEF_SCORE_MAX = 0.49;
/** Where the worst window of a view says less than this, other words for it change nothing: most traffic is not read again. */
const REWORDED_FROM = -1;
/** Of a long text, what stands so many units around its worst window is read in other words. */
const REWORDED_AROUND = 400;
/** The score of a text keeps its order up to here. */
const CERTAIN = 0.99999;
/**
 * Readings of one text that are judged; a text with more is nothing but codes, and the rules see all of them. A short reading of a long
 * text counts for what it is, but for at least a quarter.
 */
const VIEWS_MAX = 12;
const SHARE_MIN = 0.25;
const CLASSES: readonly FindingClass[] = ['injection', 'jailbreak'];
const FAMILIES: readonly Family[] = ['role_play', 'obfuscation', 'instruction_hijack', 'contextual_framing', 'translation_chaining'];

/** Words of one sense, which the weights know by the sense: they are learned from some of the words and hold for all. */
export const THESAURUS: PhraseBook = thesaurus;

export function fastDetector(weights: FastWeights, glosses: GlossTable): LearnedDetector {
  return {
    kind: 'learned',
    id: FAST_STAGE_ID,
    task: 'injection',
    class: 'injection',
    directions: ['input'],
    severity: 'high',
    taxonomy: 'direct-injection',
    about: 'Injection and jailbreak by learned weights, which also weigh what the rules found.',
    book: THESAURUS,
    stage: (conceptIds) => new FastStage(weights, conceptIds, new Glosser(glosses)),
  };
}

interface Stretch {
  readonly view: View;
  readonly score: number;
  readonly start: number;
  readonly end: number;
}

interface Window extends Stretch {
  readonly label: readonly number[];
  readonly tokens: number;
}

class FastStage implements LearnedStage {
  readonly #manifest: FastManifest;
  readonly #weights: FastWeights;
  readonly #features: ViewFeatures;
  readonly #glosser: Glosser;
  /** Sums of weights and of features up to each token. */
  #sums = new Float64Array(512);
  #counts = new Int32Array(512);
  #views = 0;
  #longest = 0;
  /** Of the reading that has most of them: an excerpt is as long as the text that it was cut from. */
  #tokens = 0;
  /** What is added to every window of the view at hand. */
  #offset = 0;
  #grade = 0;
  #odd: Int32Array = new Int32Array(0);
  #origin: Origin = 'user';
  #best: Window | undefined;
  /** The worst of what was read in English. */
  #english: Stretch | undefined;
  #found: { score: number; from: number; to: number } = { score: Number.NEGATIVE_INFINITY, from: 0, to: 0 };

  constructor(weights: FastWeights, conceptIds: ReadonlyMap<string, number>, glosser: Glosser) {
    this.#glosser = glosser;
    this.#manifest = weights.manifest;
    this.#weights = weights;
    this.#features = new ViewFeatures(conceptIds);
  }

  begin(origin: Origin): void {
    this.#origin = origin;
    this.#best = undefined;
    this.#english = undefined;
    this.#views = 0;
    this.#longest = 1;
    this.#tokens = 0;
  }

  read(view: View, hits: Hits): void {
    if (this.#views >= VIEWS_MAX) return;
    this.#longest = Math.max(this.#longest, view.text.length);
    this.#views += Math.max(SHARE_MIN, view.text.length / this.#longest);
    const { bias, origin: byOrigin, disguise, lengthWeight } = this.#manifest;
    this.#features.read(view.text, hits, this.#origin);
    this.#tokens = Math.max(this.#tokens, this.#features.tokens.count);
    this.#grade = disguiseGrade(view.disguised ?? 0);
    this.#odd = oddTokens(view, this.#features.tokens);
    this.#offset = bias + (byOrigin[this.#origin] ?? 0) + (disguise[this.#grade] ?? 0) - lengthCost(lengthWeight, this.#tokens);
    this.#sumUp();
    this.#findWorst();
    const { score, from, to } = this.#found;
    if (score <= (this.#best?.score ?? Number.NEGATIVE_INFINITY)) return;
    // Class and family are only asked for what could be told.
    const label = this.#probability(score, { rules: 1, reworded: 0 }) >= SCORE_MIN ? this.#labels(this.#found) : [];
    this.#best = { ...this.#stretchOf(view), label, tokens: to - from };
  }

  /** Each is read before the next one is asked for: of a gloss, too, only what may be an attack is read in other words. */
  *reworded(view: View): Iterable<View> {
    if (this.#views >= VIEWS_MAX) return;
    const glossed = this.#glosser.gloss(view);
    let worst = this.#stretchOf(view);
    if (glossed !== undefined) {
      yield glossed;
      const english = this.#stretchOf(glossed);
      if (english.score > (this.#english?.score ?? Number.NEGATIVE_INFINITY)) this.#english = english;
      // Where the gloss holds only a part of the view, the view stands for the rest.
      if (this.#found.score > worst.score || glossed.text.length > view.text.length / 2) worst = this.#stretchOf(glossed);
    }
    if (worst.score >= REWORDED_FROM) yield* reworded(partOf(worst));
  }

  /** Where the view just read is worst. */
  #stretchOf(view: View): Stretch {
    const { score, from, to } = this.#found;
    const { ends } = this.#features.tokens;
    return { view, score, start: from === 0 ? 0 : (ends[from - 1] ?? 0), end: ends[to - 1] ?? 0 };
  }

  conclude(findings: readonly Finding[], reworded: readonly Finding[]): LearnedVerdict {
    const rules = highest(findings);
    const window = this.#best?.score ?? Number.NEGATIVE_INFINITY;
    const joined = this.#best === undefined ? rules : this.#probability(window, { rules, reworded: highest(reworded) });
    const score = this.#believed(joined, rules);
    const stages = [
      { stage: 'rules', score: rules },
      { stage: 'fast', score: this.#probability(window, { rules: 0, reworded: 0 }) },
    ];
    const verdict = { score, stages, ...(this.#best === undefined ? {} : { worst: this.#placeOf(this.#best) }) };
    if (score < SCORE_HIGH) return { findings: findings.map((finding) => lowered(finding, score)), ...verdict };
    if (rules >= SCORE_HIGH || this.#best === undefined) return { findings, ...verdict };
    return { findings: [...findings, this.#finding(this.#best, score)], ...verdict };
  }

  #placeOf(best: Window): WorstPlace {
    const english = this.#english;
    return english === undefined ? placeOf(best) : { ...placeOf(best), english: excerptOf(english, SENTENCE_UNITS_MAX) };
  }

  #believed(joined: number, rules: number): number {
    if (rules >= CERTAIN_RULES && FETCHED.has(this.#origin)) return Math.max(joined, rules);
    const isBrief = this.#best !== undefined && this.#best.tokens < TOKENS_MIN;
    return isBrief && rules < SCORE_HIGH ? Math.min(joined, BRIEF_SCORE_MAX) : joined;
  }

  #sumUp(): void {
    const { tokens, meanings, meaningToken, meaningCount } = this.#features;
    const { features, first, count } = tokens;
    if (this.#sums.length < count + 1) {
      this.#sums = new Float64Array(count * 2);
      this.#counts = new Int32Array(count * 2);
    }
    const sums = this.#sums;
    const counts = this.#counts;
    const { table } = this.#weights;
    const mask = table.length - 1;
    sums[0] = 0;
    counts[0] = 0;
    let sum = 0;
    let meaning = 0;
    let at = 0;
    for (let token = 0; token < count; token += 1) {
      const end = first[token + 1] ?? 0;
      for (; at < end; at += 1) sum += table[(features[at] ?? 0) & mask] ?? 0;
      for (; meaning < meaningCount && (meaningToken[meaning] ?? 0) <= token; meaning += 1)
        sum += table[(meanings[meaning] ?? 0) & mask] ?? 0;
      sums[token + 1] = sum;
      counts[token + 1] = end + meaning;
    }
  }

  #findWorst(): void {
    const { count } = this.#features.tokens;
    this.#found = { score: Number.NEGATIVE_INFINITY, from: 0, to: 0 };
    let isWhole = false;
    for (const size of this.#manifest.windows) {
      if (count <= size) {
        if (!isWhole && count > 0) this.#try(0, count);
        isWhole = true;
        continue;
      }
      const step = stepOf(size);
      for (let from = 0; ; from += step) {
        this.#try(from, Math.min(count, from + size));
        if (from + size >= count) break;
      }
    }
  }

  #try(from: number, to: number): void {
    const sum = ((this.#sums[to] ?? 0) - (this.#sums[from] ?? 0)) * this.#manifest.scale;
    const norm = Math.sqrt((this.#counts[to] ?? 0) - (this.#counts[from] ?? 0) + 1);
    const score = sum / norm + this.#offset + (this.#odd.length === 0 ? 0 : this.#oddness(from, to));
    if (score > this.#found.score) this.#found = { score, from, to };
  }

  /** What the share of odd words in a window adds to the offset of its view. */
  #oddness(from: number, to: number): number {
    const { disguise } = this.#manifest;
    const grade = windowGrade(this.#grade, (this.#odd[to] ?? 0) - (this.#odd[from] ?? 0), to - from);
    return (disguise[Math.min(grade, disguise.length - 1)] ?? 0) - (disguise[this.#grade] ?? 0);
  }

  #probability(window: number, found: RuleScores): number {
    const { ruleWeight, calibration } = this.#manifest;
    const evidence = window + ruleLift(ruleWeight, found, this.#tokens);
    return Math.min(CERTAIN, 1 / (1 + Math.exp(-(calibration.slope * evidence + calibration.offset))));
  }

  /** The sums of the tables of class and family around one window. */
  #labels(window: { readonly from: number; readonly to: number }): number[] {
    const { from, to } = labelRange(window, this.#features.tokens.count);
    const { tokens, meanings, meaningToken, meaningCount } = this.#features;
    const { heads, manifest } = this.#weights;
    const start = tokens.first[from] ?? 0;
    const end = tokens.first[to] ?? 0;
    const norm = Math.sqrt(end - start + 1);
    return heads.map((table, index) => {
      const mask = table.length - 1;
      let sum = 0;
      for (let at = start; at < end; at += 1) sum += table[(tokens.features[at] ?? 0) & mask] ?? 0;
      for (let at = 0; at < meaningCount; at += 1) {
        const token = meaningToken[at] ?? 0;
        if (token >= from && token < to) sum += table[(meanings[at] ?? 0) & mask] ?? 0;
      }
      return (sum * manifest.headScale) / norm + (manifest.heads[index]?.bias ?? 0);
    });
  }

  #finding({ view, start, end, label }: Window, score: number): Finding {
    const from = view.originalAt(start);
    const to = view.originalAt(end);
    const isHidden = isObfuscated(view);
    const way = this.#strongest(FAMILIES, label) ?? 'instruction_hijack';
    // Who is given a part to play is to be unbound by it, whatever else the wording is like.
    const kind = way === 'role_play' ? 'jailbreak' : (this.#strongest(CLASSES, label) ?? 'injection');
    const family = isHidden ? 'obfuscation' : way;
    const isFetched = this.#origin === 'retrieved' || this.#origin === 'tool';
    return {
      rule: FAST_STAGE_ID,
      class: kind,
      family,
      type: 'learned',
      severity: severityOf(score),
      score: Math.min(SCORE_MAX, score),
      start: Math.min(from, to),
      end: Math.max(from, to),
      reason: isHidden ? `${REASON}, hidden by ${view.layers.join(' in ') || 'look-alike or invisible characters'}` : REASON,
      taxonomy: isHidden ? 'obfuscated-prompt' : kind === 'jailbreak' ? 'jailbreak' : isFetched ? 'indirect-injection' : 'direct-injection',
    };
  }

  #strongest<T extends string>(labels: readonly T[], scores: readonly number[]): T | undefined {
    let best: T | undefined;
    let highest = Number.NEGATIVE_INFINITY;
    for (const [index, { label }] of this.#manifest.heads.entries()) {
      const found = labels.find((known) => known === label);
      if (found === undefined || (scores[index] ?? Number.NEGATIVE_INFINITY) <= highest) continue;
      highest = scores[index] ?? highest;
      best = found;
    }
    return best;
  }
}

function placeOf({ view, start, end }: Window): WorstPlace {
  const from = view.originalAt(start);
  const to = view.originalAt(end);
  const place = { start: Math.min(from, to), end: Math.max(from, to) };
  if (view.layers.length === 0 && !isDisguised(view)) return place;
  return { ...place, reading: excerptOf({ view, start, end }, EXCERPT_UNITS_MAX) };
}

function excerptOf({ view, start, end }: Pick<Stretch, 'view' | 'start' | 'end'>, units: number): string {
  const middle = (start + end) >> 1;
  const first = Math.max(0, Math.min(middle - units / 2, view.text.length - units));
  return view.text.slice(first, first + units);
}

const REASON = 'wording like that of known attacks';

/** A stretch of a view, and what stands around it. */
function partOf({ view, start, end }: Stretch): View {
  const from = start <= REWORDED_AROUND ? 0 : start - REWORDED_AROUND;
  const to = end + REWORDED_AROUND;
  if (from === 0 && to >= view.text.length) return view;
  return { ...view, text: view.text.slice(from, to), originalAt: (offset) => view.originalAt(from + offset) };
}

const highest = (findings: readonly Finding[]): number => findings.reduce((most, { score }) => Math.max(most, score), 0);

/** What the learned stage does not believe is told as a doubt. */
function lowered(finding: Finding, score: number): Finding {
  if (finding.score < SCORE_HIGH) return finding;
  const doubtful = Math.max(SCORE_MIN, score);
  return { ...finding, score: doubtful, severity: severityOf(doubtful) };
}
