// Private keys between armour lines: PEM (RFC 7468), OpenSSH, PGP (RFC 9580). Hidden from the first dash on, as soon as key
// material follows the first line, and for as long as it goes on: an example header alone hides nothing.
import type { SpanAnswer, SpanDetector, SpanExtent, SpanView } from '../detector.ts';
import { committed, live, NONE } from '../span/answers.ts';
import { BASE64, kindAt, runEnd } from '../span/chars.ts';

const FIRST_LINE = /-----BEGIN (?:[A-Z0-9]{2,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----/y;
const FIRST_LINE_UNITS_MAX = 80;
/** Key material that must follow before anything is hidden. */
const MATERIAL_UNITS = 16;
/** What may stand between the first line and the material: line ends, also escaped ones, quotes, and armour headers. */
const BETWEEN_UNITS_MAX = 96;
const BETWEEN =
  /(?:[ \t\r\n>|"'+,]|\\[nrt])*(?:(?:Version|Comment|Proc-Type|DEK-Info|Hash|Charset): [^\r\n\\]{0,60}(?:[ \t\r\n>|"'+,]|\\[nrt])*){0,3}/y;
const LAST_LINE = '-----END ';

function readAt(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : -1;
}

function look(view: SpanView, at: number): SpanAnswer {
  const known = view.text.slice(at, at + FIRST_LINE_UNITS_MAX + BETWEEN_UNITS_MAX + MATERIAL_UNITS);
  const first = readAt(FIRST_LINE, known, 0);
  if (first < 0 || first > FIRST_LINE_UNITS_MAX) {
    const canGrow = !view.isFinal && known.length < FIRST_LINE_UNITS_MAX && /^[A-Z0-9 -]*$/.test(known.slice(5));
    return canGrow ? live(at) : NONE;
  }
  const body = known.slice(0, first + BETWEEN_UNITS_MAX + MATERIAL_UNITS);
  const start = readAt(BETWEEN, body, first);
  const end = runEnd(body, start, { kinds: BASE64, limit: start + MATERIAL_UNITS });
  if (end - start < MATERIAL_UNITS) {
    // Headers and line ends may still come: nothing is certain before as much is known as may stand between.
    const isWhole = view.isFinal || body.length === first + BETWEEN_UNITS_MAX + MATERIAL_UNITS;
    return isWhole ? NONE : live(at);
  }
  return committed({
    type: 'private_key',
    start: at,
    end: at + end,
    severity: 'critical',
    score: 0.99,
    reason: 'key material after the first line of a private key',
  });
}

/** Whether the unit at `at` is one of the few that may stand between lines of key material. */
const isBetweenLines = (unit: string | undefined): boolean => unit !== undefined && ' \t\r\n>|"\'+,=:'.includes(unit);

function extend(view: SpanView, from: number): SpanExtent {
  const { text } = view;
  let at = from;
  while (at < text.length) {
    if ((kindAt(text, at) & BASE64) !== 0 && text[at] !== '-') at += 1;
    else if (text[at] === '-') return lastLine(view, at);
    else if (text[at] === '\\') {
      if (at + 1 >= text.length && !view.isFinal) return { end: at, isClosed: false };
      if (!'nrt'.includes(text[at + 1] ?? ' ')) return { end: at, isClosed: true };
      at += 2;
    } else if (isBetweenLines(text[at])) {
      const next = nextLine(view, at);
      if (next < 0) return { end: at, isClosed: true };
      if (next === at) return { end: at, isClosed: false };
      at = next;
    } else return { end: at, isClosed: true };
  }
  return { end: at, isClosed: false };
}

/** Longest stretch of separators between two lines of key material. */
const GAP_UNITS_MAX = 24;
/** A last line may be short; any other word of key material after a gap is longer than the words of prose. */
const LINE_UNITS_MIN = 20;

/** Where key material goes on after the gap at `at`: the offset, `at` itself if that cannot be told yet, or -1. */
function nextLine(view: SpanView, at: number): number {
  const { text, isFinal } = view;
  let start = at;
  while (start < at + GAP_UNITS_MAX && (isBetweenLines(text[start]) || text[start] === '\\')) start += text[start] === '\\' ? 2 : 1;
  if (start >= text.length) return isFinal ? -1 : at;
  if (text[start] === '-') return start;
  const end = runEnd(text, start, { kinds: BASE64, limit: start + LINE_UNITS_MIN });
  if (end - start >= LINE_UNITS_MIN) return end;
  if (end >= text.length && !isFinal) return at;
  // A short last line: only padding, a gap and the dashes of the last line may follow.
  const dashes = /^={0,4}(?:[ \t\r\n>|"'+,]|\\[nrt]){0,24}(-|\\?$)/.exec(text.slice(end, end + 2 * GAP_UNITS_MAX + 8));
  if (dashes === null) return -1;
  return dashes[1] === '-' ? end : isFinal ? -1 : at;
}

/** Dashes end the key: with the whole last line if that is what they begin. */
function lastLine(view: SpanView, at: number): SpanExtent {
  const rest = view.text.slice(at, at + FIRST_LINE_UNITS_MAX);
  const whole = /^-----END [A-Z0-9 ]{0,50}-----/.exec(rest);
  if (whole !== null) return { end: at + whole[0].length, isClosed: true };
  const couldGrow =
    !view.isFinal && rest.length < FIRST_LINE_UNITS_MAX && (LAST_LINE.startsWith(rest) || /^-----END [A-Z0-9 ]{0,50}-{0,5}$/.test(rest));
  return { end: at, isClosed: !couldGrow };
}

export default {
  kind: 'span',
  id: 'secrets.private-key',
  task: 'secrets',
  class: 'secret',
  directions: ['input', 'output'],
  severity: 'critical',
  taxonomy: 'sensitive-output',
  about: 'Private keys in PEM, OpenSSH and PGP armour, service-account files included.',
  hold: { max: FIRST_LINE_UNITS_MAX + BETWEEN_UNITS_MAX + MATERIAL_UNITS },
  anchors: [{ literal: '-----BEGIN ', startsSpan: true }],
  look,
  extend,
} satisfies SpanDetector;
