// What kind of unit stands where: one table look-up instead of a chain of comparisons.

export const DIGIT = 1;
export const UPPER = 2;
export const LOWER = 4;
export const LETTER = UPPER | LOWER;
/** Letters, digits and underscore: what a word boundary is measured against. */
export const WORD = 8;
/** Base64 and base64url, without padding. */
export const BASE64 = 16;
export const HEX = 32;
/** Local part of an e-mail address (RFC 5321 atom, the usual subset), Latin letters beyond ASCII included. */
export const LOCAL = 64;
/** Host names, Latin letters beyond ASCII included (internationalised names as people write them). */
export const HOST = 128;
export const SPACE = 256;
/** What a URL may contain (RFC 3986), leniently: everything visible but quotes, angle brackets and backquote. */
export const URL_UNIT = 512;
/** Latin letters beyond ASCII. */
export const ACCENTED = 1024;
/** What a pasted secret consists of: visible ASCII but quotes, backquote, angle brackets and backslash. */
export const OPAQUE = 2048;

const SIZE = 0x250;

function kindsOf(code: number): number {
  const unit = String.fromCharCode(code);
  let kinds = 0;
  const add = (kind: number, pattern: RegExp): void => {
    if (pattern.test(unit)) kinds |= kind;
  };
  add(DIGIT, /[0-9]/);
  add(UPPER, /[A-Z]/);
  add(LOWER, /[a-z]/);
  add(WORD, /[A-Za-z0-9_]/);
  add(BASE64, /[A-Za-z0-9+/_-]/);
  add(HEX, /[0-9a-fA-F]/);
  add(LOCAL, /[A-Za-z0-9._%+-]|[\u00c0-\u024f]/);
  add(HOST, /[A-Za-z0-9.-]|[\u00c0-\u024f]/);
  add(SPACE, /\s/);
  add(URL_UNIT, /[!-~]|[\u00a1-\u024f]/);
  add(ACCENTED, /[\u00c0-\u024f]/);
  add(OPAQUE, /[!-~]/);
  if (/["'<>`\\]/.test(unit)) kinds &= ~(URL_UNIT | OPAQUE);
  return kinds;
}

const KINDS = Uint16Array.from({ length: SIZE }, (_, code) => kindsOf(code));

/** The unit at `at`; 0 beyond either end. V8 reads units in place only as long as nobody ever reads beyond the ends. */
export const codeAt = (text: string, at: number): number => (at >= 0 && at < text.length ? text.charCodeAt(at) : 0);

/** The kinds of the unit at `at`; 0 beyond either end of the text. */
export function kindAt(text: string, at: number): number {
  const code = codeAt(text, at);
  return code < SIZE ? (KINDS[code] ?? 0) : 0;
}

/** First offset at or after `from` whose unit is not of the kinds, and at most `limit`. */
export function runEnd(text: string, from: number, options: { readonly kinds: number; readonly limit: number }): number {
  const stop = Math.min(text.length, options.limit);
  let at = from;
  while (at < stop && (kindAt(text, at) & options.kinds) !== 0) at += 1;
  return at;
}

/** First offset of the run of such units that ends before `from`, at least `limit`. */
export function runStart(text: string, from: number, options: { readonly kinds: number; readonly limit: number }): number {
  let at = from;
  while (at > options.limit && (kindAt(text, at - 1) & options.kinds) !== 0) at -= 1;
  return at;
}

/**
 * Whether a word can begin at `at`. Text inside JSON or a URL is often still escaped, and there `\\n` or `%3D` before a key
 * are no part of it.
 */
export function isWordStart(text: string, at: number): boolean {
  if ((kindAt(text, at - 1) & WORD) === 0) return true;
  const before = text[at - 1];
  if ((before === 'n' || before === 't' || before === 'r') && text[at - 2] === '\\') return true;
  return text[at - 3] === '%' && (kindAt(text, at - 2) & HEX) !== 0 && (kindAt(text, at - 1) & HEX) !== 0;
}
