// Step 8: what crosses to the upstream, and what of its errors crosses back.
import type { RandomSource } from '../core/ports.ts';
import { Fault } from '../core/fault.ts';
import type { Headers, Incoming } from '../io/http/exchange.ts';
import type { UpstreamFailure, UpstreamRequest } from '../io/http/upstream-client.ts';
import { gatewayFault, type GatewayFaultCode } from './faults.ts';
import type { Inspector } from './hold-back.ts';
import { retryAfterSeconds } from './retry-after.ts';
import type { Route } from './routes.ts';
import type { Usage, WireFormat } from './wire/format.ts';
import { isObject } from './wire/json-shape.ts';

/** Headers of the caller that an upstream may see. Credentials, cookies and addresses are not among them. */
const CROSSING = ['anthropic-version', 'anthropic-beta', 'openai-beta'] as const;
const HEADER_VALUE = /^[\w.,;:=+/@ -]{1,512}$/;
const UPSTREAM_WORDS_MAX = 1000;
const TRACEPARENT = /^00-([0-9a-f]{32})-[0-9a-f]{16}-([0-9a-f]{2})$/;

export interface CallPlan {
  readonly incoming: Incoming;
  readonly route: Route;
  readonly format: WireFormat;
  readonly body: string;
  readonly random: RandomSource;
}

export function toUpstreamRequest({ incoming, route, format, body, random }: CallPlan): UpstreamRequest {
  const { upstream } = route;
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    // An answer that is not compressed cannot be a bomb.
    'accept-encoding': 'identity',
    ...upstream.headers[format.provider],
  };
  for (const name of CROSSING) {
    // What a caller says to one provider means nothing to another.
    const value = format.over === undefined ? incoming.headers[name] : undefined;
    if (value !== undefined && HEADER_VALUE.test(value)) headers[name] = value;
  }
  const trace = TRACEPARENT.exec(incoming.headers['traceparent'] ?? '');
  // W3C Trace Context section 3.2: the trace goes on, the parent is this hop.
  if (trace !== null) headers['traceparent'] = `00-${trace[1]}-${Buffer.from(random.bytes(8)).toString('hex')}-${trace[2]}`;
  const query = upstream.query === '' ? '' : `?${upstream.query}`;
  return { method: 'POST', path: `${upstream.basePath}${format.path}${query}`, headers, body };
}

export function failureFault(failure: UpstreamFailure, upstream: string, cause: unknown): Fault {
  switch (failure) {
    case 'unreachable':
      return gatewayFault('upstream_unreachable', { upstream }, { cause, retryAfterSeconds: 1 });
    case 'timeout':
      return gatewayFault('upstream_timeout', { upstream }, { cause });
    case 'broken':
    case 'aborted':
      return gatewayFault('upstream_invalid', { upstream, what: 'the connection broke' }, { cause });
  }
}

/** Statuses that mean the same to our caller as to us. Our own credentials being refused is not the caller's fault. */
const SHARED_STATUS = new Set([400, 404, 408, 409, 413, 422, 429, 500, 503, 529]);

export interface UpstreamError {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** An upstream's error in our words; its own words pass the inspector like any other text it sends. */
export function upstreamFault(error: UpstreamError, upstream: string, inspector: Inspector): Fault {
  const isShared = SHARED_STATUS.has(error.status);
  const fault = gatewayFault(codeOf(error.status), { upstream, upstreamStatus: error.status });
  // Judged before it is cut, because half a secret is not recognised.
  const words = isShared ? inspector.once(wordsOf(error.body).slice(0, 2 * UPSTREAM_WORDS_MAX)).slice(0, UPSTREAM_WORDS_MAX) : '';
  const retry = retryAfterSeconds(error.headers);
  return new Fault(
    fault.code,
    {
      status: isShared ? error.status : 502,
      message: words === '' || inspector.isBlocked ? fault.message : `${fault.message} It said: ${words}`,
      fix: fault.fix,
    },
    retry === undefined ? {} : { retryAfterSeconds: Math.ceil(retry) },
  );
}

function codeOf(status: number): GatewayFaultCode {
  if (status === 429) return 'upstream_rate_limited';
  return status >= 500 ? 'upstream_failed' : 'upstream_refused';
}

/** What a failed exchange tells of its upstream, and what it used there. */
export interface UpstreamEnding {
  /** `left`: we or the caller went away first, which says nothing of the upstream. */
  readonly upstream: 'ok' | 'failed' | 'left';
  /** Absent: nobody knows, so the bound is charged. */
  readonly usage?: Usage;
}

const NOTHING: Usage = { inputTokens: 0, outputTokens: 0 };

/**
 * An answer below 500 is an answer: callers whose requests are bad, or who go away, must not be able to make an upstream look down
 * to others. An error answer costs nothing at the provider, so a client that tries again is charged once.
 */
const ENDINGS: Readonly<Record<string, UpstreamEnding>> = {
  upstream_refused: { upstream: 'ok', usage: NOTHING },
  upstream_rate_limited: { upstream: 'ok', usage: NOTHING },
  upstream_failed: { upstream: 'failed', usage: NOTHING },
  upstream_unreachable: { upstream: 'failed', usage: NOTHING },
  upstream_timeout: { upstream: 'failed' },
  upstream_invalid: { upstream: 'failed' },
  prediction_invalid: { upstream: 'failed' },
};

export const endingOf = (fault: Fault): UpstreamEnding => ENDINGS[fault.code] ?? { upstream: 'left' };

function wordsOf(body: string): string {
  try {
    const parsed: unknown = JSON.parse(body);
    const error = isObject(parsed) ? parsed['error'] : undefined;
    if (typeof error === 'string') return error;
    return isObject(error) && typeof error['message'] === 'string' ? error['message'] : '';
  } catch {
    // Not JSON: nothing of it is worth showing.
    return '';
  }
}
