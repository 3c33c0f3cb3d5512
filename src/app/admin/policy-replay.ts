// What another policy would have done to what was found: from records alone, without asking anybody again.
import type { Action, JsonObject } from '../../core/types.ts';
import type { LedgerRecord } from '../../ledger/record.ts';
import { decide, stricter, type Policy } from '../../policy/policy.ts';
import { directionOf, parseFinding, parseOrigin, textIn } from './request-story.ts';

const CHANGED_MAX = 200;

export interface Replay {
  readonly requests: number;
  readonly findings: number;
  /** Findings that somebody accepted, or that a policy which is not known any more decided: they keep what was done. */
  readonly kept: number;
  readonly counts: { readonly before: Readonly<Record<string, number>>; readonly after: Readonly<Record<string, number>> };
  /** Requests whose outcome would have been another, newest first. */
  readonly changed: readonly ReplayChange[];
  readonly changedCount: number;
}

export interface ReplayChange {
  readonly id: string;
  readonly at: number;
  readonly tenant: string | null;
  readonly before: Action;
  readonly after: Action;
  /** The finding that made the difference. */
  readonly rule: string;
}

interface Outcome {
  readonly at: number;
  readonly tenant: string | null;
  before: Action;
  after: Action;
  rule: string;
}

/** `policies` are those in force: they tell how a finding was decided where its record does not. */
export class PolicyReplay {
  readonly #candidate: Policy;
  readonly #policies: readonly Policy[];
  readonly #fromMs: number;
  readonly #outcomes = new Map<string, Outcome>();
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
    const outcome = this.#outcomes.get(requestId) ?? { at: atMs, tenant: event.tenant ?? null, before: 'allow', after: 'allow', rule: '' };
    this.#outcomes.set(requestId, outcome);
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
    const changed = [...this.#outcomes].filter(([, { before, after }]) => before !== after);
    const count = (which: 'before' | 'after'): Readonly<Record<string, number>> => {
      const counts: Record<string, number> = { allow: 0, record: 0, redact: 0, block: 0 };
      for (const outcome of this.#outcomes.values()) counts[outcome[which]] = (counts[outcome[which]] ?? 0) + 1;
      return counts;
    };
    return {
      requests: this.#outcomes.size,
      findings: this.#findings,
      kept: this.#kept,
      counts: { before: count('before'), after: count('after') },
      changed: changed
        .toReversed()
        .slice(0, CHANGED_MAX)
        .map(([id, outcome]) => ({ id, ...outcome })),
      changedCount: changed.length,
    };
  }
}

function listedIn(data: JsonObject): readonly JsonObject[] {
  const { findings } = data;
  if (typeof findings !== 'object' || findings === null || Array.isArray(findings)) return [];
  const { listed } = findings;
  return Array.isArray(listed)
    ? listed.filter((row): row is JsonObject => typeof row === 'object' && row !== null && !Array.isArray(row))
    : [];
}

const ACTIONS: readonly Action[] = ['allow', 'record', 'redact', 'block'];
const parseAction = (text: string | undefined): Action => ACTIONS.find((action) => action === text) ?? 'record';
