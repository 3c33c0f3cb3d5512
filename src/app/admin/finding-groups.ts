// Recent findings by rule, from the records of requests: what an operator looks through for false alarms.
import type { LedgerRecord } from '../../ledger/record.ts';
import { findingsIn, type StoryFinding } from './request-story.ts';

export interface FindingFilter {
  readonly tenant?: string;
  /** A rule id; a trailing `*` matches a prefix. */
  readonly rule?: string;
  /** Unix milliseconds. */
  readonly sinceMs?: number;
  /** The end of the last of the 24 hours, in Unix milliseconds. */
  readonly nowMs?: number;
}

export interface FindingGroup {
  readonly rule: string;
  readonly class: string;
  readonly families: readonly string[];
  readonly count: number;
  /** How often each action was taken. */
  readonly actions: Readonly<Record<string, number>>;
  readonly directions: readonly string[];
  readonly types: readonly string[];
  readonly tenants: readonly string[];
  readonly scoreMax: number;
  readonly firstAtMs: number;
  readonly lastAtMs: number;
  readonly lastRequestId: string;
  /** The newest ones, newest first. */
  readonly exampleRequestIds: readonly string[];
  /** Findings in each of the last 24 hours, oldest first; empty where nobody said what time it is. */
  readonly hours: readonly number[];
}

const EXAMPLES_MAX = 5;
const HOURS = 24;
const HOUR_MS = 3_600_000;

/** Members of a group that are listed by name. */
const NAMES_MAX = 20;

interface OpenGroup {
  readonly rule: string;
  readonly class: string;
  readonly actions: Map<string, number>;
  readonly directions: Set<string>;
  readonly types: Set<string>;
  readonly tenants: Set<string>;
  readonly families: Set<string>;
  readonly hours: number[];
  exampleRequestIds: readonly string[];
  count: number;
  scoreMax: number;
  firstAtMs: number;
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
      families: [...group.families].toSorted(),
    }));
    return groups.toSorted((a, b) => b.count - a.count);
  }

  #count(finding: StoryFinding, event: LedgerRecord['event']): void {
    let group = this.#groups.get(finding.rule);
    if (group === undefined) {
      group = newGroup(finding, event.atMs, this.#filter.nowMs === undefined ? 0 : HOURS);
      this.#groups.set(finding.rule, group);
    }
    group.count += 1;
    group.actions.set(finding.action, (group.actions.get(finding.action) ?? 0) + 1);
    note(group.directions, finding.direction);
    note(group.types, finding.type);
    note(group.tenants, event.tenant);
    note(group.families, finding.family);
    this.#countHour(group, event.atMs);
    const id = event.requestId ?? '';
    if (group.exampleRequestIds[0] !== id) group.exampleRequestIds = [id, ...group.exampleRequestIds].slice(0, EXAMPLES_MAX);
    group.scoreMax = Math.max(group.scoreMax, finding.score);
    group.lastAtMs = event.atMs;
    group.lastRequestId = id;
  }

  #countHour({ hours }: OpenGroup, atMs: number): void {
    const ago = Math.floor(((this.#filter.nowMs ?? 0) - atMs) / HOUR_MS);
    const at = hours.length - 1 - Math.max(0, ago);
    const count = hours[at];
    if (count !== undefined) hours[at] = count + 1;
  }
}

const newGroup = (finding: StoryFinding, atMs: number, hours: number): OpenGroup => ({
  rule: finding.rule,
  class: finding.class,
  actions: new Map(),
  directions: new Set(),
  types: new Set(),
  tenants: new Set(),
  families: new Set(),
  hours: Array.from({ length: hours }, () => 0),
  exampleRequestIds: [],
  firstAtMs: atMs,
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
