// Escapes that stand for single characters: URL percent (RFC 3986), HTML entities, backslash escapes, U+ notation.
import { Splice } from '../splice.ts';
import type { Decoded } from '../layer.ts';

const PERCENT_RUN = /(?:%[0-9a-fA-F]{2})+/g;
const ENTITY = /&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|([a-zA-Z]{2,8}));?/g;
const BACKSLASH = /\\(?:u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|x([0-9a-fA-F]{2})|([0-3][0-7]{2}))/g;
const CODE_POINTS = /U\+([0-9a-fA-F]{4,6})(?: U\+[0-9a-fA-F]{4,6}){0,4096}/gi;
const CODE_POINT = /U\+([0-9a-fA-F]{4,6})( {2})?/gi;
const NAMED: Readonly<Record<string, string>> = {
  lt: '<',
  gt: '>',
  amp: '&',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  num: '#',
  lbrack: '[',
  rbrack: ']',
  lbrace: '{',
  rbrace: '}',
  colon: ':',
  period: '.',
  comma: ',',
  excl: '!',
  vert: '|',
  sol: '/',
  bsol: '\\',
  newline: '\n',
  tab: '\t',
  zwj: '',
  zwnj: '',
  shy: '',
};

const fromCode = (code: number): string =>
  code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : ' ';

export function decodePercent(text: string): Decoded | undefined {
  const splice = new Splice(text);
  for (const match of text.matchAll(PERCENT_RUN)) {
    const bytes = Buffer.from(match[0].replaceAll('%', ''), 'hex');
    splice.replace(match.index, match.index + match[0].length, bytes.toString('utf8'));
  }
  return splice.finish();
}

export function decodeEntities(text: string): Decoded | undefined {
  const splice = new Splice(text);
  for (const match of text.matchAll(ENTITY)) {
    const [whole, decimal, hexadecimal, name] = match;
    const decoded = name === undefined ? fromCode(numberOf(decimal, hexadecimal)) : NAMED[name.toLowerCase()];
    if (decoded !== undefined) splice.replace(match.index, match.index + whole.length, decoded);
  }
  return splice.finish();
}

const numberOf = (decimal: string | undefined, hexadecimal: string | undefined): number =>
  decimal === undefined ? Number.parseInt(hexadecimal ?? '0', 16) : Number.parseInt(decimal, 10);

export function decodeBackslashes(text: string): Decoded | undefined {
  const splice = new Splice(text);
  for (const match of text.matchAll(BACKSLASH)) {
    const octal = match[5];
    const hexadecimal = match[1] ?? match[2] ?? match[3] ?? match[4] ?? '0';
    const code = octal === undefined ? Number.parseInt(hexadecimal, 16) : Number.parseInt(octal, 8);
    splice.replace(match.index, match.index + match[0].length, fromUnit(code));
  }
  return splice.finish();
}

/** A \u escape may be half of a surrogate pair whose other half follows. */
const fromUnit = (code: number): string => (code >= 0xd800 && code <= 0xdfff ? String.fromCharCode(code) : fromCode(code));

export function decodeCodePoints(text: string): Decoded | undefined {
  const splice = new Splice(text);
  for (const match of text.matchAll(CODE_POINTS)) {
    let decoded = '';
    for (const point of match[0].matchAll(CODE_POINT))
      decoded += fromCode(Number.parseInt(point[1] ?? '0', 16)) + (point[2] === undefined ? '' : ' ');
    splice.replace(match.index, match.index + match[0].length, decoded);
  }
  return splice.finish();
}
