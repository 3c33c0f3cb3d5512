// The error body that Anthropic's clients turn into their own exception classes: https://docs.anthropic.com/en/api/errors
import type { Fault } from '../../core/fault.ts';
import type { JsonObject } from '../../core/types.ts';

const TYPES: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  529: 'overloaded_error',
};

export function anthropicError(fault: Fault, requestId: string): JsonObject {
  const type = TYPES[fault.status] ?? (fault.status >= 500 ? 'api_error' : 'invalid_request_error');
  const error = { type, message: `${fault.message} ${fault.fix} (request ${requestId})`, code: fault.code, ...detailsOf(fault) };
  return { type: 'error', error: fault.pointer === undefined ? error : { ...error, pointer: fault.pointer }, request_id: requestId };
}

/** The SDK's tool runner first asks for a thread, and sends the whole conversation itself when it reads this code. */
const detailsOf = (fault: Fault): JsonObject =>
  fault.code === 'opaque_reference' && fault.pointer === '/thread' ? { details: { error_code: 'thread_unsupported_request' } } : {};
