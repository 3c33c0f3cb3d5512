// Hosts inside this machine or network, however they are written: RFC 6890, and the IPv4 parser of browsers (WHATWG URL section 3.5).

/** A number of an IPv4 address: decimal, octal behind a zero, hexadecimal behind 0x. */
const NUMBER = /^(?:0x[0-9a-f]*|0[0-7]*|[1-9]\d*)$/;
const PARTS_MAX = 4;

/** Names that no name server of the internet answers for, or should (RFC 6761, RFC 6762, RFC 8375, Kubernetes). */
const NAMES = /^(?:[\w-]+\.)*(?:localhost|local|internal|intranet|lan|corp|home|home\.arpa|svc)$/;

/** Networks by their first address and the bits that count. */
const NETWORKS: readonly (readonly [number, number])[] = [
  [0x00_00_00_00, 8], [0x0a_00_00_00, 8], [0x64_40_00_00, 10], [0x7f_00_00_00, 8], [0xa9_fe_00_00, 16], [0xac_10_00_00, 12],
  [0xc0_00_00_00, 24], [0xc0_a8_00_00, 16], [0xc6_12_00_00, 15], [0xe0_00_00_00, 3],
]; // prettier-ignore

/** WHATWG URL section 3.5: hosts are percent-decoded, folded to the usual letters and digits, and other full stops are dots. */
export const asBrowsersRead = (host: string): string =>
  host
    .replace(/(?:%[0-9a-f]{2})+/gi, decoded)
    .replace(/[\t\r\n\u00ad\u200b-\u200d\u2060\ufeff]/g, '')
    .normalize('NFKC')
    .replaceAll('\u3002', '.')
    .toLowerCase();

function decoded(escapes: string): string {
  try {
    return decodeURIComponent(escapes);
  } catch {
    // No UTF-8, and so the name of nobody.
    return escapes;
  }
}

/** `host` as browsers read it. A name without a dot is one of this network, unless it merely looks like a host. */
export function isInside(host: string, isSurelyHost: boolean): boolean {
  if (host.startsWith('[')) return true;
  const name = host.replace(/\.+$/, '');
  // eslint-disable-next-line no-control-regex
  if (name === '' || /[\u0000-\u0020]/.test(name)) return isSurelyHost && name !== '';
  if (NAMES.test(name)) return true;
  const parts = name.split('.');
  if (!isSurelyHost && parts.length < PARTS_MAX && !/^(?:0x[0-9a-f]+|\d{6,10}|127(?:\.\d+)*|0(?:\.\d+)*)$/.test(name)) return false;
  const address = addressOf(parts);
  if (address === undefined) return isSurelyHost && parts.length === 1;
  return NETWORKS.some(([first, bits]) => address >>> (32 - bits) === first >>> (32 - bits));
}

/** As browsers do: each part but the last is a byte, the last fills what is left. Undefined for what is no address. */
function addressOf(parts: readonly string[]): number | undefined {
  if (parts.length > PARTS_MAX || !parts.every((part) => NUMBER.test(part))) return undefined;
  const numbers = parts.map(valueOf);
  const last = numbers.at(-1) ?? 0;
  const bytes = numbers.slice(0, -1);
  const room = 2 ** (8 * (PARTS_MAX + 1 - parts.length));
  if (bytes.some((byte) => byte > 255) || last >= room) return undefined;
  return bytes.reduce((sum, byte, at) => sum + byte * 2 ** (8 * (PARTS_MAX - 1 - at)), last);
}

function valueOf(part: string): number {
  if (part.startsWith('0x')) return part.length === 2 ? 0 : Number.parseInt(part, 16);
  return part.startsWith('0') ? Number.parseInt(part, 8) : Number(part);
}
