// Step 12: what the ledger is told. Two records a request: `request.opened` before the first byte leaves, and
// `request.closed` before the last. They hold places, rules and counts; never text.
import type { Action, JsonObject } from '../core/types.ts';
import type { Policy } from '../policy/policy.ts';
import type { JudgedFinding } from './sentry.ts';

/** Findings of one request that are written out; more are counted. */
export const LISTED_MAX = 50;

/** So that the findings of one request fit into one event of the ledger, whatever was found. */
const POINTER_UNITS_MAX = 256;

/** A member as wire formats and schemas name them, an index, or a channel of a stream. */
const PLAIN_STEP = /^(?:[a-z][A-Za-z_]{0,31}|(?:once |block )?\d{1,6})?$/;

/** How one upstream of several was asked, and what came of it. */
export interface Try {
  readonly upstream: string;
  /** A status, or how the connection failed. */
  readonly what: string;
  readonly ms: number;
}

/** A member of a record, where there is anything to say. */
export const recordTries = (tries: readonly Try[]): { readonly tries?: JsonObject[] } =>
  tries.length === 0 ? {} : { tries: tries.map(({ upstream, what, ms }) => ({ upstream, what, ms: Math.round(ms) })) };

export function recordFindings(findings: readonly JudgedFinding[]): JsonObject {
  return { count: findings.length, listed: findings.slice(0, LISTED_MAX).map(recordFinding) };
}

interface Kind {
  readonly rule: string;
  readonly class: string;
  readonly action: Action;
  readonly count: number;
}

/** What counters are told: of many findings few kinds, because counting one by one would keep others waiting. */
export function kindsOf(findings: readonly JudgedFinding[]): Iterable<Kind> {
  if (findings.length === 0) return [];
  const kinds = new Map<string, Kind>();
  for (const { finding, action } of findings) {
    const { rule, class: name } = finding;
    const kind = `${rule} ${name} ${action}`;
    kinds.set(kind, { rule, class: name, action, count: (kinds.get(kind)?.count ?? 0) + 1 });
  }
  return kinds.values();
}

/** Members in the order in which a record spells them, so that nothing is sorted for it. */
function recordFinding({ finding, origin, action, would = action, fingerprint }: JudgedFinding): JsonObject {
  const { rule, severity, start, end, reason, taxonomy } = finding;
  return {
    action,
    class: finding.class,
    end,
    ...(finding.family === undefined ? {} : { family: finding.family }),
    ...(fingerprint === undefined ? {} : { fingerprint }),
    origin,
    pointer: plainPointer(finding.pointer ?? ''),
    reason,
    rule,
    score: Math.round(finding.score * 1000) / 1000,
    severity,
    start,
    taxonomy,
    ...(finding.type === undefined ? {} : { type: finding.type }),
    ...(would === action ? {} : { would }),
  };
}

/** A place, as far as it is no text: members of free JSON are named by callers and models, and a name can be a secret, or very long. */
const plainPointer = (pointer: string): string =>
  pointer
    .slice(0, POINTER_UNITS_MAX)
    .split('/')
    .map((step) => (PLAIN_STEP.test(step) ? step : '*'))
    .join('/');

/** What the candidate policy would have done; nothing where there is none. */
export const recordCandidate = (policy: Policy, would: Action | undefined): { readonly candidate?: JsonObject } =>
  policy.candidate === undefined || would === undefined
    ? {}
    : { candidate: { revision: policy.candidate.revision, verdict: verdictWord(would, 'enforce') } };

/** What the answer's header says of an action. */
export function verdictWord(action: Action, mode: 'enforce' | 'observe'): string {
  const plain = action === 'record' ? 'allow' : action;
  return mode === 'observe' && plain !== 'allow' ? `would-${plain}` : plain;
}

/** What an operator's policy asks for is named, so that a caller knows that it is no matter of safety. */
const POLICIES: Readonly<Record<string, string>> = { 'policy.topic': 'topic policy', 'policy.vocabulary': 'vocabulary policy' };

/** Classes of the findings that decided, for messages and headers; sorted, without repeats. */
export function decidingClasses(findings: readonly JudgedFinding[], action: Action): string {
  const classes = findings.filter((judged) => judged.action === action).map(({ finding }) => POLICIES[finding.rule] ?? finding.class);
  return [...new Set(classes)].sort().join(', ');
}
