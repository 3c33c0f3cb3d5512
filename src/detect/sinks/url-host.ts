// Where an address leads: hosts inside this machine or network, hosts that hide, and addresses whose slashes are missing.
import type { SpanAnswer, SpanDetector, SpanView } from '../detector.ts';
import { live, NONE } from '../span/answers.ts';
import { asBrowsersRead, isInside } from './inside-host.ts';
import { anyCase, literals, sinkRule, unsafe } from './sink-rule.ts';

const AUTHORITY_UNITS_MAX = 160;
const BEFORE_UNITS_MAX = 16;
/** For browsers nothing else ends it: line breaks are left out, and blanks stand in the name of a user. */
const AUTHORITY_END = /[/?#]/;
/** What ends it for everybody else. */
const HOST_END = /[ "'<>)}\u00a0\u2028]/;

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
  const all = { start, end: start + authority.length };
  if (authority.includes('@')) return unsafe({ ...all, type: 'url_credentials', reason: 'credentials that hide the true host' });
  if (authority.length === AUTHORITY_UNITS_MAX) return unsafe({ ...all, type: 'long_host', reason: 'a host whose end is not seen' });
  const stop = authority.search(HOST_END);
  const written = stop < 0 ? authority : authority.slice(0, stop);
  const plain = asBrowsersRead(written);
  const host = plain.startsWith('[') ? '[' : (plain.split(/[\\:]/)[0] ?? '');
  if (!isInside(host, view.text.charAt(at - 1) === ':')) return NONE;
  return unsafe({ type: 'internal_host', start, end: start + written.length, reason: 'an address inside this machine or network' });
}

export const urlHosts: SpanDetector = sinkRule({
  name: 'url-hosts',
  sink: 'url',
  about: 'Addresses that lead into this machine or network, hide their host behind credentials, or name a host without a scheme.',
  anchors: literals('//'),
  hold: AUTHORITY_UNITS_MAX + 2,
  look: lookAtAuthority,
  neutral(text) {
    if (text === '//') return '/%2F';
    // What is left of a host behind it must not become part of the name.
    return text.includes('@') || text.length === AUTHORITY_UNITS_MAX ? 'blocked.invalid?' : 'blocked.invalid';
  },
});

const SCHEMES = ['http:', 'https:', 'ws:', 'wss:', 'ftp:'];
const SLASHLESS = /^(?:https?|wss?|ftp):(?:[^/\s]|\/[^/])/i;

/** WHATWG URL section 4.4: behind these schemes slashes are put in where they are missing. Whoever looks for `//` sees no host. */
function lookAtSlashes(view: SpanView, at: number): SpanAnswer {
  if (at > 0 && /[\w.+/-]/.test(view.text.charAt(at - 1))) return NONE;
  const window = view.text.slice(at, at + 'https:/x'.length).toLowerCase();
  if (SLASHLESS.test(window))
    return unsafe({
      type: 'hidden_host',
      start: at,
      end: at + window.indexOf(':') + 1,
      reason: 'an address whose host stands behind no slashes',
    });
  const isOpen = SCHEMES.some((scheme) => scheme.startsWith(window) || window === scheme || window === `${scheme}/`);
  return isOpen && !view.isFinal ? live(at) : NONE;
}

export const urlSlashes: SpanDetector = sinkRule({
  name: 'url-slashes',
  sink: 'url',
  about: 'Addresses like https:host, in which browsers put the slashes, so that their host is not seen.',
  anchors: ['ht', 'ws', 'ft'].flatMap(anyCase),
  hold: 'https:/x'.length,
  look: lookAtSlashes,
  neutral: () => 'unsafe:',
});
