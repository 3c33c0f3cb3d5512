// Records as the gateway, the access room and the ledger write them.
import type { JsonObject } from '../../core/types.ts';
import type { LedgerRecord } from '../../ledger/record.ts';

export const AT_MS = Date.UTC(2026, 10, 22, 12);

export const record = (
  index: number,
  kind: string,
  data: JsonObject,
  more: { tenant?: string; requestId?: string } = {},
): LedgerRecord => ({
  index,
  event: { kind, atMs: AT_MS + index, data, ...more },
});

export const finding = (more: JsonObject = {}): JsonObject => ({
  rule: 'injection.override',
  class: 'injection',
  severity: 'high',
  score: 0.874,
  pointer: '/messages/0/content',
  start: 3,
  end: 40,
  reason: 'asks to disregard earlier instructions',
  taxonomy: 'direct-injection',
  origin: 'user',
  action: 'block',
  family: 'instruction_hijack',
  ...more,
});

export const findings = (...listed: JsonObject[]): JsonObject => ({ count: listed.length, listed });

export const opened = (index: number, more: JsonObject = {}, requestId = `req_${index}`): LedgerRecord =>
  record(
    index,
    'request.opened',
    {
      principal: 'p_3f9c',
      format: 'openai-chat',
      model: 'gpt-5-mini',
      upstream: 'main',
      policy: 'standard',
      revision: 'a1b2c3',
      verdict: 'allow',
      findings: findings(),
      failure: null,
      content: { nonce: index, hmac: 'aGFzaA==' },
      reservation: { id: `res_${index}`, keyId: 'k1', tenant: 'acme', microUnits: 900, tokens: 300, atMs: AT_MS },
      ...more,
    },
    { tenant: 'acme', requestId },
  );

export const closed = (index: number, requestId: string, more: JsonObject = {}): LedgerRecord =>
  record(
    index,
    'request.closed',
    {
      status: 200,
      verdict: 'allow',
      findings: findings(),
      reason: null,
      usage: { inputTokens: 50, outputTokens: 32 },
      durationMs: 812,
      content: { nonce: index, hmac: 'aGFzaA==' },
      reservation: { id: 'res', microUnits: 120, tokens: 82, estimated: false },
      ...more,
    },
    { tenant: 'acme', requestId },
  );
