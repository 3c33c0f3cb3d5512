// Who calls the admin plane: by the key that a program sends, or by the cookie of somebody who signed in to the console.
import { Fault } from '../../core/fault.ts';
import { accessFault } from '../../access/faults.ts';
import type { Caller } from '../../access/keys/caller.ts';
import { presentedKey } from '../../gateway/hygiene.ts';
import type { Incoming } from '../../io/http/exchange.ts';
import { appFault } from '../faults.ts';
import type { AdminDeps } from './api-route.ts';
import { cookieIn, SESSION_COOKIE } from './session/cookies.ts';
import type { SignedInBy } from './session/sessions.ts';

/** No page of another site can send it without asking first (Fetch standard, CORS preflight), and this listener answers no such question. */
export const CONSOLE_HEADER = 'x-sallyport-console';

export interface Identity {
  readonly caller: Caller;
  /** For the record. */
  readonly who: string;
  readonly via: 'key' | 'oidc';
}

/** Throws the faults of keys, `session_ended` and `console_header_missing`. */
export function identify(deps: Pick<AdminDeps, 'rooms' | 'sessions' | 'compiled'>, incoming: Incoming): Identity {
  const key = presentedKey(incoming.headers);
  if (key !== undefined) return byKey(deps, key, incoming.peerAddress);
  const token = cookieIn(incoming.headers['cookie'], SESSION_COOKIE);
  if (token === undefined) throw accessFault('missing_key');
  if (incoming.method !== 'GET' && incoming.method !== 'HEAD') assertOwnPage(incoming);
  const session = deps.sessions.find(token);
  if (session === undefined) throw appFault('session_ended');
  return identityOf(deps, session.by, () => void deps.sessions.end(token));
}

/** The one who is signed in, or nobody. Never throws for a session that has ended. */
export function signedIn(deps: Pick<AdminDeps, 'rooms' | 'sessions' | 'compiled'>, incoming: Incoming): Identity | undefined {
  const token = cookieIn(incoming.headers['cookie'], SESSION_COOKIE);
  const session = deps.sessions.find(token);
  if (session === undefined) return undefined;
  try {
    return identityOf(deps, session.by, () => void deps.sessions.end(token));
  } catch (error) {
    if (error instanceof Fault) return undefined;
    throw error;
  }
}

/** What a cookie vouches for must come from our own page: the cookie alone goes along with whatever a browser is made to send. */
export function assertOwnPage({ headers }: Incoming): void {
  if (headers[CONSOLE_HEADER] !== '1') throw appFault('console_header_missing', { header: CONSOLE_HEADER });
  // That it is our own origin was looked at before anything else; here it must not be absent.
  if (headers['origin'] === undefined) throw appFault('console_header_missing', { header: 'Origin' });
}

/** An address from which too many keys have failed is not heard. */
export function byKey({ rooms }: Pick<AdminDeps, 'rooms'>, key: string, address?: string): Identity {
  const caller = rooms.access.identify(key, address);
  return { caller, who: nameOf(caller), via: 'key' };
}

function identityOf(deps: Pick<AdminDeps, 'rooms' | 'compiled'>, by: SignedInBy, end: () => void): Identity {
  if (by.via === 'oidc') {
    if (by.isGranted(deps.compiled().config.admin.oidc)) return { caller: by.caller, who: by.who, via: 'oidc' };
    end();
    throw appFault('session_ended');
  }
  try {
    return byKey(deps, by.key);
  } catch (error) {
    // A key that was revoked, or has expired, takes its sessions along.
    end();
    throw error;
  }
}

/** As records name an administrator. */
export const nameOf = ({ role, keyId, scope, tenant }: Caller): string =>
  `${role} key ${keyId}${scope === 'global' ? '' : ` of ${tenant}`}`;
