// What the guards find in a text, which rule of the policy decides, and what would happen to a request with it.
import type { Action, Direction, FailureCode, Finding, Origin } from '../../core/types.ts';
import type { Sink, StageScore } from '../../detect/detector.ts';
import { withoutStages, type Guards } from '../../gateway/guards.ts';
import { decide, stricter, type Policy, type PolicyRule } from '../../policy/policy.ts';

export interface ExplainedText {
  readonly text: string;
  readonly direction: Direction;
  readonly origin: Origin;
  /** The operator's prompt, for leaks in answers. */
  readonly systemPrompt?: string;
}

export interface Explanation {
  /** What would happen. */
  readonly action: Action;
  readonly policy: string;
  readonly mode: Policy['mode'];
  /** Why a guard could not look; then `onFailure` of the policy decides. */
  readonly failure: FailureCode | undefined;
  readonly findings: readonly ExplainedFinding[];
  /** What each stage of the injection cascade thinks of the text, from 0 to 1; none for answers. */
  readonly stages: readonly StageScore[];
}

export interface ExplainedFinding {
  readonly finding: Finding;
  readonly action: Action;
  /** Index of the policy rule that decided, -1 where none speaks of it. */
  readonly because: number;
  readonly rule: PolicyRule | undefined;
}

export interface ExplainedBy {
  readonly guards: Guards;
  readonly policy: Policy;
  /** Where the answers of the route go. */
  readonly sink?: Sink | undefined;
}

/** Texts longer than 16,384 units are judged as far as the guards do that. */
export async function explain(
  { guards, policy, sink }: ExplainedBy,
  { text, direction, origin, systemPrompt }: ExplainedText,
): Promise<Explanation> {
  const look = { direction, origin, context: systemPrompt === undefined ? {} : { systemPrompt }, ...withoutStages(policy) };
  // Meaning is judged on the way in alone: what a model says is no order to itself.
  const meaning = direction === 'input' ? await guards.meaning(text, look, 'explain') : undefined;
  const { followers, watched, lost } = askedFor({ guards, policy }, { text, direction, origin });
  const spans = guards.spans.inspect(text, { ...look, followers, ...(direction === 'output' && sink !== undefined ? { sink } : {}) });
  const failure =
    [meaning, spans].map((report) => (report?.state === 'failed' ? report.code : undefined)).find((code) => code !== undefined) ?? lost;
  const findings = [...(meaning?.findings ?? []), ...spans.findings, ...watched].map((finding): ExplainedFinding => {
    const { action, because } = decide(policy, finding, { direction, origin, isSentByCaller: direction === 'input' });
    return { finding, action, because, rule: policy.rules[because] };
  });
  const failed: Action = failure !== undefined && policy.onFailure[direction] === 'block' ? 'block' : 'allow';
  const action = findings.reduce<Action>((strictest, one) => stricter(strictest, one.action), failed);
  return { action, policy: `${policy.name}@${policy.revision}`, mode: policy.mode, failure, findings, stages: meaning?.stages ?? [] };
}

/** What the policy asks for beyond what always is looked for. */
function askedFor({ guards, policy }: { readonly guards: Guards; readonly policy: Policy }, { text, direction, origin }: ExplainedText) {
  const asked = policy.lookFor === undefined ? undefined : guards.asked?.(policy.lookFor);
  if (asked === undefined) return { followers: [], watched: [], lost: undefined };
  const stretch = { direction, origin, isSaid: true } as const;
  const followers = asked.followers(stretch);
  try {
    return { followers, watched: asked.watches(stretch).flatMap((watch) => watch.read(text, true)), lost: undefined };
  } catch {
    // A judge that throws has not looked, as in the gateway.
    return { followers, watched: [], lost: 'detector_error' as const };
  }
}
