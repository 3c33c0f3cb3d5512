// The cookies of the console. `__Host-` binds a cookie to this very host, path and to TLS (RFC 6265bis section 4.1.3.2); browsers
// count plain HTTP on loopback as secure.

/** Names one session; means nothing to anybody else. */
export const SESSION_COOKIE = '__Host-sallyport';

/** The first cookie of this name in a Cookie header. */
export function cookieIn(header: string | undefined, name: string): string | undefined {
  for (const pair of (header ?? '').split(';')) {
    const at = pair.indexOf('=');
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim();
  }
  return undefined;
}

interface CookieRules {
  readonly maxAgeSeconds: number;
  /** Lax goes along when another site sends the browser here, Strict does not. */
  readonly sameSite: 'Strict' | 'Lax';
}

/** A `Set-Cookie` value that no script can read. The value must be base64url. */
export const setCookie = (name: string, value: string, { maxAgeSeconds, sameSite }: CookieRules): string =>
  `${name}=${value}; Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; Secure; SameSite=${sameSite}`;

export const dropCookie = (name: string): string => setCookie(name, '', { maxAgeSeconds: 0, sameSite: 'Strict' });
