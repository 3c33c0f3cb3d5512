// The one door to the admin API: same origin, JSON, and every refusal as a Problem that says what to do.

/** Problem details of the admin API (RFC 9457). Status 0 means that the gateway could not be reached. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly fix: string;
  readonly pointer: string | undefined;

  constructor(parts: {
    readonly status: number;
    readonly code: string;
    readonly detail: string;
    readonly fix: string;
    readonly pointer?: string;
  }) {
    super(parts.detail);
    this.name = 'Problem';
    this.status = parts.status;
    this.code = parts.code;
    this.fix = parts.fix;
    this.pointer = parts.pointer;
  }
}

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

interface Ask {
  readonly query?: Query;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

export const get = <T>(path: string, ask: Ask = {}): Promise<T> => call<T>('GET', path, ask);
export const post = <T>(path: string, body?: unknown): Promise<T> => call<T>('POST', path, { body });
export const put = <T>(path: string, body: unknown): Promise<T> => call<T>('PUT', path, { body });
export const remove = <T>(path: string): Promise<T> => call<T>('DELETE', path, {});

/** An address with its query; members that are undefined or empty are left out. */
export function toUrl(path: string, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined && value !== '') search.set(name, String(value));
  const text = search.toString();
  return text === '' ? path : `${path}?${text}`;
}

async function call<T>(method: string, path: string, { query, body, signal }: Ask): Promise<T> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (method !== 'GET') {
    headers['x-sallyport-console'] = '1';
    headers['idempotency-key'] = crypto.randomUUID();
  }
  if (body !== undefined) headers['content-type'] = 'application/json';
  const response = await reach(toUrl(path, query), {
    method,
    headers,
    credentials: 'same-origin',
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  });
  const answer = await parseAnswer(response);
  if (!response.ok) throw toProblem(response.status, answer);
  return parseAs<T>(answer);
}

async function reach(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new Problem({
      status: 0,
      code: 'unreachable',
      detail: 'The gateway does not answer.',
      fix: 'Is it running? Its log says why it stopped. This page tries again by itself.',
    });
  }
}

async function parseAnswer(response: Response): Promise<unknown> {
  const text = await response.text();
  if (text === '') return {};
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new Problem({
      status: response.status,
      code: 'not_json',
      detail: `The gateway answered ${response.status} with something that is not JSON.`,
      fix: 'Something between this browser and the gateway may have answered instead of it.',
    });
  }
}

/** The server's own schemas made this: one program serves the page and the answer. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the one place where an answer gets its type
const parseAs = <T>(answer: unknown): T => answer as T;

function toProblem(status: number, answer: unknown): Problem {
  const parts = typeof answer === 'object' && answer !== null ? Object.entries(answer) : [];
  const text = (name: string): string | undefined => {
    const value: unknown = parts.find(([key]) => key === name)?.[1];
    return typeof value === 'string' ? value : undefined;
  };
  const pointer = text('pointer');
  return new Problem({
    status,
    code: text('code') ?? `status_${status}`,
    detail: text('detail') ?? `The gateway answered ${status}.`,
    fix: text('fix') ?? '',
    ...(pointer === undefined ? {} : { pointer }),
  });
}
