// Made-up records of requests, in the form in which the gateway writes them.
import type { JsonObject } from '../../core/types.ts';
import type { LedgerRecord } from '../../ledger/record.ts';

export interface MadeRequest {
  readonly id: string;
  readonly atMs: number;
  readonly tenant?: string;
  readonly keyId?: string;
  readonly model?: string;
  readonly upstream?: string;
  readonly verdict?: string;
  readonly rules?: readonly string[];
  readonly class?: string;
  readonly family?: string;
  readonly severity?: string;
  readonly action?: string;
  readonly reason?: string | null;
  readonly status?: number;
  readonly ms?: number;
  readonly tokens?: number;
  readonly microUnits?: number;
}

export const principalOf = (keyId: string): string => `p-${keyId}`;

export function openedEvent(made: MadeRequest): LedgerRecord['event'] {
  const { id, atMs, tenant = 'acme', keyId = 'k1', model = 'demo', upstream = 'main', rules = [] } = made;
  const listed = rules.map((rule, at) => ({
    rule,
    class: made.class ?? 'injection',
    severity: made.severity ?? 'high',
    score: 0.9 - at / 100,
    action: made.action ?? 'block',
    pointer: '/messages/0/content',
    origin: 'user',
    ...(made.family === undefined ? {} : { family: made.family }),
  }));
  const data: JsonObject = {
    principal: principalOf(keyId),
    format: 'openai-chat',
    model,
    upstream,
    verdict: made.verdict ?? 'allow',
    findings: { count: listed.length, listed },
    reservation: { id: `r-${id}`, keyId, tenant, microUnits: 100, tokens: 10, atMs },
  };
  return { kind: 'request.opened', atMs, tenant, requestId: id, data };
}

export function closedEvent(made: MadeRequest): LedgerRecord['event'] {
  const { id, atMs, tenant = 'acme', reason = null, status = 200, ms = 10, tokens = 5, microUnits = 7 } = made;
  const data: JsonObject = {
    status,
    verdict: 'allow',
    findings: { count: 0, listed: [] },
    reason,
    usage: { inputTokens: tokens, outputTokens: tokens },
    durationMs: ms,
    reservation: { id: `r-${id}`, microUnits, tokens: 2 * tokens, estimated: false },
  };
  return { kind: 'request.closed', atMs: atMs + ms, tenant, requestId: id, data };
}

export const refusedEvent = ({
  id,
  atMs,
  tenant = 'acme',
  keyId = 'k1',
  model = 'demo',
  reason,
  status,
}: MadeRequest): LedgerRecord['event'] => ({
  kind: 'request.refused',
  atMs,
  tenant,
  requestId: id,
  data: { principal: principalOf(keyId), format: 'openai-chat', model, reason: reason ?? 'rate_limited', status: status ?? 429 },
});

export const numbered = (events: readonly LedgerRecord['event'][], from = 0): readonly LedgerRecord[] =>
  events.map((event, at) => ({ index: from + at, event }));
