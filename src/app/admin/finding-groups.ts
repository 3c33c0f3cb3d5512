// Recent findings by rule, from the records of requests: what an operator looks through for false alarms.
import type { LedgerRecord } from '../../ledger/record.ts';
import { findingsIn, type StoryFinding } from './request-story.ts';

export interface FindingFilter {
  readonly tenant?: string;
  /** A rule id; a trailing `*` matches a prefix. */
  readonly rule?: string;
  /** Unix milliseconds. */
  readonly sinceMs?: number;
}

export interface FindingGroup {
  readonly rule: string;
  readonly class: string;
  readonly count: number;
  /** How often each action was taken. */
  readonly actions: Readonly<Record<string, number>>;
  readonly directions: readonly string[];
  readonly types: readonly string[];
  readonly tenants: readonly string[];
  readonly scoreMax: number;
  readonly lastAtMs: number;
  readonly lastRequestId: string;
}

/** Members of a group that are listed by name. */
const NAMES_MAX = 20;

interface OpenGroup {
  readonly rule: string;
  readonly class: string;
  readonly actions: Map<string, number>;
  readonly directions: Set<string>;
  readonly types: Set<string>;
  readonly tenants: Set<string>;
  count: number;
  scoreMax: number;
  lastAtMs: number;
  lastRequestId: string;
}

export class FindingGroups {
  readonly #filter: FindingFilter;
  readonly #groups = new Map<string, OpenGroup>();

  constructor(filter: FindingFilter) {
    this.#filter = filter;
  }

  add({ event }: LedgerRecord): void {
    const direction = event.kind === 'request.opened' ? 'input' : 'output';
    if (direction === 'output' && event.kind !== 'request.closed') return;
    const { tenant, sinceMs } = this.#filter;
    if ((tenant !== undefined && event.tenant !== tenant) || event.atMs < (sinceMs ?? 0)) return;
    for (const finding of findingsIn(event.data, direction)) {
      if (matches(this.#filter.rule, finding.rule)) this.#count(finding, event);
    }
  }

  /** Most frequent first. */
  list(): readonly FindingGroup[] {
    const groups = [...this.#groups.values()].map((group) => ({
      ...group,
      actions: Object.fromEntries(group.actions),
      directions: [...group.directions],
      types: [...group.types].toSorted(),
      tenants: [...group.tenants].toSorted(),
    }));
    return groups.toSorted((a, b) => b.count - a.count);
  }

  #count(finding: StoryFinding, event: LedgerRecord['event']): void {
    let group = this.#groups.get(finding.rule);
    if (group === undefined) {
      group = newGroup(finding);
      this.#groups.set(finding.rule, group);
    }
    group.count += 1;
    group.actions.set(finding.action, (group.actions.get(finding.action) ?? 0) + 1);
    note(group.directions, finding.direction);
    note(group.types, finding.type);
    note(group.tenants, event.tenant);
    group.scoreMax = Math.max(group.scoreMax, finding.score);
    group.lastAtMs = event.atMs;
    group.lastRequestId = event.requestId ?? '';
  }
}

const newGroup = (finding: StoryFinding): OpenGroup => ({
  rule: finding.rule,
  class: finding.class,
  actions: new Map(),
  directions: new Set(),
  types: new Set(),
  tenants: new Set(),
  count: 0,
  scoreMax: 0,
  lastAtMs: 0,
  lastRequestId: '',
});

function note(names: Set<string>, name: string | undefined): void {
  if (name !== undefined && names.size < NAMES_MAX) names.add(name);
}

const matches = (pattern: string | undefined, rule: string): boolean =>
  pattern === undefined || (pattern.endsWith('*') ? rule.startsWith(pattern.slice(0, -1)) : rule === pattern);
