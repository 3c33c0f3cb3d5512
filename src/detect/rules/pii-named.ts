// Numbers that nothing but the words before them gives away: `MRN: 00482913`, `policy number XK-2291-88`, `number plate B-XY 1234`.
// The words are never held back: only the value is part of the span.
import type { SpanAnswer, SpanDetector, SpanView } from '../detector.ts';
import { live, match, NONE } from '../span/answers.ts';
import { kindAt, LETTER, WORD } from '../span/chars.ts';
import { NAMED } from '../span/numbers/named-ids.ts';

/** Words and signs that may stand between the keyword and the value, all of bounded length. */
const LINK =
  /(?:(?: ?n\.?[º°]\.?| ?(?:numbers?|no|nr|num|n|médical|des patienten|du patient|del paciente|id|code|is|was|ist|est|es|è|é|of|on file|für|de|number is)\b\.?|[\s:#=|"'`()[\]{}.–>-]){0,10})/iy;
const LINK_UNITS_MAX = 40;
const VALUE_UNITS_MAX = 64;

function look(view: SpanView, at: number, mark: number): SpanAnswer {
  const named = NAMED[mark];
  if (named === undefined) return NONE;
  const end = at + named.keyword.length;
  const { text, isFinal } = view;
  if ((kindAt(text, end) & (WORD | LETTER)) !== 0) return NONE;
  const linkWindow = text.slice(end, end + LINK_UNITS_MAX);
  LINK.lastIndex = 0;
  LINK.test(linkWindow);
  const start = end + LINK.lastIndex;
  const isKnown = isFinal || text.length >= end + LINK_UNITS_MAX + VALUE_UNITS_MAX;
  if (start === end && linkWindow.length > 0) return NONE;
  const rest = text.slice(start, start + VALUE_UNITS_MAX);
  // What has no digit for its first units is prose, whatever follows.
  if (!isKnown) {
    const isOpen = /^(?:[a-z]{0,8}|[A-Z0-9ÄÖÜ ·/-]{0,63})$/.test(rest);
    if (isOpen) return live(/^[A-Z0-9]/.test(rest) ? start : text.length);
  }
  named.id.value.lastIndex = 0;
  const value = named.id.value.test(rest) ? rest.slice(0, named.id.value.lastIndex) : '';
  if (value === '' || !/\d/.test(value) || !named.id.check(value)) return NONE;
  return match({
    type: named.id.type,
    start,
    end: start + value.length,
    severity: 'medium',
    score: 0.75,
    reason: 'looks like what the words before it name',
  });
}

export default {
  kind: 'span',
  id: 'pii.named',
  task: 'pii',
  class: 'personal-data',
  directions: ['input', 'output'],
  severity: 'medium',
  taxonomy: 'sensitive-output',
  about: 'Medical records, insurance, accounts, licences, plates, vehicles, devices and passports, by the words before them.',
  hold: { max: VALUE_UNITS_MAX + 1 },
  anchors: NAMED.map(({ keyword }) => ({ literal: keyword, boundary: true as const })),
  look,
} satisfies SpanDetector;
