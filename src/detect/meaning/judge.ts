// Front door of the meaning rules: normalises a text once, scans every view once, and lets all detectors judge.
import type { Finding, Origin, Report } from '../../core/types.ts';
import type { DetectContext, LearnedStage, MeaningDetector, MeaningPart, StageScore, View, WorstPlace } from '../detector.ts';
import { TEXT_UNITS_MAX } from '../detector.ts';
import { NORMALISE_BUDGET, type NormaliseBudget, viewsOf } from '../normalise/views.ts';
import { type CompiledBooks, compileBooks } from './compile.ts';
import { EvidenceCollector, type ViewEvidence } from './evidence.ts';
import { SHARED_BOOK } from './lexicon.ts';
import type { PhraseBook } from './phrasebook.ts';

/** A report that also tells the calibrated score of the whole text, and what each stage thinks; absent without a learned stage. */
export type MeaningReport = Report & {
  readonly score?: number;
  readonly stages?: readonly StageScore[];
  readonly worst?: WorstPlace;
  /** Whoever should have looked again had no time: it stands for this once, and nobody may remember it. */
  readonly isProvisional?: true;
};

export interface MeaningJudge {
  /** Synchronous; at most `TEXT_UNITS_MAX` UTF-16 units. Never throws. */
  judge(text: string, origin: Origin, context: DetectContext): MeaningReport;
}

const EMPTY_BOOK: PhraseBook = { concepts: {}, frames: [] };
const noPause = (): void => undefined;
const NOTHING: Report = { state: 'looked', findings: [] };

/** Compiles the books of all detectors into one automaton; do it once a process. */
export interface JudgeOptions {
  readonly budget?: NormaliseBudget;
  /** Called between pieces of work that take up to a millisecond, so that a thread can let others run. */
  readonly breathe?: () => void;
}

export function createMeaningJudge(
  parts: readonly MeaningPart[],
  { budget = NORMALISE_BUDGET, breathe = noPause }: JudgeOptions = {},
): MeaningJudge {
  const detectors = parts.filter((part) => part.kind === 'meaning');
  const learned = parts.filter((part) => part.kind === 'learned');
  const books = compileBooks(SHARED_BOOK, [...detectors.map(({ book }) => book ?? EMPTY_BOOK), ...learned.map(({ book }) => book)]);
  const stages = learned.map((part) => part.stage(books.conceptIds));
  const bench = new Bench({ detectors, stages }, books, { budget, breathe });
  return { judge: (text, origin, context) => bench.judge(text, origin, context) };
}

class Bench {
  readonly #detectors: readonly MeaningDetector[];
  readonly #stages: readonly LearnedStage[];
  readonly #collector: EvidenceCollector;
  readonly #options: Required<JudgeOptions>;
  /** Detectors without a book see every text. */
  readonly #isAlwaysAsked: boolean;

  constructor(
    { detectors, stages }: { readonly detectors: readonly MeaningDetector[]; readonly stages: readonly LearnedStage[] },
    books: CompiledBooks,
    options: Required<JudgeOptions>,
  ) {
    this.#detectors = detectors;
    this.#stages = stages;
    this.#collector = new EvidenceCollector(books);
    this.#options = options;
    this.#isAlwaysAsked = detectors.some((detector) => detector.book === undefined);
  }

  judge(text: string, origin: Origin, context: DetectContext): MeaningReport {
    if (text.length > TEXT_UNITS_MAX) return { state: 'failed', code: 'text_too_long', findings: [] };
    const { budget, breathe } = this.#options;
    breathe();
    const { views, state } = viewsOf(text, budget);
    const evidence: ViewEvidence[] = [];
    const others: ViewEvidence[] = [];
    for (const stage of this.#stages) stage.begin(origin);
    for (const view of views) {
      breathe();
      const found = this.#collector.collect(view);
      if (found.matches.length > 0) evidence.push(found);
      for (const stage of this.#stages) this.#read(stage, view, others);
    }
    const isClear = evidence.length === 0 && !this.#isAlwaysAsked;
    if (isClear && state === 'looked' && this.#stages.length === 0) return NOTHING;
    const look = { original: text, views, origin, context };
    const report = isClear ? NOTHING : this.#ask(look, evidence);
    const doubt = others.length === 0 ? NOTHING : this.#ask(look, others);
    const weighed = this.#weigh(report, doubt.findings);
    return state === 'failed' && weighed.state === 'looked' ? { ...weighed, state: 'failed', code: 'out_of_budget' } : weighed;
  }

  /** Lets a stage read a view, and the view in other words, which the rules see apart. */
  #read(stage: LearnedStage, view: View, others: ViewEvidence[]): void {
    stage.read(view, this.#collector.hits);
    for (const other of stage.reworded(view)) {
      const found = this.#collector.collect(other);
      if (found.matches.length > 0) others.push(found);
      stage.read(other, this.#collector.hits);
    }
  }

  /** What the learned stages make of the rules' findings, one after the other. */
  #weigh(report: Report, reworded: readonly Finding[]): MeaningReport {
    let weighed: MeaningReport = report;
    for (const stage of this.#stages) weighed = { ...weighed, ...stage.conclude(weighed.findings, reworded) };
    return weighed;
  }

  #ask(look: Omit<Parameters<MeaningDetector['judge']>[0], 'evidence'>, evidence: readonly ViewEvidence[]): Report {
    const findings: Finding[] = [];
    let hasFailed = false;
    for (const [rule, detector] of this.#detectors.entries()) {
      const own = detector.book === undefined ? evidence : ownEvidence(evidence, rule);
      if (detector.book !== undefined && own.length === 0) continue;
      try {
        findings.push(...detector.judge({ ...look, evidence: own }));
      } catch {
        // A detector that throws has not looked; the report says so and the policy decides.
        hasFailed = true;
      }
    }
    return hasFailed ? { state: 'failed', code: 'detector_error', findings } : { state: 'looked', findings };
  }
}

/** The evidence that concerns one rule, view by view. */
function ownEvidence(evidence: readonly ViewEvidence[], rule: number): ViewEvidence[] {
  const own: ViewEvidence[] = [];
  for (const { view, matches, surroundings } of evidence) {
    const mine = matches.filter((match) => match.rule === rule);
    if (mine.length > 0) own.push({ view, matches: mine, surroundings });
  }
  return own;
}
