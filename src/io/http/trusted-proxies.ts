// Addresses as they are compared, and the list of the proxies whose word about a caller is taken.
import { BlockList, isIP, SocketAddress } from 'node:net';

/** Peers that may say for whom they ask. */
export interface TrustedProxies {
  readonly isEmpty: boolean;
  /** Takes an address as `toIpAddress` writes it. */
  has(address: string): boolean;
}

/** Answers that are kept: of a few proxies and many callers behind them. */
const KEPT_MAX = 4_096;
const LOOPBACK = ['127.0.0.0/8', '::1'] as const;

/**
 * One text for each address: lower case, zeros compressed (RFC 5952), an IPv4-mapped one (RFC 4291 section 2.5.5.2) as IPv4, without
 * zone. Undefined for what is no IP address.
 */
export function toIpAddress(text: string): string | undefined {
  const family = isIP(text);
  if (family === 0) return undefined;
  if (family === 4) return text;
  const { address } = new SocketAddress({ address: text, family: 'ipv6' });
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice('::ffff:'.length) : address;
}

/** Whether an entry is an address, a CIDR block (RFC 4632) or the word `loopback`. A block of all addresses is none: it would believe everybody. */
export const isProxyEntry = (entry: string): boolean => entry === 'loopback' || parseBlock(entry) !== undefined;

/** Throws for an entry that `isProxyEntry` does not know. */
export function parseTrustedProxies(entries: readonly string[]): TrustedProxies {
  const list = new BlockList();
  for (const entry of entries.flatMap((one) => (one === 'loopback' ? LOOPBACK : [one]))) {
    const block = parseBlock(entry);
    if (block === undefined) throw new RangeError(`${entry} is no address, CIDR block or the word loopback`);
    list.addSubnet(block.address, block.prefix, familyOf(block.address));
  }
  const kept = new Map<string, boolean>();
  return {
    isEmpty: entries.length === 0,
    has(address) {
      const known = kept.get(address);
      if (known !== undefined) return known;
      const isListed = isIP(address) !== 0 && list.check(address, familyOf(address));
      if (kept.size >= KEPT_MAX) kept.clear();
      kept.set(address, isListed);
      return isListed;
    },
  };
}

const familyOf = (address: string): 'ipv4' | 'ipv6' => (address.includes(':') ? 'ipv6' : 'ipv4');

const MAPPED_BITS = 96;

function parseBlock(entry: string): { readonly address: string; readonly prefix: number } | undefined {
  const match = /^([0-9a-fA-F:.]{2,45})(?:\/(\d{1,3}))?$/.exec(entry);
  const written = match?.[1] ?? '';
  const address = toIpAddress(written);
  if (address === undefined) return undefined;
  const bits = written.includes(':') ? 128 : 32;
  const given = match?.[2] === undefined ? bits : Number(match[2]);
  if (given > bits) return undefined;
  // A mapped block counts the 96 bits before the IPv4 address.
  const isMapped = bits === 128 && familyOf(address) === 'ipv4';
  const prefix = isMapped ? given - MAPPED_BITS : given;
  return prefix < 1 ? undefined : { address, prefix };
}
