// What a candidate policy would have done, as the gateway itself judged it on live traffic: read from the record.
import type { Action, JsonObject } from '../../core/types.ts';
import type { LedgerRecord } from '../../ledger/record.ts';
import { stricter } from '../../policy/policy.ts';
import { Outcomes, type Comparison } from './outcomes.ts';
import { listedIn, parseAction } from './policy-replay.ts';
import { directionOf, textIn } from './request-story.ts';

export interface TriedPolicy {
  readonly models: string;
  readonly name: string;
  readonly revision: string;
}

export interface CandidateView extends Comparison {
  /** When the first of these requests came, in Unix milliseconds; null before there was one. */
  readonly sinceMs: number | null;
}

/** What the console is told: the policies that are tried, and what came of it. */
export interface CandidateAnswer extends CandidateView {
  readonly candidates: readonly TriedPolicy[];
}

export class CandidateResults {
  readonly #revisions: ReadonlySet<string>;
  readonly #outcomes = new Outcomes();
  #sinceMs: number | null = null;

  /** `revisions`: of the candidates that are tried now; what earlier ones said is left out. */
  constructor(revisions: readonly string[]) {
    this.#revisions = new Set(revisions);
  }

  add({ event }: LedgerRecord, tenant?: string): void {
    const { kind, requestId, atMs, data } = event;
    if (directionOf(kind) === undefined || requestId === undefined) return;
    if (tenant !== undefined && event.tenant !== tenant) return;
    const { candidate } = data;
    if (typeof candidate !== 'object' || candidate === null || Array.isArray(candidate)) return;
    if (!this.#revisions.has(textIn(candidate, 'revision') ?? '')) return;
    this.#sinceMs = Math.min(this.#sinceMs ?? atMs, atMs);
    const outcome = this.#outcomes.of(requestId, event);
    outcome.before = stricter(outcome.before, verdictIn(data));
    outcome.after = stricter(outcome.after, verdictIn(candidate));
    if (outcome.rule === '') outcome.rule = ruleOfDifference(data);
  }

  result(): CandidateView {
    return { ...this.#outcomes.compared(), sinceMs: this.#sinceMs };
  }
}

/** A policy that only watches says what it would do. */
const verdictIn = (data: JsonObject): Action => {
  const verdict = (textIn(data, 'verdict') ?? 'allow').replace(/^would-/, '');
  return verdict === 'allow' ? 'allow' : parseAction(verdict);
};

function ruleOfDifference(data: JsonObject): string {
  const differing = listedIn(data).find((row) => textIn(row, 'would') !== undefined);
  return differing === undefined ? '' : (textIn(differing, 'rule') ?? '');
}
