// One file from a place that a stranger named: public addresses, and networks that the operator opened by name; one deadline, one size, no
// redirects, nothing of ours in the request.
import { lookup, type LookupAddress } from 'node:dns';
import { Agent as HttpsAgent, request } from 'node:https';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { isNever, OutboundRefusal, outboundHost, outboundUrl } from './guard.ts';

export interface FetchLimits {
  readonly bytesMax: number;
  readonly timeoutMs: number;
}

/** What an operator opened beyond the public internet. */
export interface Reach {
  /** Addresses of the operator's own networks. Link-local ones, where clouds keep credentials, stay shut all the same. */
  readonly isOpened: (address: string) => boolean;
  /** PEM bundle of a private certificate authority. */
  readonly ca?: string | undefined;
}

const PUBLIC_ONLY: Reach = { isOpened: () => false };

/** All that is not the public internet (IANA special-purpose registries, RFC 6890): a stranger must reach nothing of ours (CWE-918). */
const PRIVATE = new BlockList();
for (const [network, bits] of [
  ['0.0.0.0', 8], ['10.0.0.0', 8], ['100.64.0.0', 10], ['127.0.0.0', 8], ['169.254.0.0', 16], ['172.16.0.0', 12], ['192.0.0.0', 24],
  ['192.0.2.0', 24], ['192.88.99.0', 24], ['192.168.0.0', 16], ['198.18.0.0', 15], ['198.51.100.0', 24], ['203.0.113.0', 24], ['224.0.0.0', 3],
] as const) PRIVATE.addSubnet(network, bits, 'ipv4'); // prettier-ignore

/** Of IPv6 only what is handed out (2000::/3), without tunnels and translations that carry an IPv4 address, and documentation. */
const GLOBAL6 = new BlockList();
GLOBAL6.addSubnet('2000::', 3, 'ipv6');
const NOT_GLOBAL6 = new BlockList();
for (const [network, bits] of [['2001::', 23], ['2001:db8::', 32], ['2002::', 16], ['3fff::', 20]] as const)
  NOT_GLOBAL6.addSubnet(network, bits, 'ipv6'); // prettier-ignore

/** Whether an address belongs to the public internet. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !PRIVATE.check(address, 'ipv4');
  return family === 6 && GLOBAL6.check(address, 'ipv6') && !NOT_GLOBAL6.check(address, 'ipv6');
}

const mayReach = (address: string, { isOpened }: Reach): boolean => isPublicAddress(address) || (isOpened(address) && !isNever(address));

/** The socket connects to the very address that was looked at, so that a second answer of the name server changes nothing (rebinding). */
const lookupWithin =
  (reach: Reach): LookupFunction =>
  (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found: LookupAddress[]) => {
      if (error !== null) return callback(error, []);
      const [first] = found;
      // One private address among public ones is a trap, and not a place with two doors.
      if (first === undefined || !found.every(({ address }) => mayReach(address, reach)))
        return callback(new OutboundRefusal(`${hostname} is no public address`), []);
      if (options.all === true) callback(null, found);
      else callback(null, first.address, first.family);
    });
  };

/** Reads a URL for `fetchPublic`: https, no credentials, no private address; a port only where `hasPort` says so. Throws `OutboundRefusal`. */
export function publicUrl(
  text: string,
  { hasPort = false, reach = PUBLIC_ONLY }: { readonly hasPort?: boolean; readonly reach?: Reach } = {},
): URL {
  const url = outboundUrl(text, ['https']);
  const host = outboundHost(url);
  if (url.port !== '' && !hasPort) throw new OutboundRefusal('the URL names a port');
  if (isIP(host) !== 0 && !mayReach(host, reach)) throw new OutboundRefusal(`${host} is no public address`);
  return url;
}

/** Rejects with `OutboundRefusal`, the system's error, or an Error that says what was too large, too slow or not there. */
export function fetchPublic(url: URL, { bytesMax, timeoutMs }: FetchLimits, reach: Reach = PUBLIC_ONLY): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    // Its own connection, closed afterwards: strangers share nothing.
    const ca = reach.ca === undefined ? {} : { ca: reach.ca };
    const agent = new HttpsAgent({ keepAlive: false, lookup: lookupWithin(reach), minVersion: 'TLSv1.2', ...ca });
    const port = url.port === '' ? 443 : Number(url.port);
    const asked = request({ host: outboundHost(url), port, path: `${url.pathname}${url.search}`, agent, headers: { accept: 'image/*' } });
    const timer = setTimeout(() => asked.destroy(new Error(`it did not arrive in ${timeoutMs} ms`)), timeoutMs);
    asked.once('close', () => clearTimeout(timer));
    asked.once('error', reject);
    asked.once('response', (answer) => {
      if (answer.statusCode !== 200) return void asked.destroy(new Error(`the other side answered ${answer.statusCode ?? 0}`));
      const chunks: Buffer[] = [];
      let bytes = 0;
      answer.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > bytesMax) asked.destroy(new Error(`it is larger than ${bytesMax} bytes`));
        else chunks.push(chunk);
      });
      answer.once('error', reject);
      answer.once('close', () => (answer.complete ? resolve(Buffer.concat(chunks)) : reject(new Error('it broke off'))));
    });
    asked.end();
  });
}
