// From sentry to shield: the texts of a request are judged, and masked where the policy says so.
import type { Principal } from '../core/types.ts';
import type { GatewayDeps } from './deps.ts';
import { maskSpans } from './mask.ts';
import { targetsOf } from './routes.ts';
import type { Run } from './run.ts';
import { judgeRequest, type JudgedImage, type Judgement } from './sentry.ts';
import { rewrite, type Reading } from './wire/walk.ts';

interface Judged {
  readonly reading: Reading;
  readonly principal: Principal;
  readonly images?: readonly JudgedImage[];
}

export async function judge(deps: GatewayDeps, run: Run, { reading, principal, images = [] }: Judged): Promise<Judgement> {
  const startedMs = deps.clock.steadyMs();
  const judgement = await judgeRequest(deps.guards, {
    reading,
    images,
    context: {},
    policy: run.route.policy,
    tenant: principal.tenant,
    leavesHouse: targetsOf(run.route).every(({ upstream }) => upstream.trust === 'external'),
    acceptances: deps.acceptances(principal.tenant),
    memo: deps.memo,
    variants: deps.variants,
    yieldLoop: deps.yieldLoop,
  });
  deps.variants?.remember(principal.tenant, run, judgement.blocked ?? []);
  deps.metrics.guard(deps.clock.steadyMs() - startedMs);
  return judgement;
}

/** Writes masks where the policy says so; from here on the body is what the upstream may see. */
export function shield(judgement: Judgement): void {
  for (const [part, findings] of judgement.masks) rewrite(part, maskSpans(part.text, findings));
}
