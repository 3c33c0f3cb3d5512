// Signing in to the console with an admin key, and out again.
import { z } from 'zod';
import { Fault } from '../../../core/fault.ts';
import { accessFault } from '../../../access/faults.ts';
import type { Incoming } from '../../../io/http/exchange.ts';
import { showAddress } from '../../config/address.ts';
import { VERSION } from '../../version.ts';
import { sessionAnswer } from '../answers.ts';
import type { AdminDeps, OpenRoute } from '../api-route.ts';
import { taken } from '../api-route.ts';
import { assertOwnPage, byKey, signedIn, type Identity } from '../authority.ts';
import { needsFirstRun } from '../first-run.ts';
import { note, record } from './audit.ts';
import { cookieIn, dropCookie, SESSION_COOKIE, setCookie } from './cookies.ts';

const credentials = z.strictObject({ key: z.string().min(1).max(512).describe('An admin key.') });

export const SESSION_ROUTES: readonly OpenRoute[] = [
  {
    method: 'GET',
    path: '/api/session',
    about: 'Who is signed in with this cookie, how one can sign in, and where the data plane listens.',
    body: undefined,
    answer: sessionAnswer,
    async handle(deps, incoming) {
      const identity = signedIn(deps, incoming);
      const body = {
        principal: identity === undefined ? null : principalOf(identity),
        signIn: { key: true, oidc: oidcOf(deps) },
        version: VERSION,
        dataPlane: { url: dataPlaneUrl(deps, incoming) },
        needsFirstRun: identity !== undefined && (await needsFirstRun(deps.rooms.ledger)),
      };
      return { body };
    },
  },
  {
    method: 'POST',
    path: '/api/session',
    about: 'Signs in with an admin key; answers with a cookie that no script can read. Ten wrong tries a minute from one address.',
    body: credentials,
    async handle(deps, incoming, rawBody) {
      deps.signInLimit.take(incoming.peerAddress);
      const { key } = taken(credentials, rawBody);
      const identity = adminBy(deps, key, incoming);
      deps.signInLimit.wasRight(incoming.peerAddress);
      const { caller } = identity;
      // Whoever was signed in here before is not any more.
      deps.sessions.end(cookieIn(incoming.headers['cookie'], SESSION_COOKIE));
      const { token, seconds } = deps.sessions.open({ via: 'key', key }, caller.expiresAtMs);
      record(deps, 'admin.signed_in', identity);
      return {
        body: { principal: principalOf(identity) },
        headers: { 'set-cookie': setCookie(SESSION_COOKIE, token, { maxAgeSeconds: seconds, sameSite: 'Strict' }) },
      };
    },
  },
  {
    method: 'DELETE',
    path: '/api/session',
    about: 'Signs out. Needs the headers `Origin` and `x-sallyport-console: 1`, as every change that a cookie vouches for.',
    body: undefined,
    async handle(deps, incoming) {
      assertOwnPage(incoming);
      const identity = signedIn(deps, incoming);
      deps.sessions.end(cookieIn(incoming.headers['cookie'], SESSION_COOKIE));
      if (identity !== undefined) record(deps, 'admin.signed_out', identity);
      return { status: 204, body: {}, headers: { 'set-cookie': dropCookie(SESSION_COOKIE) } };
    },
  },
];

/** A refusal is on record, with its code: the address that keeps trying is slowed down before it can fill the record. */
function adminBy(deps: AdminDeps, key: string, incoming: Incoming): Identity {
  try {
    const identity = byKey(deps, key, incoming.peerAddress);
    const { keyId: id, role } = identity.caller;
    if (role === 'caller') throw accessFault('wrong_plane', { id, role });
    return identity;
  } catch (error) {
    if (error instanceof Fault)
      note(deps, { kind: 'admin.sign_in_refused', atMs: deps.clock.nowMs(), data: { via: 'key', code: error.code } });
    throw error;
  }
}

const principalOf = ({ caller: { role, scope, tenant, label }, via }: Identity): object => ({
  role,
  scope,
  tenant: scope === 'global' ? null : tenant,
  label,
  via,
});

/** What a configured provider is called on the button. */
function oidcOf({ compiled }: AdminDeps): { readonly label: string } | null {
  const { oidc } = compiled().config.admin;
  return oidc === undefined ? null : { label: oidc.label };
}

/** As the browser reaches it: a data plane that listens everywhere is reached under the name by which the console was. */
function dataPlaneUrl({ compiled, dataPlane }: AdminDeps, { headers }: Incoming): string {
  const { tls } = compiled().config;
  const isEverywhere = dataPlane.host === '0.0.0.0' || dataPlane.host === '::';
  const named = isEverywhere ? (headers['host'] ?? '').replace(/:\d+$/, '') : undefined;
  const address = named === undefined ? showAddress(dataPlane) : `${named}:${dataPlane.port}`;
  return `http${tls === undefined ? '' : 's'}://${address}`;
}
