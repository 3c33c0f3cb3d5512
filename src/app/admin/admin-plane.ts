// The admin plane: health and metrics for machines, the API for operators. The same hygiene as on the data plane, and stricter:
// a page in a browser must come from this very listener, port included.
import { isUtf8 } from 'node:buffer';
import { Fault } from '../../core/fault.ts';
import { parseStrictJson } from '../../core/strict-json.ts';
import type { Caller } from '../../access/keys/caller.ts';
import { gatewayFault } from '../../gateway/faults.ts';
import { assertJsonBody, assertOwnOrigin, presentedKey, type HygieneSettings } from '../../gateway/hygiene.ts';
import { BodyError, type ExchangeHandler, type Headers, type Incoming, type Outgoing } from '../../io/http/exchange.ts';
import { appFault } from '../faults.ts';
import type { AdminDeps, ApiCall, ApiRoute } from './api-route.ts';
import { toProblem } from './problem.ts';
import { readiness } from './readiness.ts';

const BODY_LIMITS = { bytesMax: 262_144, timeMs: 10_000 } as const;
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
  readonly body: string;
}

export function createAdminPlane(deps: AdminDeps, hygiene: () => HygieneSettings): ExchangeHandler {
  return async (incoming, outgoing) => {
    try {
      assertOwnOrigin(incoming.headers, hygiene());
      assertSamePort(incoming.headers);
      send(outgoing, await answer(deps, incoming));
    } catch (error) {
      if (!(error instanceof Fault)) deps.onBug(error);
      send(outgoing, toProblem(error));
    }
  };
}

async function answer(deps: AdminDeps, incoming: Incoming): Promise<Reply> {
  const { path } = incoming;
  if (path.startsWith('/api/')) return serveApi(deps, incoming);
  if (path !== '/healthz' && path !== '/readyz' && path !== '/metrics') throw appFault('not_found', { what: 'page at this path' });
  if (incoming.method !== 'GET' && incoming.method !== 'HEAD') throw refusedMethod(incoming, ['GET']);
  if (path === '/metrics') {
    return { status: 200, headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }, body: await deps.metrics.text() };
  }
  if (path === '/healthz') return json(200, { status: 'ok' });
  const reasons = readiness(deps);
  return reasons.length === 0 ? json(200, { status: 'ready' }) : json(503, { status: 'not ready', reasons });
}

async function serveApi(deps: AdminDeps, incoming: Incoming): Promise<Reply> {
  // The API is loaded at its first call: a gateway that nobody looks at need not carry it in memory.
  const { API_ROUTES } = await import('./routes.ts');
  const { route, params } = findRoute(API_ROUTES, incoming);
  const query = new URLSearchParams(incoming.query);
  const { caller, tenant } = authorise(deps, { incoming, route, query });
  const body = route.body === undefined ? undefined : await readBody(incoming);
  const call: ApiCall = { caller, who: nameOf(caller), tenant, params, query };
  const { status = 200, body: answered } = await route.handle(deps, call, body);
  return json(status, answered);
}

interface Asked {
  readonly incoming: Incoming;
  readonly route: ApiRoute;
  readonly query: URLSearchParams;
}

/** A key of one tenant reaches that tenant, whatever it asks for; a global one all, or the one that it names. */
function authorise(deps: AdminDeps, { incoming, route, query }: Asked): { readonly caller: Caller; readonly tenant: string | undefined } {
  const { access, keyring } = deps.rooms;
  const key = presentedKey(incoming.headers);
  const { scope, tenant: own } = keyring.authenticate(key);
  const named = query.get('tenant') ?? undefined;
  const tenant = route.reach === 'global' ? undefined : (named ?? (scope === 'global' ? undefined : own));
  const caller = access.authenticateAdmin(key, { roles: route.roles, ...(tenant === undefined ? {} : { tenant }) });
  return { caller, tenant };
}

const nameOf = ({ role, keyId, scope, tenant }: Caller): string => `${role} key ${keyId}${scope === 'global' ? '' : ` of ${tenant}`}`;

function findRoute(
  routes: readonly ApiRoute[],
  incoming: Incoming,
): { readonly route: ApiRoute; readonly params: Readonly<Record<string, string>> } {
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

async function readBody(incoming: Incoming): Promise<unknown> {
  assertJsonBody(incoming.headers);
  const bytes = await incoming.body(BODY_LIMITS).catch((error: unknown) => {
    throw error instanceof BodyError ? bodyFault(error) : error;
  });
  if (!isUtf8(bytes)) throw gatewayFault('invalid_utf8');
  const parsed = parseStrictJson(Buffer.from(bytes).toString('utf8'), JSON_LIMITS);
  if (parsed.ok) return parsed.value;
  const limit = parsed.code === 'nesting_too_deep' ? JSON_LIMITS.depthMax : JSON_LIMITS.nodesMax;
  throw gatewayFault(parsed.code, { limit }, { pointer: parsed.pointer });
}

function bodyFault({ failure }: BodyError): Fault {
  if (failure === 'too_large') return gatewayFault('body_too_large', { limit: BODY_LIMITS.bytesMax });
  return gatewayFault(failure === 'timeout' ? 'body_timeout' : 'client_gone');
}

/** Two pages on two ports of one machine are two origins; `assertOwnOrigin` looks at names alone. */
function assertSamePort({ origin, host }: Headers): void {
  if (origin === undefined) return;
  if (!URL.canParse(origin) || new URL(origin).host !== host?.toLowerCase()) throw gatewayFault('origin_refused', { header: 'Origin' });
}

const json = (status: number, body: object): Reply => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

function send(outgoing: Outgoing, { status, headers, body }: Reply): void {
  if (outgoing.isGone || outgoing.hasBegun) return outgoing.destroy();
  outgoing.begin(status, { ...HEADERS, ...headers, 'content-length': String(Buffer.byteLength(body)) });
  outgoing.end(body);
}
