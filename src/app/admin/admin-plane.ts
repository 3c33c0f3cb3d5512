// The admin plane: health and metrics for machines, the API for operators. The same hygiene as on the data plane, and stricter:
// a page in a browser must come from this very listener, port included.
import { isUtf8 } from 'node:buffer';
import { Fault } from '../../core/fault.ts';
import { parseStrictJson } from '../../core/strict-json.ts';
import { gatewayFault } from '../../gateway/faults.ts';
import { assertJsonBody, assertOwnOrigin, behindProxies, type HygieneSettings } from '../../gateway/hygiene.ts';
import { BodyError, type ExchangeHandler, type Headers, type Incoming, type Outgoing } from '../../io/http/exchange.ts';
import { appFault } from '../faults.ts';
import type { AdminDeps, ApiAnswer, ApiRoute, OpenRoute, StreamAnswer } from './api-route.ts';
import { identify, type Identity } from './authority.ts';
import { OIDC_PATHS } from './oidc/oidc-door.ts';
import { toProblem } from './problem.ts';
import { readiness, readyWarnings } from './readiness.ts';

const BODY_BYTES_MAX = 262_144;
const BODY_MS = 10_000;
const JSON_LIMITS = { depthMax: 16, nodesMax: 10_000 } as const;

/** Nothing of the admin plane is for caches, frames or sniffing browsers. */
const HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
} as const;

interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

export function createAdminPlane(deps: AdminDeps, hygiene: () => HygieneSettings): ExchangeHandler {
  return async (received, outgoing) => {
    let incoming = received;
    try {
      // From here on `peerAddress` and `host` are those of the caller, also behind a listed proxy.
      incoming = behindProxies(received, deps.compiled().gateway.proxies);
      assertOwnOrigin(isVisit(incoming) ? withoutSite(incoming.headers) : incoming.headers, hygiene());
      assertSamePort(incoming.headers);
      const answered = await answer(deps, incoming);
      if ('pump' in answered) await pump(outgoing, answered);
      else send(outgoing, incoming, withTransport(deps, answered));
    } catch (error) {
      if (!(error instanceof Fault)) deps.onBug(error);
      send(outgoing, incoming, toProblem(error));
    }
  };
}

/** RFC 6797: who has reached this name by TLS once, reaches it by nothing else for a year. */
const withTransport = ({ compiled }: AdminDeps, { headers, ...reply }: Reply): Reply =>
  compiled().config.admin.tls === undefined
    ? { ...reply, headers }
    : { ...reply, headers: { 'strict-transport-security': 'max-age=31536000', ...headers } };

/** Somebody follows a link to a page of the console, or comes back from signing in elsewhere: it shows nothing before they are known. */
const isVisit = ({ method, path, headers }: Incoming): boolean =>
  method === 'GET' && !path.startsWith('/api/') && headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';

const withoutSite = ({ 'sec-fetch-site': _site, ...headers }: Headers): Headers => headers;

async function answer(deps: AdminDeps, incoming: Incoming): Promise<Reply | StreamAnswer> {
  const { path } = incoming;
  if (path.startsWith('/api/')) return serveApi(deps, incoming);
  if (incoming.method !== 'GET' && incoming.method !== 'HEAD') throw refusedMethod(incoming, ['GET']);
  switch (path) {
    case '/metrics':
      return { status: 200, headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }, body: await deps.metrics.text() };
    case '/healthz':
      return json(200, { status: 'ok' });
    case '/readyz': {
      const reasons = readiness(deps);
      return reasons.length === 0 ? json(200, { status: 'ready', ...warningsOf(deps) }) : json(503, { status: 'not ready', reasons });
    }
    case OIDC_PATHS.start:
      return deps.oidc.start(deps, incoming);
    case OIDC_PATHS.callback:
      return deps.oidc.callback(deps, incoming);
    default: {
      const { headers, bytes } = await deps.pages.find(path, incoming.headers);
      return { status: 200, headers, body: bytes };
    }
  }
}

function warningsOf(deps: AdminDeps): { readonly warnings?: readonly string[] } {
  const warnings = readyWarnings(deps);
  return warnings.length === 0 ? {} : { warnings };
}

async function serveApi(deps: AdminDeps, incoming: Incoming): Promise<Reply | StreamAnswer> {
  // The API is loaded at its first call: a gateway that nobody looks at need not carry it in memory.
  const { API_ROUTES, OPEN_ROUTES } = await import('./routes.ts');
  const { route, params } = findRoute<ApiRoute | OpenRoute>([...OPEN_ROUTES, ...API_ROUTES], incoming);
  const answered = 'roles' in route ? await callRoute(deps, route, { incoming, params }) : await openRoute(deps, route, incoming);
  if ('pump' in answered) return answered;
  const { status = 200, body, headers } = answered;
  return status === 204 ? { status, headers: headers ?? {}, body: '' } : json(status, body, headers);
}

async function openRoute(deps: AdminDeps, route: OpenRoute, incoming: Incoming): Promise<ApiAnswer> {
  const body = route.body === undefined ? undefined : await readBody(incoming);
  return route.handle(deps, incoming, body);
}

interface Asked {
  readonly incoming: Incoming;
  readonly params: Readonly<Record<string, string>>;
}

async function callRoute(deps: AdminDeps, route: ApiRoute, { incoming, params }: Asked): Promise<ApiAnswer> {
  const query = new URLSearchParams(incoming.query);
  const enter = (): { readonly identity: Identity; readonly tenant: string | undefined } => {
    const identity = identify(deps, incoming);
    return { identity, tenant: authorise(deps, { route, identity, named: query.get('tenant') ?? undefined }) };
  };
  const { identity, tenant } = enter();
  const body = route.body === undefined ? undefined : await readBody(incoming, route.bodyBytesMax);
  const { caller, who } = identity;
  const call = { caller, who, tenant, params, query, headers: incoming.headers, isStillAllowed: () => isLetIn(enter) };
  const key = incoming.headers['idempotency-key'];
  // What an auditor may call changes nothing, and its answers can be large: they are not kept.
  if (key === undefined || incoming.method === 'GET' || route.roles.includes('auditor')) return route.handle(deps, call, body);
  const scope = `${who}\n${incoming.method} ${incoming.path}?${incoming.query}`;
  return deps.idempotency.once({ key, scope, body }, () => route.handle(deps, call, body));
}

function isLetIn(enter: () => void): boolean {
  try {
    enter();
    return true;
  } catch (error) {
    if (error instanceof Fault) return false;
    throw error;
  }
}

interface Wish {
  readonly route: ApiRoute;
  readonly identity: Identity;
  /** The tenant that the query names. */
  readonly named: string | undefined;
}

/** A key of one tenant reaches that tenant, whatever it asks for; a global one all, or the one that it names. */
function authorise({ rooms }: AdminDeps, { route, identity: { caller }, named }: Wish): string | undefined {
  const tenant = route.reach === 'global' ? undefined : (named ?? (caller.scope === 'global' ? undefined : caller.tenant));
  rooms.access.assertAdmin(caller, { roles: route.roles, ...(tenant === undefined ? {} : { tenant }) });
  return tenant;
}

function findRoute<Route extends Pick<ApiRoute, 'method' | 'path'>>(
  routes: readonly Route[],
  incoming: Incoming,
): { readonly route: Route; readonly params: Readonly<Record<string, string>> } {
  const segments = incoming.path.split('/');
  const fitting = routes.flatMap((route) => {
    const params = match(route.path, segments);
    return params === undefined ? [] : [{ route, params }];
  });
  const found = fitting.find(({ route }) => route.method === incoming.method);
  if (found !== undefined) return found;
  if (fitting.length === 0) throw appFault('not_found', { what: 'API at this path' });
  throw refusedMethod(
    incoming,
    fitting.map(({ route }) => route.method),
  );
}

function match(pattern: string, segments: readonly string[]): Readonly<Record<string, string>> | undefined {
  const wanted = pattern.split('/');
  if (wanted.length !== segments.length) return undefined;
  const params: Record<string, string> = {};
  for (const [at, want] of wanted.entries()) {
    const given = segments[at] ?? '';
    if (!want.startsWith(':')) {
      if (want !== given) return undefined;
    } else if (!/^[\w.~-]{1,128}$/.test(given)) return undefined;
    else params[want.slice(1)] = given;
  }
  return params;
}

const refusedMethod = ({ path, method }: Incoming, allowed: readonly string[]): Fault =>
  gatewayFault(
    'method_not_allowed',
    { path: path.slice(0, 64), method, allowed: allowed.join(', ') },
    { headers: { allow: allowed.join(', ') } },
  );

async function readBody(incoming: Incoming, bytesMax = BODY_BYTES_MAX): Promise<unknown> {
  assertJsonBody(incoming.headers);
  const bytes = await incoming.body({ bytesMax, timeMs: BODY_MS }).catch((error: unknown) => {
    throw error instanceof BodyError ? bodyFault(error, bytesMax) : error;
  });
  if (!isUtf8(bytes)) throw gatewayFault('invalid_utf8');
  const parsed = parseStrictJson(Buffer.from(bytes).toString('utf8'), JSON_LIMITS);
  if (parsed.ok) return parsed.value;
  const limit = parsed.code === 'nesting_too_deep' ? JSON_LIMITS.depthMax : JSON_LIMITS.nodesMax;
  throw gatewayFault(parsed.code, { limit }, { pointer: parsed.pointer });
}

function bodyFault({ failure }: BodyError, bytesMax: number): Fault {
  if (failure === 'too_large') return gatewayFault('body_too_large', { limit: bytesMax });
  return gatewayFault(failure === 'timeout' ? 'body_timeout' : 'client_gone');
}

/** Two pages on two ports of one machine are two origins; `assertOwnOrigin` looks at names alone. */
function assertSamePort({ origin, host }: Headers): void {
  if (origin === undefined) return;
  if (!URL.canParse(origin) || new URL(origin).host !== host?.toLowerCase()) throw gatewayFault('origin_refused', { header: 'Origin' });
}

const json = (status: number, body: object, headers: Readonly<Record<string, string>> = {}): Reply => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
});

function send(outgoing: Outgoing, { method }: Incoming, { status, headers, body }: Reply): void {
  if (outgoing.isGone || outgoing.hasBegun) return outgoing.destroy();
  const length: Record<string, string> = status === 204 ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  outgoing.begin(status, { ...HEADERS, ...headers, ...length });
  // RFC 9110 section 9.3.2: HEAD has the headers of GET and no content.
  if (method === 'HEAD' || status === 204) outgoing.end();
  else outgoing.end(body);
}

async function pump(outgoing: Outgoing, { headers, pump: write }: StreamAnswer): Promise<void> {
  outgoing.begin(200, { ...HEADERS, ...headers });
  await write(outgoing);
  outgoing.end();
}
