// The policies of a configuration file for commands: without upstreams, whose secrets are not needed to read rules.
import { existsSync, readFileSync } from 'node:fs';
import { LineCounter, parseDocument } from 'yaml';
import type { Sink } from '../../detect/detector.ts';
import type { Policy, PolicyRule } from '../../policy/policy.ts';
import { systemClock } from '../../io/clock.ts';
import { effectivePolicies, type EffectivePolicy } from '../admin/effective-policies.ts';
import { compilePolicy, policyOf } from '../config/compile.ts';
import { sinkOf } from '../config/sink-policy.ts';
import { loadConfig, parseConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';

export const DEFAULT_FILE = 'sallyport.yaml';

export interface ReadConfig {
  /** Undefined: no file, the defaults hold. */
  readonly file: string | undefined;
  readonly config: Config;
}

/** The named file, or `sallyport.yaml` if it is there, or the defaults, as `sallyport up` does. Faults as `loadConfig`. */
export function readConfig(named: string | undefined): ReadConfig {
  const file = named ?? (existsSync(DEFAULT_FILE) ? DEFAULT_FILE : undefined);
  return { file, config: file === undefined ? parseConfig('', 'defaults') : loadConfig(file) };
}

export interface RoutePolicy {
  readonly models: string;
  readonly policy: Policy;
  /** Where the answers go. */
  readonly sink?: Sink | undefined;
}

export interface ReadPolicies {
  readonly policies: readonly Policy[];
  readonly effective: readonly EffectivePolicy[];
  /** Policy of the first route that serves the model; without a model that of the installation. */
  readonly ofRoute: readonly RoutePolicy[];
}

/** Throws `weakening_expired`. */
export function readPolicies({ file, config }: ReadConfig): ReadPolicies {
  const policy = compilePolicy(config.policy, systemClock);
  const routes = config.routes.map((route) => ({
    models: route.models,
    sink: sinkOf(route.sink),
    policy: policyOf(route, { config, policy, clock: systemClock, onExpired: 'refuse' }),
  }));
  const effective = effectivePolicies({ config, policy, routes });
  return {
    policies: [policy, ...routes.map((route) => route.policy)],
    effective: file === undefined ? effective : withLines(effective, file),
    ofRoute: routes.length === 0 ? [{ models: '*', policy }] : routes,
  };
}

/** Rules of the file get its name and their line in the place of the member. */
function withLines(policies: readonly EffectivePolicy[], file: string): readonly EffectivePolicy[] {
  const counter = new LineCounter();
  const document = parseDocument(readFileSync(file, 'utf8'), { lineCounter: counter });
  const lineOf = (member: string): string => {
    const path = member.split('.').map((key) => (/^\d+$/.test(key) ? Number(key) : key));
    const node: unknown = document.getIn(path, true);
    if (typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range))
      return `${file}:${counter.linePos(Number(node.range[0])).line}`;
    return `${file} ${member}`;
  };
  return policies.map((policy) => ({
    ...policy,
    rules: policy.rules.map((rule) => (rule.from.startsWith('shipped ') ? rule : { ...rule, from: lineOf(rule.from) })),
  }));
}

/** What a rule asks for, in one line. */
export function conditionOf({ on, do: _do, ...rest }: PolicyRule): string {
  const parts = Object.entries(rest).map(([name, value]) => `${name} ${Array.isArray(value) ? value.join('|') : String(value)}`);
  return [on, ...parts].join(', ');
}
