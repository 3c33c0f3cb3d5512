// Answers that become an address: CWE-601 and CWE-918. The URL Standard says how browsers read them, and RFC 3986 everybody else.
import type { SpanAnswer, SpanDetector, SpanView } from '../detector.ts';
import { live, NONE } from '../span/answers.ts';
import { anyCase, literals, sinkRule, unsafe } from './sink-rule.ts';
import table from './tables/html.json' with { type: 'json' };
import { mayBecomeUnsafe, schemeOf } from './unsafe-address.ts';

/** RFC 3986 section 2.1. */
const percent = (text: string): string => `%${text.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;

const SCHEME_UNITS_MAX = 64;
/** Whoever fetches the address reads files by some, and speaks to other services by others. */
const UNSAFE: ReadonlySet<string> = new Set([...table.schemes, ...table.fetched]);
const STARTS = [...new Set([...UNSAFE].map((scheme) => scheme.slice(0, 2)))];

function lookAtScheme(view: SpanView, at: number): SpanAnswer {
  if (at > 0 && /[\w.+/-]/.test(view.text.charAt(at - 1))) return NONE;
  const window = view.text.slice(at, at + SCHEME_UNITS_MAX);
  const colon = window.indexOf(':');
  if (colon >= 0) {
    if (schemeOf(window.slice(0, colon + 1), UNSAFE) !== 'unsafe') return NONE;
    return unsafe({
      type: 'unsafe_address',
      start: at,
      end: at + colon + 1,
      reason: 'an address that runs code or is a document of its own',
    });
  }
  return !view.isFinal && window.length < SCHEME_UNITS_MAX && mayBecomeUnsafe(window, UNSAFE) ? live(at) : NONE;
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
