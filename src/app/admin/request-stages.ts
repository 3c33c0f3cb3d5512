// The way of one request as stages, in the order in which it takes them: which it passed, where it ended, and what each one knows.
import type { Json, JsonObject } from '../../core/types.ts';
import type { LedgerRecord } from '../../ledger/record.ts';

export const STAGES = ['read', 'admit', 'judge', 'record', 'call', 'inspect', 'answer'] as const;
export type StageName = (typeof STAGES)[number];

export interface RequestStage {
  readonly name: StageName;
  readonly state: 'passed' | 'ended' | 'under_way' | 'not_reached';
  /** What this stage has on record: names, counts and codes. */
  readonly facts: JsonObject;
  readonly findings: number;
  /** Index of the record that tells of it. */
  readonly record: number | null;
}

export interface RequestTimings {
  readonly openedAtMs: number | null;
  readonly closedAtMs: number | null;
  readonly durationMs: number | null;
  readonly firstByteMs: number | null;
}

/** Where the words of a story's `stage` stand on the way. */
const ENDS: Readonly<Record<string, StageName>> = {
  read: 'read',
  admit: 'admit',
  judge: 'judge',
  record: 'record',
  call: 'call',
  inspect: 'inspect',
  answer: 'answer',
  answered: 'answer',
  process: 'answer',
};

interface Known {
  readonly opened: LedgerRecord | undefined;
  readonly closed: LedgerRecord | undefined;
  readonly refused: LedgerRecord | undefined;
}

/** `stage` is the word of the story for where the request ended. */
export function stagesOf(records: readonly LedgerRecord[], stage: string): readonly RequestStage[] {
  const known = knownOf(records);
  const end = endOf(known, stage);
  return STAGES.map((name, at): RequestStage => {
    const { facts, findings, record } = toldOf(name, known);
    return { name, state: stateAt(at, STAGES.indexOf(end), stage), facts, findings, record };
  });
}

export function timingsOf(records: readonly LedgerRecord[]): RequestTimings {
  const { opened, closed } = knownOf(records);
  return {
    openedAtMs: opened?.event.atMs ?? null,
    closedAtMs: closed?.event.atMs ?? null,
    durationMs: numberIn(closed, 'durationMs'),
    firstByteMs: numberIn(closed, 'firstByteMs'),
  };
}

function knownOf(records: readonly LedgerRecord[]): Known {
  const of = (kind: string): LedgerRecord | undefined => records.find(({ event }) => event.kind === kind);
  return { opened: of('request.opened'), closed: of('request.closed'), refused: of('request.refused') };
}

/** A request that was stopped by an order stood before the door, or was being answered. */
function endOf({ opened }: Known, stage: string): StageName {
  if (stage === 'stopped') return opened === undefined ? 'admit' : 'call';
  return ENDS[stage] ?? (opened === undefined ? 'admit' : 'call');
}

function stateAt(at: number, end: number, stage: string): RequestStage['state'] {
  if (at > end) return 'not_reached';
  if (at < end || stage === 'answered') return 'passed';
  return stage === 'under way' ? 'under_way' : 'ended';
}

const FACTS: Readonly<Record<StageName, readonly string[]>> = {
  read: ['format'],
  admit: ['principal', 'client', 'model'],
  judge: ['policy', 'revision', 'verdict', 'failure'],
  record: ['content'],
  call: ['upstream', 'upstreamFormat', 'upstreamModel', 'trust', 'reservation'],
  inspect: ['verdict'],
  answer: ['status', 'reason', 'usage', 'reservation', 'durationMs', 'firstByteMs', 'tries'],
};

function toldOf(name: StageName, { opened, closed, refused }: Known): Pick<RequestStage, 'facts' | 'findings' | 'record'> {
  const isAfter = name === 'inspect' || name === 'answer';
  const source = isAfter ? closed : (opened ?? refused);
  const data = source?.event.data ?? {};
  const facts = Object.fromEntries(FACTS[name].flatMap((fact) => (data[fact] === undefined ? [] : [[fact, data[fact]]])));
  return { facts, findings: name === 'judge' || name === 'inspect' ? countIn(data['findings']) : 0, record: source?.index ?? null };
}

function countIn(findings: Json | undefined): number {
  if (typeof findings !== 'object' || findings === null || Array.isArray(findings)) return 0;
  const { count } = findings;
  return typeof count === 'number' ? count : 0;
}

function numberIn(record: LedgerRecord | undefined, name: string): number | null {
  const value = record?.event.data[name];
  return typeof value === 'number' ? value : null;
}
