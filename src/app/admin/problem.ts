// Errors of the admin plane as problem details (RFC 9457), whichever room they come from.
import { Fault } from '../../core/fault.ts';

export interface Problem {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The message of a fault is safe to show; of anything else nothing is told. */
export function toProblem(error: unknown): Problem {
  if (!(error instanceof Fault)) {
    return problem({
      status: 500,
      code: 'internal',
      detail: 'The admin plane failed on this request.',
      fix: 'Look into the log of the gateway.',
    });
  }
  const { status, code, message, fix, pointer, headers, retryAfterSeconds } = error;
  return problem({
    status,
    code,
    detail: message,
    fix,
    ...(pointer === undefined ? {} : { pointer }),
    headers: { ...headers, ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }) },
  });
}

interface ProblemParts {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly fix: string;
  readonly pointer?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

function problem({ headers = {}, code, ...parts }: ProblemParts): Problem {
  const challenge = parts.status === 401 ? { 'www-authenticate': 'Bearer realm="sallyport admin"' } : {};
  return {
    status: parts.status,
    headers: { 'content-type': 'application/problem+json', ...challenge, ...headers },
    // `title` is the same for every occurrence of a type (RFC 9457 section 3.1.3), hence the code in words.
    body: JSON.stringify({ type: `urn:sallyport:fault:${code}`, title: code.replaceAll('_', ' '), code, ...parts }),
  };
}
