// From a request id to the stage, the rule and the score: what the ledger knows, in the order in which it happened.
import { ACCESS_FAULTS } from '../../access/faults.ts';
import type { Family, Finding, FindingClass, Json, JsonObject, Origin, Severity } from '../../core/types.ts';
import { isTaxonomyKey } from '../../core/taxonomy.ts';
import { GATEWAY_FAULTS } from '../../gateway/faults.ts';
import type { LedgerRecord } from '../../ledger/record.ts';
import { stagesOf, timingsOf, type RequestStage, type RequestTimings } from './request-stages.ts';
import { decide, type Policy, type PolicyRule } from '../../policy/policy.ts';

export interface RequestStory {
  readonly id: string;
  readonly tenant: string | undefined;
  /** Where it ended: admit, read, judge, call, inspect, record; or `under way`, or `answered`. */
  readonly stage: string;
  /** The fault code of an early end. */
  readonly reason: string | undefined;
  /** What the code means and what to do. */
  readonly meaning: string | undefined;
  readonly fix: string | undefined;
  readonly findings: readonly StoryFinding[];
  readonly stages: readonly RequestStage[];
  readonly timings: RequestTimings;
  /** The records themselves, with their places in the ledger. */
  readonly records: readonly { readonly index: number; readonly kind: string; readonly atMs: number; readonly data: JsonObject }[];
}

export interface StoryFinding {
  readonly direction: 'input' | 'output';
  readonly rule: string;
  readonly class: string;
  readonly severity: string;
  readonly score: number;
  readonly pointer: string;
  readonly start: number;
  readonly end: number;
  readonly action: string;
  /** What the candidate policy would have done, where that was something else. */
  readonly would?: string;
  readonly reason: string;
  readonly origin: string;
  readonly type?: string;
  readonly family?: string;
  /** Names the matched text without telling it: what an acceptance takes. */
  readonly fingerprint?: string;
  /** The rule of the policy that chose the action: known while the policy of the record is still in force. */
  readonly decidedBy: { readonly index: number; readonly rule: PolicyRule | undefined } | undefined;
}

const STAGES: readonly (readonly [stage: string, reasons: RegExp])[] = [
  ['judge', /^(?:blocked_by_policy|guard_)/],
  ['inspect', /^output_blocked$/],
  ['call', /^upstream_(?!resting)/],
  ['stopped', /^stopped/],
  ['answer', /^client_/],
  ['record', /^ledger_/],
  ['process', /^process_ended$/],
];

/** Tells the story of one request from its records; `policies` are those in force now. */
export function tellStory(id: string, records: readonly LedgerRecord[], policies: readonly Policy[]): RequestStory {
  const dataOf = (kind: string): JsonObject | undefined => records.find(({ event }) => event.kind === kind)?.event.data;
  const opened = dataOf('request.opened');
  const reason = textIn(dataOf('request.closed') ?? records.at(-1)?.event.data, 'reason');
  const policy = policies.find((one) => one.revision === textIn(opened, 'revision'));
  const findings = [...findingsIn(opened, 'input', policy), ...findingsIn(dataOf('request.closed'), 'output', policy)];
  const stage = stageOf(records, reason);
  return {
    id,
    tenant: records.at(-1)?.event.tenant,
    stage,
    reason,
    ...meaningOf(reason, { ...opened, classes: classesOf(findings) }),
    findings,
    stages: stagesOf(records, stage),
    timings: timingsOf(records),
    records: records.map(({ index, event: { kind, atMs, data } }) => ({ index, kind, atMs, data })),
  };
}

/** The findings that a record lists. */
export function findingsIn(data: JsonObject | undefined, direction: 'input' | 'output', policy?: Policy): readonly StoryFinding[] {
  const listed = objectIn(data?.['findings'])?.['listed'];
  if (!Array.isArray(listed)) return [];
  return listed.flatMap((row) => {
    const finding = objectIn(row);
    return finding === undefined ? [] : [toStoryFinding(finding, direction, policy)];
  });
}

/** Whether a record tells of what came in or of what went out; undefined for any other. */
export const directionOf = (kind: string): 'input' | 'output' | undefined =>
  kind === 'request.opened' ? 'input' : kind === 'request.closed' ? 'output' : undefined;

/** Fingerprints of what a rule found in the records of a request. */
export function fingerprintsIn(records: readonly LedgerRecord[], rule: string): readonly string[] {
  const findings = records.flatMap(({ event }) => findingsIn(event.data, 'input'));
  return [...new Set(findings.flatMap((one) => (one.rule === rule && one.fingerprint !== undefined ? [one.fingerprint] : [])))];
}

function toStoryFinding(row: JsonObject, direction: 'input' | 'output', policy: Policy | undefined): StoryFinding {
  const text = (name: string): string => textIn(row, name) ?? '';
  const count = (name: string): number => (typeof row[name] === 'number' ? row[name] : 0);
  const type = textIn(row, 'type');
  const family = textIn(row, 'family');
  const fingerprint = textIn(row, 'fingerprint');
  const action = text('action');
  return {
    direction,
    rule: text('rule'),
    class: text('class'),
    severity: text('severity'),
    score: count('score'),
    pointer: text('pointer'),
    start: count('start'),
    end: count('end'),
    action,
    ...(row['would'] === undefined ? {} : { would: text('would') }),
    reason: text('reason'),
    origin: text('origin'),
    ...(type === undefined ? {} : { type }),
    ...(family === undefined ? {} : { family }),
    ...(fingerprint === undefined ? {} : { fingerprint }),
    decidedBy: policy === undefined ? undefined : decider(row, { direction, action, policy }),
  };
}

interface Decided {
  readonly direction: 'input' | 'output';
  readonly action: string;
  readonly policy: Policy;
}

/** Records keep the action, not the index: the same policy decides the same again. An accepted finding was decided by nobody. */
function decider(row: JsonObject, { direction, action, policy }: Decided): StoryFinding['decidedBy'] {
  const finding = parseFinding(row);
  const origin = parseOrigin(textIn(row, 'origin'));
  if (finding === undefined) return undefined;
  for (const isSentByCaller of direction === 'input' ? [true] : [false, true]) {
    const { action: again, because } = decide(policy, finding, { direction, origin, isSentByCaller });
    if (again === action) return { index: because, rule: policy.rules[because] };
  }
  return undefined;
}

/** A finding as its record has it; undefined for one whose taxonomy this version does not know. */
export function parseFinding(row: JsonObject): Finding | undefined {
  const taxonomy = textIn(row, 'taxonomy');
  if (taxonomy === undefined || !isTaxonomyKey(taxonomy)) return undefined;
  const family = textIn(row, 'family');
  const type = textIn(row, 'type');
  // What this very program wrote; a word of an older version matches no rule, which is the truth about it.
  return {
    rule: textIn(row, 'rule') ?? '',
    class: textIn(row, 'class') as FindingClass,
    severity: textIn(row, 'severity') as Severity,
    score: 0,
    start: 0,
    end: 0,
    reason: '',
    taxonomy,
    ...(family === undefined ? {} : { family: family as Family }),
    ...(type === undefined ? {} : { type }),
  };
}

export const parseOrigin = (text: string | undefined): Origin => (text ?? 'user') as Origin;

function stageOf(records: readonly LedgerRecord[], reason: string | undefined): string {
  const kinds = records.map(({ event }) => event.kind);
  const known = STAGES.find(([, reasons]) => reason !== undefined && reasons.test(reason))?.[0];
  if (known !== undefined) return known;
  if (reason !== undefined) return reason in ACCESS_FAULTS ? 'admit' : 'read';
  return kinds.includes('request.closed') ? 'answered' : 'under way';
}

function meaningOf(reason: string | undefined, known: JsonObject): Pick<RequestStory, 'meaning' | 'fix'> {
  const rows: Readonly<Record<string, { readonly message: string; readonly fix: string }>> = { ...ACCESS_FAULTS, ...GATEWAY_FAULTS };
  const row = reason === undefined ? undefined : rows[reason];
  return row === undefined ? { meaning: undefined, fix: undefined } : { meaning: filled(row.message, known), fix: filled(row.fix, known) };
}

/** The catalogue's words with what the record knows in their places. */
const filled = (text: string, known: JsonObject): string =>
  text.replace(/\{(\w+)\}/g, (_whole, name: string) => (typeof known[name] === 'string' && known[name] !== '' ? known[name] : '…'));

const classesOf = (findings: readonly StoryFinding[]): string =>
  [...new Set(findings.filter(({ action }) => action === 'block').map((one) => one.class))].toSorted().join(', ');

export const textIn = (data: JsonObject | undefined, name: string): string | undefined => {
  const value = data?.[name];
  return typeof value === 'string' ? value : undefined;
};

const objectIn = (value: Json | undefined): JsonObject | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
