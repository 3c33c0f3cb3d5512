// The policies that ship: CONTRACTS.md "Policies that ship" as rules.
import type { PolicyRule } from './policy.ts';
import shipped from './shipped.json' with { type: 'json' };

export type ShippedPolicy = 'standard' | 'strict' | 'observe';

/** The rules of a policy that ships. `observe` has the rules of `standard`; only its mode differs. */
export function shippedRules(name: ShippedPolicy): readonly PolicyRule[] {
  return parseRules(name === 'observe' ? shipped.standard : shipped[name]);
}

// The table is checked against the schema of configured rules by a test of `app`.
function parseRules(rules: unknown): readonly PolicyRule[] {
  return rules as readonly PolicyRule[];
}
