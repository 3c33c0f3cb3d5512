// The policies in force, rule by rule, with where each rule comes from.
import type { Policy, PolicyRule } from '../../policy/policy.ts';
import type { Config, PolicyConfig } from '../config/schema.ts';
import { stageWeakenings } from '../config/stages.ts';

export interface EffectivePolicy {
  /** `policy`, or the member of the configuration that carries a route's own, for example `routes.0.policy`. */
  readonly at: string;
  readonly models: string;
  readonly name: string;
  readonly revision: string;
  readonly mode: 'enforce' | 'observe';
  readonly onFailure: Readonly<Record<string, string>>;
  readonly media: string;
  /** Settings that open something, with author, reason and expiry. */
  readonly weakenings: readonly Weakening[];
  /** What is looked for beyond what always is. */
  readonly lookFor?: NonNullable<Policy['lookFor']>;
  readonly rules: readonly EffectiveRule[];
}

/** What is open, and on whose word; members that only one kind has are left to the reader. */
export interface Weakening {
  readonly what: string;
  readonly author: string;
  readonly reason: string;
  /** The last day, as written in the configuration. */
  readonly expires: string;
}

export interface EffectiveRule {
  readonly index: number;
  /** A member of the configuration, or the shipped policy and the rule's place in it. */
  readonly from: string;
  readonly rule: PolicyRule;
}

/** What a compiled configuration has of it; `routes` stand in the order of the configuration. */
export interface Policies {
  readonly config: Config;
  readonly policy: Policy;
  readonly routes: readonly { readonly policy: Policy }[];
}

export function effectivePolicies({ config, policy, routes }: Policies): readonly EffectivePolicy[] {
  const whole = { at: 'policy', models: '*', source: config.policy, policy };
  const own = config.routes.flatMap((route, index) => {
    const compiled = routes[index];
    if (route.policy === undefined || compiled === undefined) return [];
    return [{ at: `routes.${index}.policy`, models: route.models, source: route.policy, policy: compiled.policy }];
  });
  return [whole, ...own].map(({ at, models, source, policy: { name, revision, mode, onFailure, media, lookFor, rules } }) => ({
    at,
    models,
    name,
    revision,
    mode,
    onFailure,
    media,
    weakenings: weakeningsOf(source),
    ...(lookFor === undefined ? {} : { lookFor }),
    rules: rules.map((rule, index) => ({ index, rule, from: originOf(index, at, source) })),
  }));
}

function originOf(index: number, at: string, source: PolicyConfig): string {
  const own = source.rules.length;
  return index < own ? `${at}.rules.${index}` : `shipped ${source.extends === 'observe' ? 'standard' : source.extends} ${index - own}`;
}

function weakeningsOf(config: PolicyConfig): readonly Weakening[] {
  const { onFailure, media, shadow } = config;
  return [
    ...Object.entries(stageWeakenings(config)).map(([what, weakening]) => ({ what: what.replace('policy.', ''), ...weakening })),
    ...(onFailure === 'block' ? [] : [{ what: 'onFailure', ...onFailure }]),
    ...(media === 'block' ? [] : [{ what: 'media', ...media }]),
    ...(shadow === undefined ? [] : [{ what: 'shadow', ...shadow }]),
  ];
}
