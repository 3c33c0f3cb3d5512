// From the records of the ledger, in their order, to one row a request. The same records always make the same rows.
import type { JsonObject } from '../../core/types.ts';
import type { LedgerRecord } from '../../ledger/record.ts';
import { numberOf, objectOf, objectsOf, textOf } from '../ocsf/fields.ts';
import { bitOf, CLASSES, FAMILIES, SEVERITIES, type SealedRow, type Verdict } from './row.ts';

/** What is kept of a request between its two records. */
export interface OpenRow {
  readonly id: string;
  readonly at: number;
  readonly opened: number;
  readonly tenant: string;
  readonly principal: string;
  readonly keyId: string | undefined;
  readonly model: string;
  readonly upstream: string;
  readonly format: string;
  readonly reservation: string | undefined;
  /** What the opening said of the request's text. */
  readonly seen: Seen;
}

/** What the guards noticed. */
export interface Seen {
  readonly verdict: string;
  readonly findings: number;
  readonly topRule: string;
  readonly topRank: number;
  readonly rules: readonly string[];
  readonly classes: number;
  readonly families: number;
  readonly severities: number;
}

/** A request that is open for longer was never closed: no answer may take more than an hour. */
const AGE_MS_MAX = 7_200_000;
const OPEN_MAX = 50_000;
/** How strict an action is, for naming the one finding that a list shows. */
const RANKS: Readonly<Record<string, number>> = { allow: 0, record: 1, redact: 2, block: 3 };
/** Endings that the guards brought about. */
const BLOCKED = /^(?:blocked_by_policy|output_blocked|guard_could_not_look)$/;

export class Fold {
  /** In the order of their records. */
  readonly #open = new Map<string, OpenRow>();
  readonly #byReservation = new Map<string, string>();

  constructor(open: readonly OpenRow[] = []) {
    for (const row of open) this.#add(row);
  }

  /** Requests under way, oldest first. */
  get open(): readonly OpenRow[] {
    return [...this.#open.values()];
  }

  /** The row that this record ends, or one whose end never came: one at most. */
  take(record: LedgerRecord): readonly SealedRow[] {
    const { kind, requestId } = record.event;
    if (kind === 'request.opened' && requestId !== undefined) {
      this.#add(openRow(record, requestId));
      return this.#lost(record);
    }
    if (kind === 'request.closed') return this.#close(record);
    return kind === 'request.refused' && requestId !== undefined ? [refusedRow(record, requestId)] : [];
  }

  #close(record: LedgerRecord): readonly SealedRow[] {
    const { data, requestId } = record.event;
    // What a dead process left open is closed at the next start, under the id of its reservation.
    const id = requestId ?? this.#byReservation.get(textOf(objectOf(data, 'reservation') ?? {}, 'id') ?? '');
    if (id === undefined) return [];
    const open = this.#open.get(id) ?? openRow(record, id, -1);
    this.#forget(open);
    return [closedRow(record, open)];
  }

  #add(row: OpenRow): void {
    this.#open.set(row.id, row);
    if (row.reservation !== undefined) this.#byReservation.set(row.reservation, row.id);
  }

  #forget({ id, reservation }: OpenRow): void {
    this.#open.delete(id);
    if (reservation !== undefined) this.#byReservation.delete(reservation);
  }

  /**
   * By the time of records and not of a clock, so that it comes out the same whenever the ledger is read. One at a time: no two rows end
   * at the same record, and a cursor between them loses none.
   */
  #lost({ index, event: { atMs } }: LedgerRecord): readonly SealedRow[] {
    const [open] = this.#open.values();
    if (open === undefined || (open.at >= atMs - AGE_MS_MAX && this.#open.size <= OPEN_MAX)) return [];
    this.#forget(open);
    const base = { ...common(open), closed: index, ...seenIn(open.seen), ...NOTHING_USED };
    return [{ ...base, status: 0, verdict: 'error', because: 'never_closed' }];
  }
}

const NOTHING_USED = {
  streamed: undefined,
  inputTokens: 0,
  outputTokens: 0,
  microUnits: 0,
  ms: undefined,
  firstByteMs: undefined,
} as const;

const UNKNOWN = '';

function openRow({ index, event: { atMs, tenant, data } }: LedgerRecord, id: string, opened = index): OpenRow {
  const reservation = objectOf(data, 'reservation') ?? {};
  const isOpening = opened >= 0;
  return {
    id,
    at: isOpening ? atMs : atMs - (numberOf(data, 'durationMs') ?? 0),
    opened,
    tenant: tenant ?? UNKNOWN,
    principal: textOf(data, 'principal') ?? UNKNOWN,
    keyId: textOf(reservation, 'keyId'),
    model: textOf(data, 'model') ?? UNKNOWN,
    upstream: textOf(data, 'upstream') ?? UNKNOWN,
    format: textOf(data, 'format') ?? UNKNOWN,
    reservation: textOf(reservation, 'id'),
    seen: isOpening ? seenBy(data) : NOTHING_SEEN,
  };
}

const NOTHING_SEEN: Seen = { verdict: '', findings: 0, topRule: '', topRank: -1, rules: [], classes: 0, families: 0, severities: 0 };

function seenBy(data: JsonObject): Seen {
  const findings = objectOf(data, 'findings') ?? {};
  const listed = objectsOf(findings, 'listed');
  const verdict = textOf(data, 'verdict') ?? '';
  const count = numberOf(findings, 'count') ?? 0;
  if (listed.length === 0) return { ...NOTHING_SEEN, verdict, findings: count };
  let top = { rule: '', rank: -1 };
  const seen = { classes: 0, families: 0, severities: 0 };
  const rules = new Set<string>();
  for (const finding of listed) {
    const rule = textOf(finding, 'rule') ?? '';
    rules.add(rule);
    seen.classes |= bitOf(textOf(finding, 'class'), CLASSES);
    seen.families |= bitOf(textOf(finding, 'family'), FAMILIES);
    seen.severities |= bitOf(textOf(finding, 'severity'), SEVERITIES);
    // A score is at most one, so that the action always counts more.
    const rank = (RANKS[textOf(finding, 'action') ?? ''] ?? 1) * 2 + (numberOf(finding, 'score') ?? 0);
    if (rank > top.rank) top = { rule, rank };
  }
  return { verdict, findings: count, topRule: top.rule, topRank: top.rank, rules: [...rules].toSorted(), ...seen };
}

/** What was noticed in the request and in its answer. */
function joined(first: Seen, second: Seen): Seen {
  if (second.rules.length === 0) return { ...first, findings: first.findings + second.findings };
  const top = second.topRank > first.topRank ? second : first;
  return {
    verdict: first.verdict,
    findings: first.findings + second.findings,
    topRule: top.topRule,
    topRank: top.topRank,
    rules: first.rules.length === 0 ? second.rules : [...new Set([...first.rules, ...second.rules])].toSorted(),
    classes: first.classes | second.classes,
    families: first.families | second.families,
    severities: first.severities | second.severities,
  };
}

const seenIn = ({ findings, topRule, rules, classes, families, severities }: Seen) => ({
  findings,
  topRule,
  rules,
  classes,
  families,
  severities,
});

const common = ({ id, at, opened, tenant, principal, model, upstream, format }: OpenRow) => ({
  id,
  at,
  opened,
  tenant,
  principal,
  model,
  upstream,
  format,
});

function closedRow({ index, event: { data } }: LedgerRecord, open: OpenRow): SealedRow {
  const said = seenBy(data);
  const seen = joined(open.seen, said);
  const usage = objectOf(data, 'usage') ?? {};
  const because = textOf(data, 'reason') ?? '';
  const firstByteMs = numberOf(data, 'firstByteMs');
  return {
    ...common(open),
    // A whole answer has no first byte of its own; of a request that was never answered nobody knows how it would have been.
    streamed: firstByteMs === undefined ? whole(data, because) : true,
    closed: index,
    status: numberOf(data, 'status') ?? 0,
    verdict: verdictOf([open.seen.verdict, said.verdict], because, seen.findings),
    because,
    ...seenIn(seen),
    inputTokens: numberOf(usage, 'inputTokens') ?? 0,
    outputTokens: numberOf(usage, 'outputTokens') ?? 0,
    microUnits: numberOf(objectOf(data, 'reservation') ?? {}, 'microUnits') ?? 0,
    ms: numberOf(data, 'durationMs'),
    firstByteMs,
  };
}

function refusedRow(record: LedgerRecord, id: string): SealedRow {
  const { index, event } = record;
  const because = textOf(event.data, 'reason') ?? 'refused';
  const base = { ...common(openRow(record, id)), opened: -1, closed: index, ...seenIn(NOTHING_SEEN), ...NOTHING_USED };
  return { ...base, status: numberOf(event.data, 'status') ?? 0, verdict: 'error', because };
}

const whole = (data: JsonObject, because: string): false | undefined =>
  because === '' && (numberOf(data, 'status') ?? 0) > 0 ? false : undefined;

export function verdictOf(said: readonly string[], because: string, findings: number): Verdict {
  if (because !== '') return BLOCKED.test(because) ? 'block' : 'error';
  if (said.includes('block')) return 'block';
  if (said.includes('redact')) return 'redact';
  return findings > 0 || said.some((word) => word.startsWith('would-')) ? 'record' : 'allow';
}
