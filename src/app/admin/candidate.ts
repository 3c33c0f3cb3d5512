// The policy that somebody wants to try before it is in force.
import type { Clock } from '../../core/ports.ts';
import type { Policy } from '../../policy/policy.ts';
import { compilePolicy } from '../config/compile.ts';
import { parseConfig } from '../config/load.ts';

/** Members that only a whole configuration has. */
const WHOLE = /^(?:policy|listen|upstreams|routes|limits|admin)\s*:/m;

/** A policy by itself, or that of a whole configuration. Throws `config_invalid` with lines, and `weakening_expired`. */
export function candidateOf(yaml: string, clock: Clock): Policy {
  const text = WHOLE.test(yaml) ? yaml : `policy:\n${yaml.replaceAll(/^/gm, '  ')}`;
  return compilePolicy(parseConfig(text, 'candidate').policy, clock);
}
