// Step 0: HTTP hygiene, the same on both planes. Everything here rests on headers alone and costs nothing.
import type { Headers, Incoming } from '../io/http/exchange.ts';
import { readSource } from '../io/http/forwarded.ts';
import type { TrustedProxies } from '../io/http/trusted-proxies.ts';
import { gatewayFault } from './faults.ts';

export interface HygieneSettings {
  /** Host names that this listener answers to, beside the addresses of loopback. Empty: any host, for listeners behind TLS. */
  readonly allowedHosts: ReadonlySet<string>;
  readonly isLoopback: boolean;
}

const LOOPBACK_HOSTS = new Set(['localhost', '127.0.0.1', '[::1]']);

const hostOf = (header: string): string => header.replace(/:\d+$/, '').toLowerCase();

function hostOfUrl(url: string): string | undefined {
  return URL.canParse(url) ? hostOf(new URL(url).host) : undefined;
}

/**
 * The request as its caller sent it to the first listed proxy: with the caller's address, and the host that was asked for. From anybody
 * else it is the request itself, whatever is forwarded in it. Throws `forwarded_malformed`, `forwarded_contradicts`, `origin_refused`.
 */
export function behindProxies(incoming: Incoming, proxies: TrustedProxies): Incoming {
  const { headers, peerAddress } = incoming;
  if (proxies.isEmpty || !proxies.has(peerAddress)) return incoming;
  const reading = readSource(headers, peerAddress, proxies);
  if (reading.state !== 'known')
    throw gatewayFault(reading.state === 'malformed' ? 'forwarded_malformed' : 'forwarded_contradicts', { header: reading.header });
  const { address, host, scheme } = reading.source;
  // A page that came in the clear may be anybody's on the network, where callers come by TLS.
  const isOther = scheme !== undefined && headers['origin'] !== undefined && !headers['origin'].toLowerCase().startsWith(`${scheme}://`);
  if (isOther) throw gatewayFault('origin_refused', { header: 'Origin' });
  const { method, path, query } = incoming;
  return { method, path, query, peerAddress: address, headers: { ...headers, host }, body: (limits) => incoming.body(limits) };
}

/**
 * Refuses what a browser sends on behalf of a page that is not ours: a foreign Host (DNS rebinding), a foreign Origin, or a
 * cross-site fetch (Fetch Metadata, W3C). Throws `origin_refused`.
 */
export function assertOwnOrigin(headers: Headers, settings: HygieneSettings): void {
  const isOurs = (host: string): boolean =>
    settings.allowedHosts.has(host) || (settings.isLoopback ? LOOPBACK_HOSTS.has(host) : settings.allowedHosts.size === 0);
  if (!isOurs(hostOf(headers['host'] ?? ''))) throw gatewayFault('origin_refused', { header: 'Host' });
  const { origin } = headers;
  if (origin !== undefined && !isOurs(hostOfUrl(origin) ?? '')) throw gatewayFault('origin_refused', { header: 'Origin' });
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') throw gatewayFault('origin_refused', { header: 'Sec-Fetch-Site' });
}

/** A body is JSON, plain and unencoded: a form post of another site's page is neither. */
export function assertJsonBody(headers: Headers): void {
  const type = (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json') throw gatewayFault('content_type_refused');
  if ((headers['content-encoding'] ?? 'identity') !== 'identity') throw gatewayFault('content_encoding_refused');
}

/** The key that the caller's SDK sends: `Authorization: Bearer` or `x-api-key`. */
export function presentedKey(headers: Headers): string | undefined {
  const bearer = /^Bearer +(\S+)$/i.exec(headers['authorization'] ?? '')?.[1];
  return bearer ?? headers['x-api-key'] ?? headers['api-key'];
}
