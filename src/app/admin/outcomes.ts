// Two outcomes for each request, side by side: what was done, and what another policy would have done.
import type { Action, LedgerEvent } from '../../core/types.ts';

const CHANGED_MAX = 200;

export interface Outcome {
  readonly at: number;
  readonly tenant: string | null;
  before: Action;
  after: Action;
  /** The finding that made the difference. */
  rule: string;
}

export interface OutcomeChange extends Readonly<Outcome> {
  readonly id: string;
}

export interface Comparison {
  readonly requests: number;
  readonly counts: { readonly before: Readonly<Record<string, number>>; readonly after: Readonly<Record<string, number>> };
  /** Requests whose outcome would have been another, newest first; at most 200. */
  readonly changed: readonly OutcomeChange[];
  readonly changedCount: number;
}

export class Outcomes {
  readonly #outcomes = new Map<string, Outcome>();

  of(requestId: string, { atMs, tenant }: Pick<LedgerEvent, 'atMs' | 'tenant'>): Outcome {
    const known = this.#outcomes.get(requestId);
    if (known !== undefined) return known;
    const fresh: Outcome = { at: atMs, tenant: tenant ?? null, before: 'allow', after: 'allow', rule: '' };
    this.#outcomes.set(requestId, fresh);
    return fresh;
  }

  compared(): Comparison {
    const changed = [...this.#outcomes].filter(([, { before, after }]) => before !== after);
    return {
      requests: this.#outcomes.size,
      counts: { before: this.#count('before'), after: this.#count('after') },
      changed: changed
        .toReversed()
        .slice(0, CHANGED_MAX)
        .map(([id, outcome]) => ({ id, ...outcome })),
      changedCount: changed.length,
    };
  }

  #count(which: 'before' | 'after'): Readonly<Record<string, number>> {
    const counts: Record<string, number> = { allow: 0, record: 0, redact: 0, block: 0 };
    for (const outcome of this.#outcomes.values()) counts[outcome[which]] = (counts[outcome[which]] ?? 0) + 1;
    return counts;
  }
}
