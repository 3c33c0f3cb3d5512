// Which addresses count as one when somebody is counted by address.

/** Who has one IPv6 address has the other 2^64 of its network too (RFC 6177): they count as one. Takes canonical text. */
export function netOf(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const groups = [...left, ...Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0'), ...right];
  return groups.slice(0, 4).join(':');
}
