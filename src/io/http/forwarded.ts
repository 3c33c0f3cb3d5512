// What proxies say of a caller: Forwarded (RFC 7239) and the X-Forwarded headers that came before it. Read only from listed peers.
import type { Headers } from './exchange.ts';
import { toIpAddress, type TrustedProxies } from './trusted-proxies.ts';

export type Scheme = 'http' | 'https';

/** Where a request comes from, as far as it is known from somebody who is believed. */
export interface Source {
  /** Of the caller, in one text for each address; empty where the connection has none. */
  readonly address: string;
  /** The host that the caller asked for. */
  readonly host: string | undefined;
  /** How the caller reached the first listed proxy; undefined where nobody who is believed has said. */
  readonly scheme: Scheme | undefined;
}

export type SourceReading =
  | { readonly state: 'known'; readonly source: Source }
  | { readonly state: 'malformed'; readonly header: string }
  /** Two headers tell two stories: one of them is the caller's own. */
  | { readonly state: 'contradictory'; readonly header: string };

/** More hops than any network has, and few enough to be read for each request. */
export const HOPS_MAX = 32;

/** An address, or undefined for a hop that its proxy chose not to name. */
type Hop = string | undefined;

interface Element {
  readonly hop: Hop;
  readonly host: string | undefined;
  readonly scheme: Scheme | undefined;
}

/** The caller behind `peer`. From a peer that is not listed nothing of the forwarded headers is read at all. */
export function readSource(headers: Headers, peer: string, proxies: TrustedProxies): SourceReading {
  if (proxies.isEmpty || !proxies.has(peer)) return known({ address: peer, host: headers['host'], scheme: undefined });
  const old = readOld(headers, peer, proxies);
  if (typeof old === 'string') return { state: 'malformed', header: old };
  const { forwarded } = headers;
  if (forwarded === undefined) return known({ ...old, address: old.address ?? peer, host: old.host ?? headers['host'] });
  const elements = parseForwarded(forwarded);
  if (elements === undefined) return { state: 'malformed', header: 'Forwarded' };
  const said = readElements(elements, peer, proxies);
  const contradicted = contradiction(old, said);
  if (contradicted !== undefined) return { state: 'contradictory', header: contradicted };
  return known({ address: said.address, host: said.host ?? old.host ?? headers['host'], scheme: said.scheme ?? old.scheme });
}

const known = (source: Source): SourceReading => ({ state: 'known', source });

interface Told {
  readonly address: string | undefined;
  readonly host: string | undefined;
  readonly scheme: Scheme | undefined;
}

/** The name of the header that cannot be read, or what the X-Forwarded headers tell. */
function readOld(headers: Headers, peer: string, proxies: TrustedProxies): Told | string {
  const hops = headers['x-forwarded-for'] === undefined ? undefined : parseForwardedFor(headers['x-forwarded-for']);
  if (hops === undefined && headers['x-forwarded-for'] !== undefined) return 'X-Forwarded-For';
  // The rightmost value is the one that the listed peer wrote itself; others may come from the caller.
  const host = lastOf(headers['x-forwarded-host']);
  if (host !== undefined && !isHost(host)) return 'X-Forwarded-Host';
  const proto = lastOf(headers['x-forwarded-proto']);
  const scheme = proto === undefined ? undefined : schemeOf(proto);
  if (proto !== undefined && scheme === undefined) return 'X-Forwarded-Proto';
  return { address: hops === undefined ? undefined : callerOf(hops, peer, proxies).address, host, scheme };
}

const lastOf = (list: string | undefined): string | undefined => list?.slice(list.lastIndexOf(',') + 1).trim();

function readElements(elements: readonly Element[], peer: string, proxies: TrustedProxies): Told & { readonly address: string } {
  const { address, at } = callerOf(
    elements.map(({ hop }) => hop),
    peer,
    proxies,
  );
  // Host and protocol as the first listed proxy saw them: it wrote the element that names the caller.
  const element = elements[at];
  return { address, host: element?.host, scheme: element?.scheme };
}

function contradiction(old: Told, said: Told): string | undefined {
  if (old.address !== undefined && old.address !== said.address) return 'X-Forwarded-For';
  if (old.host !== undefined && said.host !== undefined && old.host.toLowerCase() !== said.host.toLowerCase()) return 'X-Forwarded-Host';
  return old.scheme !== undefined && said.scheme !== undefined && old.scheme !== said.scheme ? 'X-Forwarded-Proto' : undefined;
}

/**
 * The rightmost hop that is not listed: everything to its left was written by the caller, or by somebody whom nobody vouches for. Where a
 * proxy named no address, the proxy itself stands for whoever is behind it.
 */
function callerOf(hops: readonly Hop[], peer: string, proxies: TrustedProxies): { readonly address: string; readonly at: number } {
  let address = peer;
  for (let at = hops.length - 1; at >= 0; at--) {
    const hop = hops[at];
    if (hop === undefined) return { address, at };
    address = hop;
    if (!proxies.has(hop)) return { address, at };
  }
  return { address, at: 0 };
}

/** The hops of X-Forwarded-For, the caller first. Undefined where one is neither an address nor `unknown`, or there are too many. */
export function parseForwardedFor(header: string): readonly Hop[] | undefined {
  const parts = header.split(',', HOPS_MAX * 2);
  const hops: Hop[] = [];
  for (const part of parts) {
    const text = part.trim();
    // Empty members of a list are passed over (RFC 9110 section 5.6.1.2).
    if (text === '') continue;
    const hop = parseNode(text);
    if (hop === 'malformed') return undefined;
    hops.push(hop.address);
  }
  return hops.length > HOPS_MAX || parts.length === HOPS_MAX * 2 ? undefined : hops;
}

/** A node of RFC 7239 section 6, and an IPv6 address without brackets, as X-Forwarded-For carries it. */
function parseNode(text: string): { readonly address: Hop } | 'malformed' {
  const bare = toIpAddress(text.includes('%') ? '' : text);
  if (bare !== undefined) return { address: bare };
  const match =
    /^(?:\[([0-9a-fA-F:.]{2,45})\]|([0-9.]{7,15})|(unknown|_[A-Za-z0-9._-]{1,64}))(?::(?:\d{1,5}|_[A-Za-z0-9._-]{1,64}))?$/i.exec(text);
  if (match === null) return 'malformed';
  const [, six, four, hidden] = match;
  if (hidden !== undefined) return { address: undefined };
  const address = toIpAddress(six ?? four ?? '');
  // Brackets are for IPv6 alone, so that one text has one reading.
  return address === undefined || (six !== undefined && !six.includes(':')) ? 'malformed' : { address };
}

/** One pair with what follows it. Neighbours in the pattern share no character, so that matching takes time in proportion to the header. */
const PAIR = /[ \t]*(?:([!#$%&'*+.^_`|~\w-]+)=(?:([!#$%&'*+.^_`|~\w-]+)|"((?:[^"\\\p{Cc}]|\\[\t\x20-\x7e])*)")[ \t]*)?([;,]|$)/uy;

/** The elements of Forwarded, that of the caller first (RFC 7239 section 4). Undefined where the header is not well-formed or too long. */
export function parseForwarded(header: string): readonly Element[] | undefined {
  const elements: Element[] = [];
  let pairs = new Map<string, string>();
  let at = 0;
  for (let isOver = false; !isOver;) {
    PAIR.lastIndex = at;
    const match = PAIR.exec(header);
    if (match === null) return undefined;
    const [whole, name, token, quoted, after] = match;
    if (name !== undefined) {
      const key = name.toLowerCase();
      // A parameter must not occur more than once in one element (RFC 7239 section 4).
      if (pairs.has(key)) return undefined;
      pairs.set(key, token ?? (quoted ?? '').replace(/\\(.)/gu, '$1'));
    }
    at += whole.length;
    isOver = after === '';
    if (after === ';') continue;
    if (pairs.size > 0) {
      const element = toElement(pairs);
      if (element === undefined || elements.length === HOPS_MAX) return undefined;
      elements.push(element);
      pairs = new Map();
    }
  }
  return elements;
}

function toElement(pairs: ReadonlyMap<string, string>): Element | undefined {
  const [node, host, proto] = [pairs.get('for'), pairs.get('host'), pairs.get('proto')];
  // An element without `for` tells as little of its hop as `unknown` does.
  const hop = node === undefined ? { address: undefined } : parseNode(node);
  const scheme = proto === undefined ? undefined : schemeOf(proto);
  if (hop === 'malformed' || (host !== undefined && !isHost(host)) || (proto !== undefined && scheme === undefined)) return undefined;
  // Without brackets an IPv6 address with a port could be read in two ways (RFC 7239 section 6.1).
  if (node?.includes(':') === true && /^[0-9a-fA-F:.]*$/.test(node) && node.split(':').length > 2) return undefined;
  return { hop: hop.address, host, scheme };
}

const isHost = (text: string): boolean => /^(?:[A-Za-z0-9._-]{1,255}|\[[0-9a-fA-F:.]{2,45}\])(?::\d{1,5})?$/.test(text);

function schemeOf(text: string): Scheme | undefined {
  const lower = text.toLowerCase();
  return lower === 'http' || lower === 'https' ? lower : undefined;
}
