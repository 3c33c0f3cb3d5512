// A request that is blocked: recorded, then said in the caller's own format, as an error or in the voice of the model.
import type { Fault } from '../core/fault.ts';
import type { JsonObject } from '../core/types.ts';
import type { GatewayDeps } from './deps.ts';
import { gatewayFault } from './faults.ts';
import { decidingClasses } from './record.ts';
import type { ItemDoor } from './item-memory.ts';
import type { Run } from './run.ts';
import type { Judgement } from './sentry.ts';

/** How the caller wants to hear. */
export interface Wishes {
  readonly wantsStream: boolean;
  readonly wantsUsage: boolean;
}

export interface Blocked {
  readonly judgement: Judgement;
  readonly body: JsonObject;
  readonly wishes: Wishes;
  readonly items: ItemDoor;
}

export async function refuse(deps: GatewayDeps, run: Run, { judgement, body, wishes, items }: Blocked): Promise<void> {
  const { format, route } = run;
  run.note(judgement, JSON.stringify(body));
  const fault = blockFault(judgement, route.policy.name);
  const voice = route.blockAs === 'refusal' ? format.refusal : undefined;
  const status = voice === undefined ? fault.status : 200;
  await run.close({ status, action: 'block', findings: [], reason: fault.code, upstream: 'not_called' });
  if (voice === undefined) {
    run.answer(status, format.error(fault, run.id));
    return;
  }
  const answer = voice.answer(body, { words: fault.message, id: run.bareId, atMs: deps.clock.nowMs() });
  // Clients refer to what they were told, whoever said it.
  format.remember?.(answer, items);
  if (wishes.wantsStream && format.stream !== undefined) {
    run.beginStream();
    run.outgoing.end(voice.events(answer, wishes.wantsUsage));
  } else run.answer(status, answer);
}

const blockFault = ({ failure, findings }: Judgement, policy: string): Fault =>
  failure === undefined
    ? gatewayFault('blocked_by_policy', { policy, classes: decidingClasses(findings, 'block') || 'content that cannot be masked' })
    : gatewayFault('guard_could_not_look', { failure });
