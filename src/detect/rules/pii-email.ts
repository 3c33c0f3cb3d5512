// E-mail addresses. The first character of the local part stays visible (`a***`, as masked addresses are usually shown):
// any word of a stream could become an address, and so at least its beginning can go out at once.
import type { SpanAnswer, SpanDetector, SpanView } from '../detector.ts';
import { live, match, NONE } from '../span/answers.ts';
import { DIGIT, HOST, kindAt, LETTER, ACCENTED, LOCAL, runEnd, runStart } from '../span/chars.ts';

/** RFC 5321 section 4.5.3.1.1. */
const LOCAL_UNITS_MAX = 64;
/** Less than the 253 of RFC 1035, so that an address never holds more than half of what a hold may. */
const HOST_UNITS_MAX = 62;

/** Where the local part begins that ends before `end`, without dots in front; -1 if there is none or it is too long. */
function localStart(view: SpanView, end: number): number {
  const limit = Math.max(view.floor, end - LOCAL_UNITS_MAX - 1);
  let start = runStart(view.text, end, { kinds: LOCAL, limit });
  if (end - start > LOCAL_UNITS_MAX) return -1;
  while (start < end && '.%+-'.includes(view.text[start] ?? '')) start += 1;
  return start < end ? start : -1;
}

/** End of the longest prefix of a run of host units that is a name with at least two labels and a top-level label of letters; -1 if none. */
function hostEnd(text: string, start: number, end: number): number {
  let best = -1;
  let label = start;
  for (let at = start; at <= end; at += 1) {
    if (at < end && text[at] !== '.') continue;
    if (at === label) break;
    const isTop = label > start && at - label >= 2 && isTopLabel(text, label, at);
    if (isTop) best = at;
    label = at + 1;
  }
  return best;
}

function isTopLabel(text: string, start: number, end: number): boolean {
  if (text.startsWith('xn--', start)) return true;
  for (let at = start; at < end; at += 1) {
    if ((kindAt(text, at) & (LETTER | ACCENTED)) === 0) return false;
  }
  return true;
}

function look(view: SpanView, at: number): SpanAnswer {
  const start = localStart(view, at);
  if (start < 0) return NONE;
  const host = at + 1;
  const span = Math.min(start + 1, at);
  const run = runEnd(view.text, host, { kinds: HOST, limit: host + HOST_UNITS_MAX });
  if (run >= view.text.length && run < host + HOST_UNITS_MAX && !view.isFinal) return live(span);
  const first = kindAt(view.text, host);
  if ((first & (LETTER | DIGIT | ACCENTED)) === 0) return NONE;
  const end = hostEnd(view.text, host, run);
  if (end < 0) return NONE;
  return match({
    type: 'EMAIL_ADDRESS',
    start: span,
    end,
    severity: 'low',
    score: 0.95,
    reason: 'a local part, an at sign and a host name',
  });
}

/** Everything but the first character of the word at the end. */
function tail(view: SpanView): number {
  const end = view.text.length;
  const start = localStart(view, end);
  return start < 0 ? end : start + 1;
}

export default {
  kind: 'span',
  id: 'pii.email',
  task: 'pii',
  class: 'personal-data',
  directions: ['input', 'output'],
  severity: 'low',
  taxonomy: 'sensitive-output',
  about: 'E-mail addresses, international letters included; the first character stays visible.',
  hold: { max: LOCAL_UNITS_MAX + HOST_UNITS_MAX + 1 },
  anchors: [{ literal: '@' }],
  look,
  tail,
} satisfies SpanDetector;
