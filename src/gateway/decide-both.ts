// What is done about a finding, by the policy and by the candidate beside it.
import type { Finding } from '../core/types.ts';
import { decide, type Circumstance, type Policy } from '../policy/policy.ts';
import type { AcceptanceDoor, JudgedFinding } from './sentry.ts';

interface Circumstances {
  readonly at: Circumstance;
  readonly matched: string;
  readonly acceptances: AcceptanceDoor;
  /** Whether anybody will ask for its name: in a long list of findings nobody does. */
  readonly isListed: boolean;
}

/** What is done about a finding, and what the candidate policy would do. What somebody accepted is accepted under both. */
export function decideBoth(
  policy: Policy,
  finding: Finding,
  { at, matched, acceptances, isListed }: Circumstances,
): Pick<JudgedFinding, 'action' | 'would' | 'fingerprint'> {
  const chosen = decide(policy, finding, at).action;
  const tried = policy.candidate === undefined ? undefined : decide(policy.candidate, finding, at).action;
  const isAccepted = (chosen !== 'allow' || (tried ?? 'allow') !== 'allow') && acceptances.isAccepted(finding, matched);
  const action = isAccepted ? 'allow' : chosen;
  return {
    action,
    ...(tried === undefined ? {} : { would: isAccepted ? 'allow' : tried }),
    ...(action === 'allow' || !isListed ? {} : { fingerprint: acceptances.fingerprintOf(matched) }),
  };
}
