// The machine-readable zone of passports, visas and identity cards (ICAO Doc 9303): lines of capitals, digits and chevrons with check digits.
import type { SpanAnswer, SpanDetector, SpanView } from '../detector.ts';
import { live, match, NONE } from '../span/answers.ts';

/** Units of a line, to lines of the zone. */
const SIZES: Readonly<Record<number, number>> = { 44: 2, 36: 2, 30: 3 };
const UNITS_MAX = 96;

/** Doc 9303 part 3, 4.9: weights 7, 3, 1; letters from ten on, the chevron as nothing. */
function isChecked(field: string, check: string | undefined): boolean {
  let sum = 0;
  for (let at = 0; at < field.length; at += 1)
    sum += '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'.indexOf(field[at] ?? '') * ([7, 3, 1][at % 3] ?? 0);
  return String(sum % 10) === check || (check === '<' && sum % 10 === 0);
}

const bare = (field: string): string => field.replaceAll('<', '0');

function isZone(lines: readonly string[]): boolean {
  const [first = '', second = ''] = lines;
  const isCard = first.length === 30;
  const born = isCard ? 0 : 13;
  const number = isCard ? first.slice(5, 14) : second.slice(0, 9);
  const numberCheck = isCard ? first[14] : second[9];
  const isNumber = isChecked(bare(number), numberCheck);
  return (
    isNumber &&
    isChecked(bare(second.slice(born, born + 6)), second[born + 6]) &&
    isChecked(bare(second.slice(born + 8, born + 14)), second[born + 14])
  );
}

/** The first letters say what kind of document it is, and go out before it is known to be one. */
const LITERALS = ['P<', 'V<', 'I<', 'A<', 'C<', 'IDD', 'IDF', 'IDE', 'IDA', 'IDP', 'PDU', 'POU', 'PSU'];

function look({ text, isFinal }: SpanView, at: number, mark: number): SpanAnswer {
  const start = at + (LITERALS[mark]?.length ?? 1) - 1;
  const known = text.slice(at, at + UNITS_MAX);
  const first = /^[A-Z0-9<]+/.exec(known)?.[0].length ?? 0;
  const canGrow = !isFinal && known.length < UNITS_MAX;
  if (first === known.length) return canGrow && first <= 44 ? live(start) : NONE;
  const lines = SIZES[first];
  if (lines === undefined) return NONE;
  const zone = new RegExp(`^[A-Z0-9<]{${first}}(?:(?:\\r?\\n|\\\\n| )[A-Z0-9<]{${first}}){${lines - 1}}(?![A-Z0-9<])`).exec(known)?.[0];
  if (zone === undefined || zone.length === known.length)
    return canGrow && /^[A-Z0-9<\r\n\\ ]*n?[A-Z0-9<\r\n\\ ]*n?[A-Z0-9<\r\n\\ ]*$/.test(known)
      ? live(start)
      : zone === undefined
        ? NONE
        : found({ start, end: at + zone.length }, zone);
  return found({ start, end: at + zone.length }, zone);
}

function found(span: { readonly start: number; readonly end: number }, zone: string): SpanAnswer {
  if (!isZone(zone.split(/\r?\n|\\n| /))) return NONE;
  return match({
    type: 'MRZ',
    ...span,
    severity: 'high',
    score: 0.99,
    reason: 'lines of a travel document with valid check digits',
  });
}

export default {
  kind: 'span',
  id: 'pii.travel-documents',
  task: 'pii',
  class: 'personal-data',
  directions: ['input', 'output'],
  severity: 'high',
  taxonomy: 'sensitive-output',
  about: 'Machine-readable zones of passports, visas and identity cards, by their check digits.',
  hold: { max: UNITS_MAX + 1 },
  anchors: LITERALS.map((literal) => ({ literal, boundary: true as const })),
  look,
} satisfies SpanDetector;
