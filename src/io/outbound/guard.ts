// The one guard that outbound connections to places of the operator pass: what the URL may say, and which addresses may be meant.
// Such URLs come from the configuration file and never from an API, so that internal addresses are allowed here.
import { lookup, type LookupAddress } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

/** An address that nobody may be sent to, or a URL that says more than where. Its message names no secret. */
export class OutboundRefusal extends Error {
  override readonly name = 'OutboundRefusal';
}

/**
 * Never a place for events: link-local addresses, where clouds keep the credentials of a machine (169.254.169.254, fd00:ec2::254;
 * CWE-918), unspecified ones, which mean this machine on some systems, and multicast. IPv4 addresses in IPv6 are matched as IPv4.
 */
const NEVER = new BlockList();
NEVER.addSubnet('0.0.0.0', 8, 'ipv4');
NEVER.addSubnet('169.254.0.0', 16, 'ipv4');
NEVER.addSubnet('224.0.0.0', 3, 'ipv4');
NEVER.addAddress('::', 'ipv6');
NEVER.addSubnet('fe80::', 10, 'ipv6');
NEVER.addSubnet('ff00::', 8, 'ipv6');
NEVER.addAddress('fd00:ec2::254', 'ipv6');

/** Whether nobody may be sent to an address, whoever asks. */
export const isNever = (address: string): boolean => NEVER.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');

const refusal = (address: string): OutboundRefusal =>
  new OutboundRefusal(`the address ${address} is link-local, unspecified or multicast: nothing is sent there`);

/** Reads a URL. Throws `OutboundRefusal` for another scheme, for credentials in it, and for an address that nobody may be sent to. */
export function outboundUrl(text: string, schemes: readonly string[]): URL {
  const url = URL.parse(text);
  if (url === null || !schemes.includes(url.protocol.slice(0, -1)))
    throw new OutboundRefusal(`the address is no URL of ${schemes.join(' or ')}`);
  // They would stand in logs and in lists of processes; secrets have settings of their own.
  if (url.username !== '' || url.password !== '') throw new OutboundRefusal(`the URL of ${url.hostname} carries a user or a password`);
  assertOutboundHost(outboundHost(url));
  return url;
}

/** The host of a URL as sockets want it: an IPv6 address without its brackets. */
export const outboundHost = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '');

/** For hosts that are addresses already: the system looks up none of them. Throws `OutboundRefusal`. */
export function assertOutboundHost(host: string): void {
  if (isIP(host) !== 0 && isNever(host)) throw refusal(host);
}

/** Looks a name up and hands on only what may be meant: the socket connects to the very address that was looked at (DNS rebinding). */
export const guardedLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, found: LookupAddress[]) => {
    if (error !== null) return callback(error, []);
    const allowed = found.filter(({ address }) => !isNever(address));
    const [first] = allowed;
    if (first === undefined) return callback(refusal(found[0]?.address ?? hostname), []);
    if (options.all === true) callback(null, allowed);
    else callback(null, first.address, first.family);
  });
};
