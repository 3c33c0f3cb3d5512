// The way in by OpenID Connect: out to the provider, back with a code, and into a session with what the person's groups may do.
import { hash } from 'node:crypto';
import { Fault } from '../../../core/fault.ts';
import { accessFault } from '../../../access/faults.ts';
import type { Caller } from '../../../access/keys/caller.ts';
import type { Incoming } from '../../../io/http/exchange.ts';
import type { Compiled } from '../../config/compile.ts';
import type { OidcConfig } from '../../config/oidc-schema.ts';
import { appFault } from '../../faults.ts';
import type { AdminDeps } from '../api-route.ts';
import { nameOf } from '../authority.ts';
import { cookieIn, dropCookie, SESSION_COOKIE, setCookie } from '../session/cookies.ts';
import { note, record } from '../session/audit.ts';
import { SignInLimit } from '../session/sign-in-limit.ts';
import type { Claims, Journey, Provider } from './provider.ts';

export const OIDC_PATHS = { start: '/auth/oidc/start', callback: '/auth/oidc/callback' } as const;

/** Binds a journey to the browser that began it; Lax, because the way back begins at the provider. */
const JOURNEY_COOKIE = '__Host-sallyport-journey';
const JOURNEY_MS = 10 * 60_000;
const JOURNEYS_MAX = 1_000;
const TOKEN_BYTES = 32;
/** Ways to the provider from one address within a minute: a whole office can be behind it. */
const STARTS_MAX = 60;
/** What anybody can bring about at will, without having begun anything, must not fill the record. */
const UNRECORDED: ReadonlySet<string> = new Set(['sign_in_limited', 'oidc_not_configured']);
const LABEL_UNITS_MAX = 80;

interface Begun {
  readonly journey: Journey;
  readonly issuer: string;
  readonly atMs: number;
}

export interface Redirect {
  readonly status: 302;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: '';
}

export class OidcDoor {
  readonly #journeys = new Map<string, Begun>();
  readonly #limit: SignInLimit;
  readonly #returns: SignInLimit;
  /** Of the configuration that is in force; opened at the first visit, and anew after a reload or a failure. */
  #provider: { readonly config: OidcConfig; readonly opened: Promise<Provider> } | undefined;

  constructor(clock: AdminDeps['clock']) {
    this.#limit = new SignInLimit(clock, STARTS_MAX);
    this.#returns = new SignInLimit(clock, STARTS_MAX);
  }

  /**
   * Sends a browser to the provider. Throws `oidc_not_configured`, `oidc_unavailable`, `sign_in_limited`; somebody who looks at a page
   * goes back to the sign-in page with the code instead.
   */
  async start(deps: AdminDeps, incoming: Incoming): Promise<Redirect> {
    try {
      return await this.#leave(deps, incoming);
    } catch (error) {
      if (!(error instanceof Fault) || !(incoming.headers['accept'] ?? '').includes('text/html')) throw error;
      return backTo(error);
    }
  }

  async #leave(deps: AdminDeps, incoming: Incoming): Promise<Redirect> {
    this.#limit.take(incoming.peerAddress);
    const compiled = deps.compiled();
    const provider = await this.#open(compiled);
    const { url, journey } = await provider.begin(`${baseUrl(deps, incoming)}${OIDC_PATHS.callback}`);
    const token = Buffer.from(deps.random.bytes(TOKEN_BYTES)).toString('base64url');
    this.#forgetOld(deps.clock.nowMs());
    this.#journeys.set(digestOf(token), { journey, issuer: configOf(compiled).issuer, atMs: deps.clock.nowMs() });
    const cookie = setCookie(JOURNEY_COOKIE, token, { maxAgeSeconds: JOURNEY_MS / 1000, sameSite: 'Lax' });
    return redirect(url, cookie);
  }

  /** Takes a browser back. What goes wrong is on record, and shown on the sign-in page by its code. */
  async callback(deps: AdminDeps, incoming: Incoming): Promise<Redirect> {
    try {
      return await this.#enter(deps, incoming);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      if (!UNRECORDED.has(error.code))
        note(deps, { kind: 'admin.sign_in_refused', atMs: deps.clock.nowMs(), data: { via: 'oidc', code: error.code } });
      return backTo(error);
    }
  }

  async #enter(deps: AdminDeps, incoming: Incoming): Promise<Redirect> {
    const config = configOf(deps.compiled());
    this.#returns.take(incoming.peerAddress);
    const begun = this.#take(cookieIn(incoming.headers['cookie'], JOURNEY_COOKIE), deps.clock.nowMs());
    if (begun === undefined) throw appFault('oidc_refused', { reason: 'this browser did not begin it here, or too long ago' });
    // A code of one provider is never shown to another (RFC 9700 section 4.4), also not after a reload.
    if (begun.issuer !== config.issuer) throw appFault('oidc_refused', { reason: 'the provider was changed meanwhile' });
    const provider = await this.#open(deps.compiled());
    const { redirectUri } = begun.journey;
    const claims = await provider.finish(new URL(`${redirectUri}?${incoming.query}`), begun.journey).catch((error: unknown) => {
      throw appFault('oidc_refused', { reason: 'what the provider sent does not hold' }, { cause: error });
    });
    const endsAtMs = config.sessionMinutes === undefined ? claims.expiresAtMs : deps.clock.nowMs() + config.sessionMinutes * 60_000;
    const caller = callerOf(claims, config, endsAtMs);
    await assertActive(deps, caller);
    const who = nameOf(caller);
    const { token, seconds } = deps.sessions.open({ via: 'oidc', caller, who, isGranted: (now) => grants(now, claims, caller) }, endsAtMs);
    record(deps, 'admin.signed_in', { caller, who, via: 'oidc' });
    const cookie = setCookie(SESSION_COOKIE, token, { maxAgeSeconds: seconds, sameSite: 'Strict' });
    // The page itself needs no cookie; what it then asks for comes from our own origin, and brings the strict one along. The cookie of
    // the journey means nothing any more, and goes by itself.
    return redirect('/', cookie);
  }

  /** A journey ends with its first return, whatever becomes of it. */
  #take(token: string | undefined, nowMs: number): Begun | undefined {
    const digest = digestOf(token ?? '');
    const begun = this.#journeys.get(digest);
    this.#journeys.delete(digest);
    return begun !== undefined && nowMs - begun.atMs < JOURNEY_MS ? begun : undefined;
  }

  #forgetOld(nowMs: number): void {
    for (const [digest, { atMs }] of this.#journeys) {
      if (this.#journeys.size < JOURNEYS_MAX && nowMs - atMs < JOURNEY_MS) return;
      this.#journeys.delete(digest);
    }
  }

  async #open(compiled: Compiled): Promise<Provider> {
    const config = configOf(compiled);
    // The client is loaded by whoever uses it: most gateways have no provider.
    if (this.#provider?.config !== config)
      this.#provider = { config, opened: import('./provider.ts').then(({ openProvider }) => openProvider(config, compiled.oidcSecret)) };
    const current = this.#provider;
    try {
      return await current.opened;
    } catch (cause) {
      if (this.#provider === current) this.#provider = undefined;
      throw appFault('oidc_unavailable', { issuer: config.issuer }, { cause });
    }
  }
}

function configOf({ config }: Compiled): OidcConfig {
  const { oidc } = config.admin;
  if (oidc === undefined) throw appFault('oidc_not_configured');
  return oidc;
}

/** What the groups of a person may do: the first grant that names one of them decides. */
function callerOf({ issuer, subject, name, groups }: Claims, config: OidcConfig, expiresAtMs: number): Caller {
  const grant = grantOf(config, groups);
  if (grant === undefined) throw appFault('oidc_not_granted');
  // One person has one name in the record, and it is no address: `admin.signed_in` tells whose it is.
  const keyId = `oidc_${hash('sha256', `${issuer}\n${subject}`, 'hex').slice(0, 16)}`;
  return {
    tenant: grant.tenant ?? 'default',
    keyId,
    pseudonym: keyId,
    role: grant.role,
    scope: grant.tenant === undefined ? 'global' : 'tenant',
    label: (name ?? subject).replace(/\p{C}/gu, '').slice(0, LABEL_UNITS_MAX),
    limits: {},
    tenantLimits: {},
    expiresAtMs,
  };
}

const grantOf = ({ grants: listed }: OidcConfig, groups: readonly string[]): OidcConfig['grants'][number] | undefined =>
  listed.find(({ group }) => groups.includes(group));

/** Whether a configuration still gives somebody what they came in with. */
function grants(config: OidcConfig | undefined, { issuer, groups }: Claims, { role, scope, tenant }: Caller): boolean {
  const grant = config?.issuer === issuer ? grantOf(config, groups) : undefined;
  return grant?.role === role && grant.tenant === (scope === 'global' ? undefined : tenant);
}

/** As for keys: whoever belongs to a suspended tenant does not come in. */
async function assertActive({ rooms }: AdminDeps, { scope, tenant }: Caller): Promise<void> {
  const known = scope === 'global' ? undefined : (await rooms.keyStore.listTenants()).find(({ id }) => id === tenant);
  if (known?.state === 'suspended') throw accessFault('tenant_suspended', { tenant });
}

/** Where browsers reach this listener: as configured, or as this one did. The provider takes no address that is not registered there. */
function baseUrl({ compiled }: AdminDeps, { headers }: Incoming): string {
  const { url, tls } = compiled().config.admin;
  return url?.replace(/\/+$/, '') ?? `http${tls === undefined ? '' : 's'}://${headers['host'] ?? ''}`;
}

const redirect = (location: string, cookie: string): Redirect => ({ status: 302, headers: { location, 'set-cookie': cookie }, body: '' });

const backTo = ({ code }: Fault): Redirect => redirect(`/?error=${code}`, dropCookie(JOURNEY_COOKIE));

const digestOf = (token: string): string => hash('sha256', token, 'base64url');
