// What a control did, in OCSF's two words for it: the action, and the disposition that says it more exactly.
// https://schema.ocsf.io/1.8.0/profiles/security_control
import type { JsonObject } from '../../core/types.ts';

export type Outcome = Readonly<Record<'action_id' | 'disposition_id', number> & Record<'action' | 'disposition', string>>;

const outcome = (action: readonly [number, string], disposition: readonly [number, string]): Outcome => ({
  action_id: action[0],
  action: action[1],
  disposition_id: disposition[0],
  disposition: disposition[1],
});

const ALLOWED = [1, 'Allowed'] as const;
const DENIED = [2, 'Denied'] as const;
const OBSERVED = [3, 'Observed'] as const;
const MODIFIED = [4, 'Modified'] as const;

const UNKNOWN = outcome([0, 'Unknown'], [0, 'Unknown']);
const DETECTED = outcome(OBSERVED, [15, 'Detected']);
export const REJECTED = outcome(DENIED, [25, 'Rejected']);

/** By the words of a policy. */
const OUTCOMES: Readonly<Record<string, Outcome>> = {
  allow: outcome(ALLOWED, [1, 'Allowed']),
  record: DETECTED,
  redact: outcome(MODIFIED, [11, 'Corrected']),
  tokenise: outcome(MODIFIED, [11, 'Corrected']),
  hold: outcome(DENIED, [3, 'Quarantined']),
  reroute: outcome(MODIFIED, [7, 'Custom Action']),
  block: outcome(DENIED, [2, 'Blocked']),
};

/** What became of a request or a finding. Under a policy that only observes, nothing did. */
export function outcomeOf(word: string | undefined, isObserved: boolean): Outcome {
  if (word === undefined) return UNKNOWN;
  return isObserved && word !== 'allow' ? DETECTED : (OUTCOMES[word] ?? UNKNOWN);
}

/** A policy that only observes says `would-block` where it would have blocked. */
export const isObserving = (verdict: string | undefined): boolean => verdict?.startsWith('would-') === true;

export const plainVerdict = (verdict: string | undefined): string | undefined => verdict?.replace(/^would-/, '');

/** Status of an activity, for attributes `status_id` and `status`. */
export const statusOf = (isSuccess: boolean): JsonObject =>
  isSuccess ? { status_id: 1, status: 'Success' } : { status_id: 2, status: 'Failure' };
