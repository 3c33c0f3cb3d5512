// A route that says where its answers go has a policy for what is unsafe there: behind the operator's own rules, before those that ship.
import type { Sink } from '../../detect/detector.ts';
import type { Config, PolicyConfig } from './schema.ts';

type SinkConfig = Config['routes'][number]['sink'];

export const sinkOf = (config: SinkConfig): Sink | undefined => (typeof config === 'string' ? config : config?.kind);

export function withSink(policy: PolicyConfig, config: SinkConfig): PolicyConfig {
  if (config === undefined) return policy;
  const action = typeof config === 'string' || config.do === 'neutralise' ? 'redact' : 'block';
  const behind = { on: 'output', class: 'unsafe-output', do: action } as const;
  const { candidate } = policy;
  return {
    ...policy,
    rules: [...policy.rules, behind],
    ...(candidate === undefined ? {} : { candidate: { ...candidate, rules: [...candidate.rules, behind] } }),
  };
}
