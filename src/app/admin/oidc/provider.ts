// The OpenID provider as this gateway meets it: discovery, the authorization code with PKCE (RFC 7636), the claims of a person.
import { readFileSync } from 'node:fs';
import * as oidc from 'openid-client';
import { Agent, fetch as undiciFetch } from 'undici';
import type { OidcConfig } from '../../config/oidc-schema.ts';
import { isLoopbackHost } from '../../config/address.ts';

const TIMEOUT_MS = 10_000;
/** Discovery documents, key sets and tokens are small. */
const ANSWER_BYTES_MAX = 1_048_576;
/** Clocks of two machines may differ by so much. */
const CLOCK_TOLERANCE_S = 30;

/** What is kept between sending somebody to the provider and their coming back. */
export interface Journey {
  readonly verifier: string;
  readonly state: string;
  readonly nonce: string;
  readonly redirectUri: string;
}

export interface Claims {
  readonly issuer: string;
  readonly subject: string;
  /** A name or an address, if the provider told one. */
  readonly name: string | undefined;
  readonly groups: readonly string[];
  /** Unix milliseconds. */
  readonly expiresAtMs: number;
}

export interface Provider {
  begin(redirectUri: string): Promise<{ readonly url: string; readonly journey: Journey }>;
  /** Throws whatever is wrong with the answer or the tokens. */
  finish(url: URL, journey: Journey): Promise<Claims>;
}

/** Reads the discovery document. Throws when the provider cannot be reached, or is another one. */
export async function openProvider(config: OidcConfig, clientSecret: string | undefined): Promise<Provider> {
  const issuer = new URL(config.issuer);
  const ca = config.ca === undefined ? undefined : readFileSync(config.ca, 'utf8');
  const connect = { timeout: TIMEOUT_MS, ...(ca === undefined ? {} : { ca }) };
  const dispatcher = new Agent({ connect, headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS, maxResponseSize: ANSWER_BYTES_MAX });
  const options: oidc.DiscoveryRequestOptions = {
    timeout: TIMEOUT_MS / 1_000,
    [oidc.customFetch]: (url, init) => parseResponse(undiciFetch(url, { ...parseInit(init), dispatcher })),
    // RFC 8252 section 8.3 allows plain http on loopback, and nowhere else.
    ...(issuer.protocol === 'http:' && isLoopbackHost(issuer.hostname) ? { execute: [oidc.allowInsecureRequests] } : {}),
  };
  const server = await oidc.discovery(issuer, config.clientId, { [oidc.clockTolerance]: CLOCK_TOLERANCE_S }, authOf(clientSecret), options);
  return { begin: (redirectUri) => begin(server, config, redirectUri), finish: (url, journey) => finish(server, config, { url, journey }) };
}

const authOf = (clientSecret: string | undefined): oidc.ClientAuth =>
  clientSecret === undefined ? oidc.None() : oidc.ClientSecretBasic(clientSecret);

async function begin(
  server: oidc.Configuration,
  { scopes }: OidcConfig,
  redirectUri: string,
): Promise<{ readonly url: string; readonly journey: Journey }> {
  const journey = { verifier: oidc.randomPKCECodeVerifier(), state: oidc.randomState(), nonce: oidc.randomNonce(), redirectUri };
  const url = oidc.buildAuthorizationUrl(server, {
    redirect_uri: redirectUri,
    scope: scopes.join(' '),
    code_challenge: await oidc.calculatePKCECodeChallenge(journey.verifier),
    code_challenge_method: 'S256',
    state: journey.state,
    nonce: journey.nonce,
  });
  return { url: url.href, journey };
}

async function finish(
  server: oidc.Configuration,
  { groupsClaim }: OidcConfig,
  { url, journey }: { readonly url: URL; readonly journey: Journey },
): Promise<Claims> {
  const tokens = await oidc.authorizationCodeGrant(server, url, {
    pkceCodeVerifier: journey.verifier,
    expectedState: journey.state,
    expectedNonce: journey.nonce,
    idTokenExpected: true,
  });
  const claims = tokens.claims();
  if (claims === undefined) throw new Error('the provider sent no ID token');
  const inToken = parseClaims(claims);
  // Some providers keep groups, names or both out of the ID token.
  const isWhole = inToken[groupsClaim] !== undefined && nameIn(inToken) !== undefined;
  const isMore = !isWhole && server.serverMetadata().userinfo_endpoint !== undefined;
  const all = isMore ? { ...parseClaims(await oidc.fetchUserInfo(server, tokens.access_token, claims.sub)), ...inToken } : inToken;
  return {
    issuer: claims.iss,
    subject: claims.sub,
    name: nameIn(all),
    groups: groupsIn(all[groupsClaim]),
    expiresAtMs: claims.exp * 1_000,
  };
}

const nameIn = ({ email, preferred_username: handle, name }: Readonly<Record<string, unknown>>): string | undefined =>
  [email, handle, name].find((value): value is string => typeof value === 'string' && value !== '');

/** A list of texts, or one text; anything else is no group. */
function groupsIn(claim: unknown): readonly string[] {
  if (typeof claim === 'string') return [claim];
  return Array.isArray(claim) ? claim.filter((group): group is string => typeof group === 'string') : [];
}

const parseClaims = (claims: object): Readonly<Record<string, unknown>> => claims as Readonly<Record<string, unknown>>;

// The fetch of the platform and that of undici have the same shape; their types come from two packages.
type UndiciInit = NonNullable<Parameters<typeof undiciFetch>[1]>;
const parseInit = (init: object): UndiciInit => init;
const parseResponse = (response: Promise<unknown>): Promise<Response> => response as Promise<Response>;
