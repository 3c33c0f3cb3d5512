// Links and images through which an answer could carry data out: an image is fetched as soon as the answer is shown, a link
// when it is clicked (EchoLeak, CVE-2025-32711). Plain links are fine; what counts is what the URL carries.
// The span is the URL after its scheme and slashes, so that no letter is held before a URL is certain.
import type { SpanAnswer, SpanDetector, SpanExtent, SpanView } from '../detector.ts';
import { committed, live, match, NONE } from '../span/answers.ts';
import { DIGIT, HOST, kindAt, LETTER, runEnd, URL_UNIT } from '../span/chars.ts';
import { judgeLongUrl, judgeUrl } from '../span/exfiltration/judge-url.ts';
import { contextOf } from '../span/exfiltration/link-context.ts';

/** A longer URL is judged by so many units, and what follows is hidden with them. */
const URL_UNITS_MAX = 240;
const ANCHORS = ['//', '\\/\\/', '/\\', '\\\\'];

function look(view: SpanView, at: number, mark: number): SpanAnswer {
  const host = at + (ANCHORS[mark]?.length ?? 0);
  const first = kindAt(view.text, host);
  if (host < view.text.length && (first & (LETTER | DIGIT)) === 0 && view.text[host] !== '[') return NONE;
  const context = contextOf(view, at);
  if (context === 'none' || !isHostLike(view.text, host)) return NONE;
  const limit = host + URL_UNITS_MAX;
  const end = urlEnd(view.text, host, limit);
  if (end >= view.text.length && end < limit && !view.isFinal) return live(host);
  const isCut = end === limit;
  const url = trimmed(view.text.slice(host, end), isCut);
  const finding = isCut ? judgeLongUrl(url, context) : judgeUrl(url, context);
  if (finding === undefined) return NONE;
  return isCut ? committed({ ...finding, start: host, end }) : match({ ...finding, start: host, end: host + url.length });
}

/** A colon after the host begins a port. What is not known yet may still be a host. */
function isHostLike(text: string, host: number): boolean {
  const end = runEnd(text, host, { kinds: HOST, limit: host + URL_UNITS_MAX });
  return text[end] !== ':' || end + 1 >= text.length || (kindAt(text, end + 1) & (DIGIT | LETTER)) !== 0;
}

const OPENING = 0x28;
const CLOSING = 0x29;
const BACKSLASH = 0x5c;

/** A closing parenthesis ends a URL unless it was opened inside (CommonMark, link destinations). */
function urlEnd(text: string, from: number, limit: number): number {
  const stop = Math.min(text.length, limit);
  let depth = 0;
  let at = from;
  for (; at < stop; at += 1) {
    const code = text.charCodeAt(at);
    if (code === OPENING) depth += 1;
    else if (code === CLOSING && depth-- === 0) return at;
    else if ((kindAt(text, at) & URL_UNIT) === 0 && !(code === BACKSLASH && (text[at + 1] ?? '/') === '/')) return at;
  }
  return at;
}

/** Without the punctuation of the sentence. */
function trimmed(url: string, isCut: boolean): string {
  if (isCut) return url;
  let end = url.length;
  while (end > 0 && '.,;:!?*_~|]}'.includes(url[end - 1] ?? ' ')) end -= 1;
  return url.slice(0, end);
}

function extend(view: SpanView, from: number): SpanExtent {
  let end = from;
  while (end < view.text.length && (kindAt(view.text, end) & URL_UNIT) !== 0 && view.text[end] !== ')') end += 1;
  return { end, isClosed: end < view.text.length };
}

export default {
  kind: 'span',
  id: 'exfiltration.link',
  task: 'leak',
  class: 'exfiltration',
  directions: ['output'],
  severity: 'high',
  taxonomy: 'exfiltration',
  about: 'Images and links whose URL carries data: a query on an image, long opaque values, encoded text, secrets or personal data.',
  hold: { max: URL_UNITS_MAX + 1 },
  anchors: ANCHORS.map((literal) => ({ literal })),
  look,
  isRun: true,
  extend,
} satisfies SpanDetector;
