// Identifiers of letters and digits: IBAN, and national identifiers such as NINO, NIE, codice fiscale.
import type { SpanAnswer, SpanDetector, SpanView } from '../detector.ts';
import { live, match, NONE } from '../span/answers.ts';
import { DIGIT, isWordStart, kindAt, LETTER, runStart, UPPER, WORD } from '../span/chars.ts';
import { CODES, CODE_UNITS_MAX, ibanUnits, isIban } from '../span/numbers/codes.ts';
import type { Code } from '../span/numbers/codes.ts';
import { contextBefore } from '../span/numbers/context.ts';

/** Longest run of capital letters that begins a code (codice fiscale). */
const LETTERS_MAX = 6;
/** The longest IBAN, and a separator after each four units. */
const IBAN_UNITS_MAX = 34 + 9;

const BY_LETTERS: readonly (readonly Code[])[] = Array.from({ length: LETTERS_MAX + 1 }, (_, letters) =>
  CODES.filter((code) => code.letters.includes(letters)),
);

/** Where a code begins whose first digit stands at `at`; -1 if none can. */
function codeStart(view: SpanView, at: number): number {
  const { text } = view;
  const before = kindAt(text, at - 1);
  if ((before & UPPER) !== 0) {
    const start = runStart(text, at, { kinds: UPPER, limit: Math.max(view.floor, at - LETTERS_MAX) });
    return isWordStart(text, start) ? start : -1;
  }
  // A NINO is often written `QQ 12 34 56 C`, and a foreigner's number `X-1234567-L`.
  const isSpaced =
    text[at - 1] === ' ' && (kindAt(text, at - 2) & UPPER) !== 0 && (kindAt(text, at - 3) & UPPER) !== 0 && isWordStart(text, at - 3);
  if (isSpaced) return at - 3;
  const isHyphened = text[at - 1] === '-' && 'XYZ'.includes(text[at - 2] ?? ' ') && isWordStart(text, at - 2);
  if (isHyphened) return at - 2;
  return (before & WORD) === 0 && before !== DIGIT ? at : -1;
}

function look(view: SpanView, at: number): SpanAnswer {
  if ((kindAt(view.text, at - 1) & DIGIT) !== 0) return NONE;
  const start = codeStart(view, at);
  if (start < 0) return NONE;
  let letters = 0;
  while ((kindAt(view.text, start + letters) & UPPER) !== 0) letters += 1;
  const iban = letters === 2 ? lookForIban(view, start) : NONE;
  if (iban.state !== 'none') return iban;
  return lookForCode(view, { start, letters });
}

/** Reads as many units as the country's IBAN has, with single spaces or hyphens between. */
function lookForIban(view: SpanView, start: number): SpanAnswer {
  const { text, isFinal } = view;
  const wanted = ibanUnits(text.slice(start, start + 2));
  if (wanted === 0) return NONE;
  let code = '';
  let at = start;
  for (; code.length < wanted && at < text.length && at < start + IBAN_UNITS_MAX; at += 1) {
    const unit = text[at] ?? '';
    if ((kindAt(text, at) & (UPPER | DIGIT)) !== 0) code += unit;
    else if ((unit !== ' ' && unit !== '-') || (kindAt(text, at - 1) & (UPPER | DIGIT)) === 0) return NONE;
    if (code.length === 4 && !/^..\d\d/.test(code)) return NONE;
  }
  if (at >= text.length && !isFinal) return live(start);
  if (code.length < wanted || (kindAt(text, at) & WORD) !== 0 || !isIban(code)) return NONE;
  return match({
    type: 'IBAN_CODE',
    start,
    end: at,
    severity: 'high',
    score: 0.99,
    reason: 'a country, its length and a valid check number',
  });
}

function lookForCode(view: SpanView, { start, letters }: { readonly start: number; readonly letters: number }): SpanAnswer {
  const candidates = BY_LETTERS[letters] ?? [];
  if (candidates.length === 0) return NONE;
  const known = view.text.slice(start, start + CODE_UNITS_MAX);
  // Whatever a pattern can take is letters, digits, spaces, dots, hyphens and plus signs: beyond the first other unit nothing changes.
  const size = /^[A-Za-z0-9 .+-]*/.exec(known)?.[0].length ?? 0;
  if (size === known.length && known.length < CODE_UNITS_MAX && !view.isFinal && canBegin(known)) return live(start);
  for (const candidate of candidates) {
    const written = candidate.pattern.exec(known)?.[0];
    if (written === undefined || !candidate.check(written.replace(/[ .-]/g, ''))) continue;
    if (candidate.words !== undefined && !candidate.words.test(contextBefore(view, start))) continue;
    return match({
      type: candidate.type,
      start,
      end: start + written.length,
      severity: 'high',
      score: candidate.words === undefined ? 0.9 : 0.85,
      reason: 'the format and check rule',
    });
  }
  return NONE;
}

/** What all codes have in common: no two separators in a row, no word of small letters, no more than six letters in a row. */
const NEVER = /[ .+-][ .+-]|[a-z]{2}|[a-z][A-Z0-9]|[A-Z]{7}|^\d{19}| \d* \d* \d* \d* /;
const canBegin = (known: string): boolean => !NEVER.test(known);

/** Capital letters at the end could begin a code: up to six, with a space or hyphen after one or two. */
function tail(view: SpanView): number {
  const { text } = view;
  const end = text.length;
  const last = text[end - 1] ?? '';
  const lettersEnd = last === ' ' || last === '-' ? end - 1 : end;
  if ((kindAt(text, lettersEnd - 1) & LETTER) === 0) return end;
  const start = runStart(text, lettersEnd, { kinds: UPPER, limit: Math.max(view.floor, lettersEnd - LETTERS_MAX - 1) });
  const count = lettersEnd - start;
  const isBeginning = lettersEnd === end ? count > 0 && count <= LETTERS_MAX : count === 2 || (count === 1 && last === '-');
  return isBeginning && isWordStart(text, start) ? start : end;
}

export default {
  kind: 'span',
  id: 'pii.codes',
  task: 'pii',
  class: 'personal-data',
  directions: ['input', 'output'],
  severity: 'high',
  taxonomy: 'sensitive-output',
  about: 'IBANs and national identifiers of letters and digits, each checked by its own rule.',
  hold: { max: IBAN_UNITS_MAX + 1 },
  anchors: [...'0123456789'].map((literal) => ({ literal })),
  look,
  tail,
} satisfies SpanDetector;
