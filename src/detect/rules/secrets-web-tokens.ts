// JSON Web Tokens (RFC 7519): header, payload and signature in base64url, told by a header that decodes or by the shape.
import type { SpanAnswer, SpanDetector, SpanView } from '../detector.ts';
import { committed, live, NONE } from '../span/answers.ts';
import { BASE64, kindAt, runEnd } from '../span/chars.ts';

/** Units of a header from which on one that decodes is enough; `{"alg":"HS256"` takes 19. */
const HEADER_UNITS_SURE = 20;
/** Longest header of one that does not decode. */
const HEADER_UNITS_MAX = 110;
const PAYLOAD_UNITS_MIN = 10;

/** Parameters of RFC 7515 and 7516 with which headers begin. */
const HEADER = /^\{\s{0,3}"(?:alg|typ|kid|enc|cty|jku|jwk|x5c|x5t|x5u|zip|crit|b64|iss|ver)"/;

const isBase64Url = (text: string, at: number): boolean => (kindAt(text, at) & BASE64) !== 0 && text[at] !== '+' && text[at] !== '/';

function urlRunEnd(text: string, from: number, limit: number): number {
  const stop = Math.min(text.length, limit);
  let at = from;
  while (at < stop && isBase64Url(text, at)) at += 1;
  return at;
}

function look(view: SpanView, at: number): SpanAnswer {
  const { text, isFinal } = view;
  if (isBase64Url(text, at - 1)) return NONE;
  const end = urlRunEnd(text, at, at + HEADER_UNITS_MAX);
  const sure = at + HEADER_UNITS_SURE;
  if (end >= sure && HEADER.test(Buffer.from(text.slice(at, sure), 'base64url').toString('latin1'))) {
    return committed({ type: 'jwt', start: at, end: sure, severity: 'critical', score: 0.98, reason: 'a token header that decodes' });
  }
  if (end >= text.length && end < at + HEADER_UNITS_MAX) return isFinal ? NONE : live(at);
  return end - at >= PAYLOAD_UNITS_MIN && text[end] === '.' ? lookAtPayload(view, at, end + 1) : NONE;
}

/** A payload is an object too, and so begins like the header. */
function lookAtPayload({ text, isFinal }: SpanView, at: number, payload: number): SpanAnswer {
  const end = urlRunEnd(text, payload, payload + PAYLOAD_UNITS_MIN);
  if (!'eyJ'.startsWith(text.slice(payload, Math.min(end, payload + 3)))) return NONE;
  if (end < payload + PAYLOAD_UNITS_MIN) return end >= text.length && !isFinal ? live(at) : NONE;
  return committed({ type: 'jwt', start: at, end, severity: 'critical', score: 0.9, reason: 'the shape of a web token' });
}

export default {
  kind: 'span',
  id: 'secrets.web-token',
  task: 'secrets',
  class: 'secret',
  directions: ['input', 'output'],
  severity: 'critical',
  taxonomy: 'sensitive-output',
  about: 'JSON Web Tokens and other compact JOSE serialisations.',
  hold: { max: HEADER_UNITS_MAX + PAYLOAD_UNITS_MIN + 2 },
  anchors: [{ literal: 'eyJ', startsSpan: true }],
  look,
  isRun: true,
  extend(view, from) {
    const { text } = view;
    let at = from;
    // A dot goes on only when base64url follows it: one that ends a sentence is not hidden.
    for (;;) {
      at = runEnd(text, at, { kinds: BASE64, limit: text.length });
      if (text[at] !== '.') return { end: at, isClosed: at < text.length };
      if (at + 1 >= text.length) return { end: at, isClosed: false };
      if (!isBase64Url(text, at + 1)) return { end: at, isClosed: true };
      at += 1;
    }
  },
} satisfies SpanDetector;
