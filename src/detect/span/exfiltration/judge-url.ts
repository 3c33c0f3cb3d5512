// Judges what a URL carries.
import type { Severity } from '../../../core/types.ts';
import { isLuhn } from '../checksums.ts';
import { DIGIT, LOWER, UPPER } from '../chars.ts';
import { distinctUnits, kindsIn } from '../opaque.ts';
import type { LinkContext } from './link-context.ts';
import table from '../tables/url-parameters.json' with { type: 'json' };

export interface JudgedUrl {
  readonly type: string;
  readonly severity: Severity;
  readonly score: number;
  readonly reason: string;
}

interface Parts {
  readonly host: string;
  readonly path: readonly string[];
  /** Names and values of query and fragment. */
  readonly values: readonly (readonly [string, string])[];
}

/** Parameters that say how an image is to be served, and the words that they take: what else stands there may be data. */
const HARMLESS_NAMES: ReadonlySet<string> = new Set(table.names);
const HARMLESS_VALUES: ReadonlySet<string> = new Set(table.values);
/** Encoded text of that length is data, not a search. */
const TEXT_UNITS = 100;
const BLOB_UNITS = 32;
const PATH_BLOB_UNITS = 44;
const LABEL_UNITS = 30;
const LOCAL_HOST = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?$/;

/** Whatever carries data has a query, a fragment, an at sign or a long run of units. */
const WORTH_A_LOOK = /[?#@]|[A-Za-z0-9+_=%.-]{30}/;

/** Undefined for a URL that carries nothing. `url` begins with the host. */
export function judgeUrl(url: string, context: LinkContext): JudgedUrl | undefined {
  if ((context === 'link' && !mayCarry(url)) || !WORTH_A_LOOK.test(url)) return undefined;
  const parts = partsOf(url);
  if (LOCAL_HOST.test(parts.host) || parts.host === '') return undefined;
  const load = loadOf(parts);
  if (context === 'resource') return judgeResource(parts, load);
  if (load === undefined) return undefined;
  return load.isPlain
    ? { type: 'link_with_data', severity: 'medium', score: 0.7, reason: `a link ${load.what}` }
    : { type: 'link_with_data', severity: 'high', score: 0.85, reason: `a link ${load.what}` };
}

/** Fewest units of a part of a path, or of a value, that is anything. */
const LOAD_UNITS_MIN = 6;

/** The cheap look first: whether any part of the path, value or label of the host is long enough to be a load. */
function mayCarry(url: string): boolean {
  const hostEnd = signFrom(url, 0, IS_HOST_END);
  for (let begin = 0; begin < hostEnd;) {
    const end = Math.min(hostEnd, signFrom(url, begin, IS_DOT));
    if (end - begin >= LABEL_UNITS) return true;
    begin = end + 1;
  }
  const mark = signFrom(url, hostEnd, IS_MARK);
  for (let begin = hostEnd; begin < mark;) {
    const end = Math.min(mark, signFrom(url, begin, IS_SLASH));
    if (end - begin >= LOAD_UNITS_MIN) return true;
    begin = end + 1;
  }
  for (let begin = mark + 1; begin < url.length;) {
    const end = signFrom(url, begin, IS_BETWEEN);
    const value = signFrom(url, begin, IS_EQUALS) + 1;
    if (end - (value < end ? value : begin) >= LOAD_UNITS_MIN) return true;
    begin = end + 1;
  }
  return false;
}

const IS_DOT = 1;
const IS_SLASH = 2;
const IS_MARK = 4;
/** Between pairs of names and values. */
const IS_BETWEEN = 8;
const IS_EQUALS = 16;
const IS_HOST_END = 32;
const SIGNS = new Uint8Array(128);
const mark = (units: string, kinds: number): void => {
  for (const unit of units) SIGNS[unit.charCodeAt(0)] = (SIGNS[unit.charCodeAt(0)] ?? 0) | kinds;
};
mark('.', IS_DOT);
mark('/', IS_SLASH);
mark('?#', IS_MARK);
mark('&?#;', IS_BETWEEN);
mark('=', IS_EQUALS);
mark('/?#\\', IS_HOST_END);

/** Where the next such sign stands; the end if nowhere. */
function signFrom(url: string, from: number, kinds: number): number {
  let at = from;
  for (; at < url.length; at += 1) {
    const code = url.charCodeAt(at);
    if (code < 128 && ((SIGNS[code] ?? 0) & kinds) !== 0) return at;
  }
  return at;
}

/** A URL of which only the beginning is known: its length alone can carry data. */
export function judgeLongUrl(url: string, context: LinkContext): JudgedUrl {
  const judged = judgeUrl(url, context);
  if (judged !== undefined) return judged;
  return context === 'resource'
    ? { type: 'resource_with_data', severity: 'high', score: 0.75, reason: 'an image or other resource with a very long address' }
    : { type: 'link_with_data', severity: 'medium', score: 0.6, reason: 'a link with a very long address' };
}

/** An image is fetched by itself, and so any query that is more than its size or version is suspicious. */
function judgeResource({ values }: Parts, load: Load | undefined): JudgedUrl | undefined {
  const hasQuery = values.some(([name, value]) => !isHarmless(name, value));
  if (load === undefined && !hasQuery) return undefined;
  const reason =
    load === undefined ? 'an image or other resource of another host, with a query' : `an image or other resource ${load.what}`;
  return { type: 'resource_with_data', severity: 'high', score: load === undefined ? 0.8 : 0.95, reason };
}

/** Sizes and versions are short numbers; more digits could be an account. */
const isHarmless = (name: string, value: string): boolean =>
  HARMLESS_NAMES.has(name.toLowerCase()) &&
  (/^\d{1,4}(?:\.\d{1,3}){0,2}$/.test(value) || value.split(',').every((word) => HARMLESS_VALUES.has(word)));

function partsOf(url: string): Parts {
  const plain = url.replaceAll('\\/', '/').replaceAll('&amp;', '&');
  const end = plain.search(/[/?#\\]/);
  const host = end < 0 ? plain : plain.slice(0, end);
  const rest = end < 0 ? '' : plain.slice(end);
  const mark = rest.search(/[?#]/);
  const path = (mark < 0 ? rest : rest.slice(0, mark)).split('/').filter((part) => part !== '');
  const values = mark < 0 ? [] : rest.slice(mark + 1).split(/[&?#;]/).filter((pair) => pair !== '').map(pairOf); // prettier-ignore
  return { host: host.slice(host.lastIndexOf('@') + 1), path, values };
}

function pairOf(pair: string): readonly [string, string] {
  const sign = pair.indexOf('=');
  return sign < 0 ? ['', decoded(pair)] : [pair.slice(0, sign), decoded(pair.slice(sign + 1))];
}

/** Percent-decoding that never fails: what is malformed stays as it is. */
function decoded(value: string): string {
  if (!/[%+]/.test(value)) return value;
  try {
    return decodeURIComponent(value.replaceAll('+', ' '));
  } catch {
    return value;
  }
}

interface Load {
  readonly what: string;
  /** Opaque, but not known to be anything: identifiers of campaigns look like that too. */
  readonly isPlain: boolean;
}

function loadOf({ host, path, values }: Parts): Load | undefined {
  const texts = [...values.map(([, value]) => value), ...path.map(decoded)];
  if (texts.some(isSensitive)) return { what: 'with personal data or a secret in it', isPlain: false };
  if (texts.some(isEncodedText)) return { what: 'with encoded text in it', isPlain: false };
  if (host.split('.').some((label) => label.length >= LABEL_UNITS && isBlob(label, LABEL_UNITS)))
    return { what: 'with data in its host name', isPlain: false };
  if (values.some(([, value]) => isBlob(value, BLOB_UNITS))) return { what: 'with a long opaque value', isPlain: true };
  if (path.some((part) => isBlob(part, PATH_BLOB_UNITS))) return { what: 'with a long opaque path', isPlain: true };
  if (values.some(([, value]) => value.length >= TEXT_UNITS)) return { what: 'with a long text in it', isPlain: true };
  return undefined;
}

const SENSITIVE = [
  /[\w.+-]+@[\w-]+\.[a-z]{2,}/i,
  /\b\d{3}-\d{2}-\d{4}\b/,
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/,
  /\b(?:gh[pousr]_|github_pat_|glpat-|xox[abp]-|sk-|sk_live_|npm_|hf_|AIza)[A-Za-z0-9_-]{16,}/,
  /\beyJ[\w-]{10,}\.eyJ[\w-]{10,}/,
  /\b(?:password|passwd|secret|api[_ -]?key)\b\s?(?:is|:|=)/i,
];

function isSensitive(value: string): boolean {
  // A short value, and a word of small letters, is none of them.
  if (value.length < LOAD_UNITS_MIN || /^[a-z]+$/.test(value)) return false;
  if (SENSITIVE.some((pattern) => pattern.test(value))) return true;
  const digits = value.replace(/[ -]/g, '');
  return /^\d{13,19}$/.test(digits) && /^[3-6]/.test(digits) && isLuhn(digits);
}

/** Base64 or hexadecimal that decodes to readable text. */
function isEncodedText(value: string): boolean {
  if (value.length < 20) return false;
  const encoding = /^(?:[0-9a-f]{2})+$/i.test(value) ? 'hex' : /^[A-Za-z0-9+/_-]+={0,2}$/.test(value) ? 'base64' : undefined;
  if (encoding === undefined) return false;
  const text = Buffer.from(value, encoding).toString('latin1');
  return /^[\t\n\r -~]*$/.test(text) && /[a-z]{3}|\d{4}/i.test(text) && (encoding === 'hex' || /[ =:.,{"@-]/.test(text));
}

const IDENTIFIER =
  /^(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})(?:\.\w{1,5})?$/i;

/** Units as only encoders and random generators write them. */
function isBlob(value: string, min: number): boolean {
  if (value.length < min || !/^[A-Za-z0-9+/=_.-]+$/.test(value) || IDENTIFIER.test(value) || distinctUnits(value) < 10) return false;
  const kinds = kindsIn(value);
  const isMixed = (kinds & DIGIT) !== 0 && (kinds & (UPPER | LOWER)) !== 0;
  // Words joined by hyphens are the title of a page.
  return isMixed && !/^[a-z0-9]+(?:[-_.][a-z0-9]{1,16})+$/i.test(value);
}
