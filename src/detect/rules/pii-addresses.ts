// Network addresses with colons: IPv6 (RFC 4291) and hardware addresses. The first character stays visible, as with e-mail:
// hexadecimal letters begin many words, and so the beginning of a word can go out at once.
import type { SpanAnswer, SpanDetector, SpanView } from '../detector.ts';
import { live, match, NONE } from '../span/answers.ts';
import { HEX, isWordStart, kindAt, runEnd, runStart, WORD } from '../span/chars.ts';

/** Longest textual form: six groups and a dotted IPv4 address. */
const ADDRESS_UNITS_MAX = 45;
const GROUP_UNITS_MAX = 4;

const HARDWARE = /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}(?:(?::[0-9a-f]{2}){2})?$/i;
const GROUP = /^[0-9a-f]{1,4}$/i;
const DOTTED = /^(?:\d{1,3}\.){3}\d{1,3}$/;

const HYPHENED = /^[0-9a-f]{2}(?:-[0-9a-f]{2}){5}$/i;
const HYPHENED_UNITS = 17;

/** Called at every hyphen: two digits before it, and six pairs in all. */
function lookForHyphened(view: SpanView, at: number): SpanAnswer {
  const { text, isFinal } = view;
  const start = at - 2;
  const isFirst =
    start >= view.floor &&
    (kindAt(text, start) & kindAt(text, start + 1) & HEX) !== 0 &&
    isWordStart(text, start) &&
    text[start - 1] !== '-';
  if (!isFirst) return NONE;
  const written = text.slice(start, start + HYPHENED_UNITS);
  if (written.length < HYPHENED_UNITS || start + HYPHENED_UNITS >= text.length) {
    if (!isFinal) return /^[0-9a-f]{2}-(?:[0-9a-f]{2}-){0,4}[0-9a-f]{0,2}$/i.test(written) ? live(start + 1) : NONE;
  }
  const end = start + HYPHENED_UNITS;
  if (!HYPHENED.test(written) || text[end] === '-' || (kindAt(text, end) & WORD) !== 0 || !/[a-f]/i.test(written)) return NONE;
  return match({ type: 'MAC_ADDRESS', start: start + 1, end, severity: 'low', score: 0.85, reason: 'six pairs of hexadecimal digits' });
}

/** Called at every colon; only the first of an address is looked at. */
function look(view: SpanView, at: number, mark: number): SpanAnswer {
  if (mark === 1) return lookForHyphened(view, at);
  const { text, isFinal } = view;
  const start = runStart(text, at, { kinds: HEX, limit: Math.max(view.floor, at - GROUP_UNITS_MAX - 1) });
  const isFirst = start < at && at - start <= GROUP_UNITS_MAX && text[start - 1] !== ':' && isWordStart(text, start);
  if (!isFirst) return NONE;
  const limit = start + ADDRESS_UNITS_MAX + 1;
  const end = addressEnd(text, start, limit);
  if (end >= text.length && end < limit && !isFinal) return live(start + 1);
  if (end === limit || (kindAt(text, end) & WORD) !== 0) return NONE;
  const written = text.slice(start, end).replace(/[.:]$/, '');
  const type = HARDWARE.test(written) ? 'MAC_ADDRESS' : isIpv6(written) ? 'IP_ADDRESS' : undefined;
  if (type === undefined) return NONE;
  return match({
    type,
    start: start + 1,
    end: start + written.length,
    severity: 'low',
    score: 0.9,
    reason: 'groups of hexadecimal digits between colons',
  });
}

function addressEnd(text: string, from: number, limit: number): number {
  let at = from;
  for (;;) {
    at = runEnd(text, at, { kinds: HEX, limit });
    if (at >= limit || (text[at] !== ':' && text[at] !== '.')) return at;
    at += 1;
  }
}

/** Eight groups, or fewer with one `::`; loopback and names such as `add::bed` are none. */
export function isIpv6(written: string): boolean {
  const halves = written.split('::');
  if (halves.length > 2 || !/\d/.test(written)) return false;
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  const last = groups.at(-1) ?? '';
  const size = DOTTED.test(last) ? groups.length + 1 : groups.length;
  const isGrouped = groups.every((group, index) => GROUP.test(group) || (index === groups.length - 1 && DOTTED.test(group)));
  return isGrouped && (halves.length === 2 ? size < 8 && size > 1 && (groups[0] ?? '').length > 1 : size === 8);
}

export default {
  kind: 'span',
  id: 'pii.addresses',
  task: 'pii',
  class: 'personal-data',
  directions: ['input', 'output'],
  severity: 'low',
  taxonomy: 'sensitive-output',
  about: 'IPv6 and hardware addresses; the first character stays visible.',
  hold: { max: ADDRESS_UNITS_MAX + 1 },
  anchors: [{ literal: ':' }, { literal: '-' }],
  look,
  tail(view) {
    const end = view.text.length;
    const start = runStart(view.text, end, { kinds: HEX, limit: Math.max(view.floor, end - GROUP_UNITS_MAX - 1) });
    return end - start > 0 && end - start <= GROUP_UNITS_MAX && isWordStart(view.text, start) ? start + 1 : end;
  },
} satisfies SpanDetector;
