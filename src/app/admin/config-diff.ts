// The configuration that runs against the one that a reload would take: both with every default, and without a secret.
import { stringify } from 'yaml';
import { Fault } from '../../core/fault.ts';
import type { PolicyRule } from '../../policy/policy.ts';
import type { Compiled } from '../config/compile.ts';
import { compilePolicy, policyOf } from '../config/compile.ts';
import type { Config } from '../config/schema.ts';
import type { Clock } from '../../core/ports.ts';
import { effectivePolicies } from './effective-policies.ts';
import { diffLines, type DiffLine } from './text-diff.ts';

export interface ConfigDiff {
  readonly changed: boolean;
  /** Whether a reload would take it. */
  readonly valid: boolean;
  readonly problems: readonly { readonly line: number | null; readonly message: string }[];
  readonly lines: readonly DiffLine[];
  readonly rules: readonly RuleChange[];
}

export interface RuleChange {
  readonly kind: 'add' | 'remove';
  /** Of which policy: `policy`, or that of a route. */
  readonly at: string;
  readonly from: string;
  readonly rule: PolicyRule;
}

export interface DiffTools {
  readonly clock: Clock;
  readonly running: Compiled;
  /** Throws what is wrong with the file. */
  readonly readConfig: () => Config;
}

export function configDiff({ clock, running, readConfig }: DiffTools): ConfigDiff {
  let next: Config;
  let rules: readonly RuleChange[];
  try {
    next = readConfig();
    rules = ruleChanges(running, next, clock);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { changed: true, valid: false, problems: problemsIn(error), lines: [], rules: [] };
  }
  const lines = diffLines(shown(running.config), shown(next));
  return { changed: lines.some(({ kind }) => kind !== 'same'), valid: true, problems: [], lines, rules };
}

/** `config_invalid` lists one problem a line, each behind the name, line and column of the file. */
function problemsIn({ message, code }: Fault): ConfigDiff['problems'] {
  if (code !== 'config_invalid') return [{ line: null, message }];
  const [, ...problems] = message.split('\n').map((line) => line.trim());
  return problems.map((problem) => {
    const place = /^.*?:(\d+):\d+ (.*)$/.exec(problem);
    return place === null ? { line: null, message: problem } : { line: Number(place[1]), message: place[2] ?? '' };
  });
}

/** Members whose value is, or may be, a secret itself and not the name of a place where one is kept. */
const SECRET = /^(?:key|clientSecret)$/;
const REFERENCE = /^(?:env|file):/;

function shown(config: Config): string {
  return stringify(masked(config, ''), { lineWidth: 0, aliasDuplicateObjects: false });
}

function masked(value: unknown, name: string): unknown {
  if (typeof value === 'string') return isSecret(name) && !REFERENCE.test(value) ? '(a secret, written into the file)' : value;
  if (Array.isArray(value)) return value.map((member: unknown) => masked(member, name));
  if (typeof value !== 'object' || value === null) return value;
  // Everything below `headers` and `query` goes to an upstream, and is how some of them take their keys.
  const below = name.endsWith('!') ? name : '';
  return Object.fromEntries(
    Object.entries(value).map(([key, member]: [string, unknown]) => [
      key,
      masked(member, below || (/^(?:headers|query)$/.test(key) ? '!' : key)),
    ]),
  );
}

const isSecret = (name: string): boolean => name.endsWith('!') || SECRET.test(name);

function ruleChanges(running: Compiled, next: Config, clock: Clock): readonly RuleChange[] {
  const policy = compilePolicy(next.policy, clock);
  const routes = next.routes.map((route) => ({ policy: policyOf(route, { config: next, policy, clock, onExpired: 'refuse' }) }));
  const [before, after] = [effectivePolicies(running), effectivePolicies({ config: next, policy, routes })];
  const keyed = (policies: typeof before): ReadonlyMap<string, Omit<RuleChange, 'kind'>> =>
    new Map(
      policies.flatMap(({ at, rules }) => rules.map(({ from, rule }) => [`${at} ${JSON.stringify(rule)}`, { at, from, rule }] as const)),
    );
  const [old, fresh] = [keyed(before), keyed(after)];
  return [
    ...[...old].flatMap(([key, change]) => (fresh.has(key) ? [] : [{ kind: 'remove', ...change } as const])),
    ...[...fresh].flatMap(([key, change]) => (old.has(key) ? [] : [{ kind: 'add', ...change } as const])),
  ];
}
