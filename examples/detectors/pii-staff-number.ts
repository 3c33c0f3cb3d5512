// Staff numbers of a made-up company: NX-, six digits, and a Luhn check digit.
import type { SpanAnswer, SpanDetector, SpanView } from '../../src/detect/detector.ts';
import { live, match, NONE } from '../../src/detect/span/answers.ts';
import { DIGIT, kindAt, runEnd, WORD } from '../../src/detect/span/chars.ts';
import { isLuhn } from '../../src/detect/span/checksums.ts';

const PREFIX = 'NX-';
const DIGITS = 7;

function look({ text, isFinal }: SpanView, at: number): SpanAnswer {
  const digits = at + PREFIX.length;
  const end = runEnd(text, digits, { kinds: DIGIT, limit: digits + DIGITS + 1 });
  // The text stops inside the number, or right behind it: what comes next could still change the answer.
  if (end === text.length && end - digits <= DIGITS && !isFinal) return live(at);
  if (end - digits !== DIGITS || (kindAt(text, end) & WORD) !== 0) return NONE;
  if (!isLuhn(text.slice(digits, end))) return NONE;
  return match({ type: 'STAFF_NUMBER', start: at, end, severity: 'high', score: 0.95, reason: 'a staff number with a valid check digit' });
}

export default {
  kind: 'span',
  id: 'pii.staff-number',
  task: 'pii',
  class: 'personal-data',
  directions: ['input', 'output'],
  severity: 'high',
  taxonomy: 'sensitive-output',
  about: 'Staff numbers with a valid check digit.',
  hold: { max: PREFIX.length + DIGITS },
  anchors: [{ literal: PREFIX, startsSpan: true, boundary: true }],
  look,
} satisfies SpanDetector;
