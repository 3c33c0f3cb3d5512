// What a policy is: an ordered list of rules that say what to do about a finding. Actions are chosen here and nowhere else.
import type { Action, Direction, Family, Finding, FindingClass, Origin, Severity, Stage } from '../core/types.ts';
import type { LookFor } from './look-for.ts';

export interface PolicyRule {
  readonly on: Direction;
  readonly class?: FindingClass | readonly FindingClass[];
  readonly family?: Family;
  /** Data types, for example `CREDIT_CARD`. */
  readonly type?: string | readonly string[];
  /** A rule id; a trailing `*` matches a prefix. */
  readonly rule?: string;
  readonly origin?: Origin | readonly Origin[];
  /** Least severity that this rule answers to. */
  readonly at?: Severity;
  /** Personal data that the caller itself sent in this conversation is no disclosure to that caller. */
  readonly unless?: 'sent-by-caller';
  readonly do: 'allow' | 'record' | 'redact' | 'block';
}

export type OnFailure = 'block' | 'allow';

export interface Policy {
  readonly name: string;
  /** Digest of the effective rules: the same rules always have the same revision. */
  readonly revision: string;
  /** The first rule that matches decides. */
  readonly rules: readonly PolicyRule[];
  readonly onFailure: Readonly<Record<Direction, OnFailure>>;
  /** What to do with images, audio and files that no guard can look into. */
  readonly media: OnFailure;
  /** Stages of the injection cascade that it goes without; absent: none. */
  readonly stagesOff?: readonly Stage[];
  /** `observe` changes nothing and records what it would have done. */
  readonly mode: 'enforce' | 'observe';
  /** Judged beside this one on the same traffic, and on record. It changes nothing, and is no part of the revision. */
  readonly candidate?: Candidate;
  /** What is looked for beyond what always is. */
  readonly lookFor?: LookFor;
}

/** A policy that somebody wants to try before it is in force. */
export type Candidate = Pick<Policy, 'name' | 'revision' | 'rules'>;

export interface Circumstance {
  readonly direction: Direction;
  readonly origin: Origin;
  /** Whether the matched text stood in what the caller sent. */
  readonly isSentByCaller: boolean;
}

/** The action for one finding, and the index of the rule that chose it (-1 where no rule spoke). */
export interface Decision {
  readonly action: Exclude<Action, 'tokenise' | 'hold' | 'reroute'>;
  readonly because: number;
}

const RANK: Readonly<Record<Severity, number>> = { info: 0, low: 1, medium: 2, high: 3, critical: 4 };

/** Chooses for one finding. A finding that no rule speaks of is recorded, and changes nothing. */
export function decide(policy: Pick<Policy, 'rules'>, finding: Finding, at: Circumstance): Decision {
  const because = policy.rules.findIndex((rule) => speaksOf(rule, finding, at));
  const rule = policy.rules[because];
  return { action: rule?.do ?? 'record', because };
}

function speaksOf(rule: PolicyRule, finding: Finding, at: Circumstance): boolean {
  return (
    rule.on === at.direction &&
    isOneOf(rule.origin, at.origin) &&
    !(rule.unless === 'sent-by-caller' && at.isSentByCaller) &&
    describes(rule, finding)
  );
}

function describes(rule: PolicyRule, finding: Finding): boolean {
  return (
    isOneOf(rule.class, finding.class) &&
    (rule.family === undefined || rule.family === finding.family) &&
    (rule.type === undefined || (finding.type !== undefined && isOneOf(rule.type, finding.type))) &&
    (rule.rule === undefined || matchesId(rule.rule, finding.rule)) &&
    (rule.at === undefined || RANK[finding.severity] >= RANK[rule.at])
  );
}

const isOneOf = <T extends string>(allowed: T | readonly T[] | undefined, value: T): boolean =>
  allowed === undefined || (typeof allowed === 'string' ? allowed === value : allowed.includes(value));

const matchesId = (pattern: string, id: string): boolean => (pattern.endsWith('*') ? id.startsWith(pattern.slice(0, -1)) : pattern === id);

/** The stricter of two actions. */
export function stricter(a: Action, b: Action): Action {
  return STRICTNESS.indexOf(a) >= STRICTNESS.indexOf(b) ? a : b;
}

const STRICTNESS: readonly Action[] = ['allow', 'record', 'redact', 'tokenise', 'reroute', 'hold', 'block'];
