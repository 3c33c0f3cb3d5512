// What another policy would have done to what was found: from records alone, without asking anybody again.
import type { Action, JsonObject } from '../../core/types.ts';
import type { LedgerRecord } from '../../ledger/record.ts';
import { decide, stricter, type Policy } from '../../policy/policy.ts';
import { Outcomes, type Comparison, type Outcome } from './outcomes.ts';
import { directionOf, parseFinding, parseOrigin, textIn } from './request-story.ts';

export interface Replay extends Comparison {
  readonly findings: number;
  /** Findings that somebody accepted, or that a policy which is not known any more decided: they keep what was done. */
  readonly kept: number;
}

/** `policies` are those in force: they tell how a finding was decided where its record does not. */
export class PolicyReplay {
  readonly #candidate: Policy;
  readonly #policies: readonly Policy[];
  readonly #fromMs: number;
  readonly #outcomes = new Outcomes();
  /** The revision under which a request was opened: its closing does not repeat it. */
  readonly #revisions = new Map<string, string>();
  #findings = 0;
  #kept = 0;

  constructor(candidate: Policy, policies: readonly Policy[], fromMs: number) {
    this.#candidate = candidate;
    this.#policies = policies;
    this.#fromMs = fromMs;
  }

  add({ event }: LedgerRecord, tenant?: string): void {
    const { kind, requestId, atMs, data } = event;
    const direction = directionOf(kind);
    if (direction === undefined || requestId === undefined || atMs < this.#fromMs) return;
    if (tenant !== undefined && event.tenant !== tenant) return;
    if (direction === 'input') this.#revisions.set(requestId, textIn(data, 'revision') ?? '');
    const outcome = this.#outcomes.of(requestId, event);
    for (const row of listedIn(data)) this.#replay(outcome, row, { direction, revision: this.#revisions.get(requestId) });
    if (direction === 'output') this.#revisions.delete(requestId);
  }

  #replay(outcome: Outcome, row: JsonObject, at: { readonly direction: 'input' | 'output'; readonly revision: string | undefined }): void {
    const finding = parseFinding(row);
    if (finding === undefined) return;
    this.#findings += 1;
    const before = parseAction(textIn(row, 'action'));
    const origin = parseOrigin(textIn(row, 'origin'));
    const decided = this.#policies.find(({ revision }) => revision === at.revision);
    const under = (policy: Policy, isSentByCaller: boolean): Action =>
      decide(policy, finding, { direction: at.direction, origin, isSentByCaller }).action;
    // Whether the caller had sent the value itself is not on record; the policy that decided tells which of the two it was.
    const sent = (at.direction === 'input' ? [true] : [false, true]).find(
      (isSent) => decided === undefined || under(decided, isSent) === before,
    );
    if (sent === undefined) this.#kept += 1;
    const after = sent === undefined ? before : under(this.#candidate, sent);
    outcome.before = stricter(outcome.before, before);
    if (stricter(outcome.after, after) !== outcome.after || outcome.rule === '') outcome.rule = finding.rule;
    outcome.after = stricter(outcome.after, after);
  }

  result(): Replay {
    return { ...this.#outcomes.compared(), findings: this.#findings, kept: this.#kept };
  }
}

export function listedIn(data: JsonObject): readonly JsonObject[] {
  const { findings } = data;
  if (typeof findings !== 'object' || findings === null || Array.isArray(findings)) return [];
  const { listed } = findings;
  return Array.isArray(listed)
    ? listed.filter((row): row is JsonObject => typeof row === 'object' && row !== null && !Array.isArray(row))
    : [];
}

const ACTIONS: readonly Action[] = ['allow', 'record', 'redact', 'block'];
export const parseAction = (text: string | undefined): Action => ACTIONS.find((action) => action === text) ?? 'record';
