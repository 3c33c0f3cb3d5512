// Who is signed in to the console. Sessions live in memory alone: a restart ends them, and no copy of the disk opens a door.
import { hash } from 'node:crypto';
import type { Clock, RandomSource } from '../../../core/ports.ts';
import type { Caller } from '../../../access/keys/caller.ts';
import type { OidcConfig } from '../../config/oidc-schema.ts';

/** How somebody proved who they are. */
export type SignedInBy =
  /** The key is asked again at each request, so that revoking it ends its sessions. */
  | { readonly via: 'key'; readonly key: string }
  | {
      readonly via: 'oidc';
      readonly caller: Caller;
      readonly who: string;
      /** Asked at each request, so that taking a grant out of the configuration ends the sessions that rest on it. */
      readonly isGranted: (config: OidcConfig | undefined) => boolean;
    };

export interface Session {
  readonly by: SignedInBy;
  readonly endsAtMs: number;
  usedAtMs: number;
}

const TOKEN_BYTES = 32;
const SESSIONS_MAX = 1_000;
/** One working day, and not over lunch on a screen that nobody locked twice. */
const LIFE_MS = 12 * 3_600_000;
const IDLE_MS = 2 * 3_600_000;

export interface SessionTools {
  readonly clock: Clock;
  readonly random: RandomSource;
}

export class Sessions {
  readonly #tools: SessionTools;
  /** By the SHA-256 of the token, so that memory that leaks holds no token; oldest first. */
  readonly #byDigest = new Map<string, Session>();

  constructor(tools: SessionTools) {
    this.#tools = tools;
  }

  /** Opens a session that ends after half a day, or earlier when told so. The token goes into the cookie. */
  open(by: SignedInBy, endsAtMs = Infinity): { readonly token: string; readonly seconds: number } {
    const nowMs = this.#tools.clock.nowMs();
    const session: Session = { by, endsAtMs: Math.min(endsAtMs, nowMs + LIFE_MS), usedAtMs: nowMs };
    const [oldest] = this.#byDigest.keys();
    if (this.#byDigest.size >= SESSIONS_MAX && oldest !== undefined) this.#byDigest.delete(oldest);
    const token = Buffer.from(this.#tools.random.bytes(TOKEN_BYTES)).toString('base64url');
    this.#byDigest.set(digestOf(token), session);
    return { token, seconds: Math.max(1, Math.ceil((session.endsAtMs - nowMs) / 1000)) };
  }

  /** The session of a token, if it has not ended. Being asked for keeps it from falling asleep. */
  find(token: string | undefined): Session | undefined {
    if (token === undefined || token === '') return undefined;
    const digest = digestOf(token);
    const session = this.#byDigest.get(digest);
    if (session === undefined) return undefined;
    const nowMs = this.#tools.clock.nowMs();
    if (nowMs >= session.endsAtMs || nowMs - session.usedAtMs >= IDLE_MS) {
      this.#byDigest.delete(digest);
      return undefined;
    }
    session.usedAtMs = nowMs;
    return session;
  }

  /** Ends the sessions of people of one tenant. Those by key end by themselves, because the keys of a suspended tenant are refused. */
  endTenant(tenant: string): void {
    for (const [digest, { by }] of this.#byDigest)
      if (by.via === 'oidc' && by.caller.scope === 'tenant' && by.caller.tenant === tenant) this.#byDigest.delete(digest);
  }

  end(token: string | undefined): Session | undefined {
    const session = this.find(token);
    if (token !== undefined) this.#byDigest.delete(digestOf(token));
    return session;
  }
}

const digestOf = (token: string): string => hash('sha256', token, 'base64url');
