// Character references of HTML and XML as what they stand for.

const NAMES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'", nbsp: ' ', colon: ':', semi: ';' };

const REFERENCE = /&(?:#x[\da-f]{1,6}|#\d{1,7}|[a-z]{2,8});?/gi;

function read(reference: string): string {
  const name = reference.slice(1).replace(/;$/, '').toLowerCase();
  if (!name.startsWith('#')) return NAMES[name] ?? reference;
  const code = name.startsWith('#x') ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : reference;
}

/** References that nobody knows stay. */
export const withoutEntities = (text: string): string => (text.includes('&') ? text.replace(REFERENCE, read) : text);
