// Addresses that run code or carry a document of their own, as a browser reads them.
import table from './tables/html.json' with { type: 'json' };

const SCHEMES: ReadonlySet<string> = new Set(table.schemes);
const ENTITIES: Readonly<Record<string, string>> = table.entities;
const LONGEST = Math.max(...table.schemes.map((scheme) => scheme.length));

/** WHATWG URL section 4.4: control characters and blanks around are cut off, tabs and line breaks inside are ignored. */
// eslint-disable-next-line no-control-regex
const IGNORED = /[\u0000-\u0020\u007f-\u00a0\u200b-\u200f\u2028\u2029\ufeff]/g;
const ENTITY = /&(?:#x0*([0-9a-f]{1,6})|#0*(\d{1,7})|(colon|tab|newline|lpar|rpar|sol|nbsp|amp));?/gi;

/** Character references as HTML reads them (section 13.2.5.72); the few named ones that can hide a scheme. */
function withoutReferences(value: string): string {
  return value.replace(ENTITY, (_whole, ...groups: (string | undefined)[]) => {
    const [hex, decimal, name] = groups;
    if (name !== undefined) return ENTITIES[name.toLowerCase()] ?? '';
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : '';
  });
}

const plain = (value: string): string => withoutReferences(value).replace(IGNORED, '').toLowerCase();

/** Whether the address, complete or not, begins with an unsafe scheme. */
export const isUnsafeAddress = (value: string): boolean => schemeOf(value) === 'unsafe';

/** What the address, complete or not, begins with: a scheme that is unsafe, another one, or none so far. */
export function schemeOf(value: string, unsafe: ReadonlySet<string> = SCHEMES): 'unsafe' | 'another' | 'none' {
  const text = plain(value);
  const colon = text.indexOf(':');
  if (colon < 0) return 'none';
  return unsafe.has(text.slice(0, colon)) ? 'unsafe' : 'another';
}

/** Whether more text could make an unsafe address of it. */
export function mayBecomeUnsafe(value: string, unsafe: ReadonlySet<string> = SCHEMES): boolean {
  // A reference that is cut off could become any letter.
  const cut = /&[#\w]{0,9}$/.exec(value);
  const text = plain(cut === null ? value : value.slice(0, cut.index));
  if (text.includes(':') || text.length > LONGEST) return false;
  for (const scheme of unsafe) if (scheme.startsWith(text)) return true;
  return false;
}
