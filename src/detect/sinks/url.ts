// Answers that become an address: CWE-601 and CWE-918. The URL Standard says how browsers read them, and RFC 3986 everybody else.
import type { SpanAnswer, SpanDetector, SpanView } from '../detector.ts';
import { live, NONE } from '../span/answers.ts';
import { anyCase, literals, sinkRule, unsafe } from './sink-rule.ts';
import table from './tables/html.json' with { type: 'json' };
import { isUnsafeAddress, mayBecomeUnsafe } from './unsafe-address.ts';

/** RFC 3986 section 2.1. */
const percent = (text: string): string => `%${text.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;

const SCHEME_UNITS_MAX = 64;
const AUTHORITY_UNITS_MAX = 160;
const STARTS = [...new Set(table.schemes.map((scheme) => scheme.slice(0, 2)))];

function lookAtScheme(view: SpanView, at: number): SpanAnswer {
  if (at > 0 && /[\w.+/-]/.test(view.text.charAt(at - 1))) return NONE;
  const window = view.text.slice(at, at + SCHEME_UNITS_MAX);
  const colon = window.indexOf(':');
  if (colon >= 0) {
    if (!isUnsafeAddress(window.slice(0, colon + 1))) return NONE;
    return unsafe({
      type: 'unsafe_address',
      start: at,
      end: at + colon + 1,
      reason: 'an address that runs code or is a document of its own',
    });
  }
  return !view.isFinal && window.length < SCHEME_UNITS_MAX && mayBecomeUnsafe(window) ? live(at) : NONE;
}

export const urlSchemes: SpanDetector = sinkRule({
  name: 'url-schemes',
  sink: 'url',
  about: 'Addresses with javascript:, data:, file: and other schemes that run code, carry a document or read this machine.',
  anchors: STARTS.flatMap(anyCase),
  hold: SCHEME_UNITS_MAX,
  look: lookAtScheme,
  neutral: () => 'unsafe:',
});

/** This machine, this network, and where clouds give credentials away (RFC 6890; 169.254.169.254). */
const INSIDE =
  /^(?:localhost|(?:[\w-]+\.)*(?:localhost|local|internal|intranet|lan)|127(?:\.\d+){0,3}|10\.\d+\.\d+\.\d+|192\.168\.\d+\.\d+|172\.(?:1[6-9]|2\d|3[01])\.\d+\.\d+|169\.254\.\d+\.\d+|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.\d+\.\d+|0(?:\.\d+){0,3}|0x[0-9a-f.x]+|0\d[\d.]*|\d{6,10}|\[.*)\.?$/i;

/** Line breaks and tabs do not end it: browsers leave them out, wherever they stand. */
const AUTHORITY_END = /[/?# "'<>)}\u00a0\u2028]/;

const BEFORE_UNITS_MAX = 16;

/** WHATWG URL section 3.5: hosts are percent-decoded, folded to the usual letters and digits, and other full stops are dots. */
const asBrowsersRead = (authority: string): string =>
  authority
    .replace(/%([0-7][0-9a-f])/gi, (_whole, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/[\t\r\n\u00ad\u200b-\u200d\u2060\ufeff]/g, '')
    .normalize('NFKC')
    .replaceAll('\u3002', '.');

/** What stands between the slashes and the path: credentials make the host another than the one that is read first. */
function lookAtAuthority(view: SpanView, at: number): SpanAnswer {
  if (at <= BEFORE_UNITS_MAX && /^\s*$/.test(view.text.slice(0, at)))
    return unsafe({ type: 'foreign_host', start: at, end: at + 2, reason: 'an address without a scheme that names a host' });
  const start = at + 2;
  const window = view.text.slice(start, start + AUTHORITY_UNITS_MAX);
  const end = window.search(AUTHORITY_END);
  const isWhole = end >= 0 || view.isFinal || window.length === AUTHORITY_UNITS_MAX;
  if (!isWhole) return live(start);
  const authority = end < 0 ? window : window.slice(0, end);
  const first = authority.indexOf('@');
  if (first >= 0) {
    const last = start + authority.lastIndexOf('@');
    return unsafe({ type: 'url_credentials', start: start + first, end: last + 1, reason: 'credentials that hide the true host' });
  }
  const plain = asBrowsersRead(authority);
  const host = plain.startsWith('[') ? '[' : (plain.split(/[\\:]/)[0] ?? '');
  if (!INSIDE.test(host)) return NONE;
  return unsafe({ type: 'internal_host', start, end: start + authority.length, reason: 'an address inside this machine or network' });
}

export const urlHosts: SpanDetector = sinkRule({
  name: 'url-hosts',
  sink: 'url',
  about: 'Addresses that lead into this machine or network, hide their host behind credentials, or name a host without a scheme.',
  anchors: literals('//'),
  hold: AUTHORITY_UNITS_MAX + 2,
  look: lookAtAuthority,
  neutral(text) {
    if (text.startsWith('@')) return text.replace(/[@\\\t\r\n\0]/g, percent);
    return text === '//' ? '/%2F' : 'blocked.invalid';
  },
});

const BREAKS = ['\n', '\r', '\t', '\0', '\\'];
const BLANK_UNITS_MAX = 64;

function lookAtBreak(view: SpanView, at: number): SpanAnswer {
  const rest = view.text.slice(at, at + BLANK_UNITS_MAX);
  if (/^\s*$/.test(rest) && rest.length < BLANK_UNITS_MAX) return view.isFinal ? NONE : live(at);
  return unsafe({ type: 'url_break', start: at, end: at + 1, reason: 'a character that one reader drops and another does not' });
}

export const urlBreaks: SpanDetector = sinkRule({
  name: 'url-breaks',
  sink: 'url',
  about: 'Line breaks, tabs and backslashes in an address: header injection, and hosts that two readers read differently.',
  anchors: literals(...BREAKS),
  hold: BLANK_UNITS_MAX,
  look: lookAtBreak,
  neutral: percent,
});
