// The error body that OpenAI's clients turn into their own exception classes.
import type { Fault } from '../../core/fault.ts';
import type { JsonObject } from '../../core/types.ts';

/** OpenAI's names for kinds of errors, by status: https://platform.openai.com/docs/guides/error-codes */
function typeOf(fault: Fault): string {
  if (fault.code === 'budget_exceeded') return 'insufficient_quota';
  if (fault.status === 401) return 'authentication_error';
  if (fault.status === 403) return 'permission_error';
  if (fault.status === 429) return 'rate_limit_error';
  return fault.status >= 500 ? 'server_error' : 'invalid_request_error';
}

export interface OpenaiError {
  readonly message: string;
  readonly type: string;
  readonly param: string | null;
  readonly code: string;
}

export function openaiErrorOf(fault: Fault, requestId: string): OpenaiError {
  return {
    message: `${fault.message} ${fault.fix} (request ${requestId})`,
    type: typeOf(fault),
    param: fault.pointer ?? null,
    code: fault.code,
  };
}

export const openaiError = (fault: Fault, requestId: string): JsonObject => ({ error: { ...openaiErrorOf(fault, requestId) } });
