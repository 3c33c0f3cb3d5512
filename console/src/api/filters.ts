// What can be asked of requests, as it stands in the address of a page and in the query of the API.

export const VERDICTS = ['allow', 'redact', 'block', 'record', 'error', 'open'] as const;

/** Spans that end now. A link with one of them means the same to whoever opens it later: the newest. */
export const SPANS = {
  '5m': 300_000,
  '15m': 900_000,
  '1h': 3_600_000,
  '6h': 21_600_000,
  '24h': 86_400_000,
  '7d': 604_800_000,
  '30d': 2_592_000_000,
} as const;
export type Span = keyof typeof SPANS;
export const isSpan = (text: unknown): text is Span => typeof text === 'string' && Object.hasOwn(SPANS, text);
export const SPAN_DEFAULT: Span = '24h';

/** What every page shares. */
export interface Scope {
  readonly since?: Span;
  /** Unix milliseconds; both or none. They win over `since`. */
  readonly from?: number;
  readonly to?: number;
  readonly tenant?: string;
}

const TEXTS = ['key', 'model', 'route', 'upstream', 'verdict', 'rule', 'class', 'family', 'severity', 'status', 'q'] as const;
export type TextFilter = (typeof TEXTS)[number];

export interface RequestFilters extends Scope, Readonly<Partial<Record<TextFilter, string>>> {
  readonly streamed?: boolean;
  readonly minMs?: number;
  readonly order?: 'asc';
}

type Search = Readonly<Record<string, unknown>>;

export function parseScope(search: Search): Scope {
  const from = count(search['from']);
  const to = count(search['to']);
  const tenant = text(search['tenant']);
  return {
    ...(isSpan(search['since']) ? { since: search['since'] } : {}),
    ...(from === undefined || to === undefined || from >= to ? {} : { from, to }),
    ...(tenant === undefined ? {} : { tenant }),
  };
}

export function parseFilters(search: Search): RequestFilters {
  const named = TEXTS.flatMap((name) => {
    const value = text(search[name]);
    return value === undefined ? [] : [[name, value] as const];
  });
  const minMs = count(search['minMs']);
  const streamed = flag(search['streamed']);
  return {
    ...parseScope(search),
    ...Object.fromEntries(named),
    ...(streamed === undefined ? {} : { streamed }),
    ...(minMs === undefined ? {} : { minMs }),
    ...(search['order'] === 'asc' ? { order: 'asc' } : {}),
  };
}

/** The span in milliseconds, as of `now`. */
export function spanOf(scope: Scope, now: number): { readonly from: number; readonly to: number } {
  if (scope.from !== undefined && scope.to !== undefined) return { from: scope.from, to: scope.to };
  return { from: now - SPANS[scope.since ?? SPAN_DEFAULT], to: now };
}

/** The query of the API: a relative span becomes a beginning; its end stays open, so that new requests come in. */
export function toQuery(
  { since, from, to, ...filters }: RequestFilters,
  now: number,
): Record<string, string | number | boolean | undefined> {
  if (from !== undefined && to !== undefined) return { ...filters, from, to };
  return { ...filters, from: now - SPANS[since ?? SPAN_DEFAULT] };
}

/** How many filters narrow the list, beyond time and tenant. */
export const countFilters = ({ since: _since, from: _from, to: _to, tenant: _tenant, order: _order, ...rest }: RequestFilters): number =>
  Object.keys(rest).length;

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' && value.length <= 256 ? value : undefined);

/** From an address it is text, from a link of the console a number. */
function count(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}

function flag(value: unknown): boolean | undefined {
  if (value === true || value === 'true') return true;
  return value === false || value === 'false' ? false : undefined;
}
