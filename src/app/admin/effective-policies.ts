// The policies in force, rule by rule, with where each rule comes from.
import type { Policy, PolicyRule } from '../../policy/policy.ts';
import type { Sink } from '../../detect/detector.ts';
import type { Config, PolicyConfig } from '../config/schema.ts';
import { sinkOf } from '../config/sink-policy.ts';
import { stageWeakenings } from '../config/stages.ts';

export interface EffectivePolicy {
  /** `policy`, or the member of the configuration that carries a route's own, for example `routes.0.policy`. */
  readonly at: string;
  readonly models: string;
  /** Where the answers of the route go. */
  readonly sink?: Sink;
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
  const whole = { at: 'policy', models: '*', sink: undefined, origins: { named: 'policy', source: config.policy }, policy };
  const own = config.routes.flatMap((route, index) => {
    const compiled = routes[index];
    if (compiled === undefined || (route.policy === undefined && route.sink === undefined)) return [];
    const { models, sink, policy: source = config.policy } = route;
    // A route with nothing but a sink has the rules of the whole, and one more.
    const named = route.policy === undefined ? 'policy' : `routes.${index}.policy`;
    const origins = { named, source, ...(sink === undefined ? {} : { sink: `routes.${index}.sink` }) };
    return [
      { at: `routes.${index}${route.policy === undefined ? '' : '.policy'}`, models, sink: sinkOf(sink), origins, policy: compiled.policy },
    ];
  });
  return [whole, ...own].map(({ at, models, sink, origins, policy: { name, revision, mode, onFailure, media, lookFor, rules } }) => ({
    at,
    models,
    ...(sink === undefined ? {} : { sink }),
    name,
    revision,
    mode,
    onFailure,
    media,
    weakenings: weakeningsOf(origins.source),
    ...(lookFor === undefined ? {} : { lookFor }),
    rules: rules.map((rule, index) => ({ index, rule, from: originOf(index, origins) })),
  }));
}

interface Origins {
  /** The member that carries the policy's own rules. */
  readonly named: string;
  readonly source: PolicyConfig;
  /** The member that asks for one more rule behind them. */
  readonly sink?: string;
}

function originOf(index: number, { named, source, sink }: Origins): string {
  const own = source.rules.length;
  if (index < own) return `${named}.rules.${index}`;
  if (sink !== undefined && index === own) return sink;
  return `shipped ${source.extends === 'observe' ? 'standard' : source.extends} ${index - own - (sink === undefined ? 0 : 1)}`;
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
