// Identifiers of letters and digits: IBAN, and national identifiers such as NINO, NIE, codice fiscale.
import type { SpanAnswer, SpanDetector, SpanView } from '../detector.ts';
import { live, match, NONE } from '../span/answers.ts';
import { codeAt, DIGIT, isWordStart, kindAt, LETTER, runStart, UPPER, WORD } from '../span/chars.ts';
import { CODES, CODE_UNITS_MAX, ibanUnits } from '../span/numbers/codes.ts';
import type { Code } from '../span/numbers/codes.ts';
import { Nearby } from '../span/numbers/context.ts';

/** Longest run of capital letters that begins a code (codice fiscale). */
const LETTERS_MAX = 6;
/** The longest IBAN, and a separator after each four units. */
const IBAN_UNITS_MAX = 34 + 9;
/** Digits of the longest code that begins with a digit (China), and one more. */
const LEADING_DIGITS_MAX = 18;

/** Which codes there are with so many letters, and so many digits in a row behind them. */
const BY_SHAPE: readonly (readonly Code[])[] = Array.from({ length: (LETTERS_MAX + 1) * LEADING_DIGITS_MAX }, (_, shape) =>
  CODES.filter(
    ({ letters, digits }) => letters.includes(Math.floor(shape / LEADING_DIGITS_MAX)) && digits.includes(shape % LEADING_DIGITS_MAX),
  ),
);
const codesOf = (letters: number, digits: number): readonly Code[] =>
  digits < LEADING_DIGITS_MAX ? (BY_SHAPE[letters * LEADING_DIGITS_MAX + digits] ?? NO_CODES) : NO_CODES;
const NO_CODES: readonly Code[] = [];

/** What must follow so many digits at the beginning of a code. */
const AFTER_DIGITS: Readonly<Record<number, string>> = {
  1: '.ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  2: ' .ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  3: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  4: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  5: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  6: '-+ABCDEFUVWXY',
  7: '-ABCDEFGHIJKLMNOPQRSTUVW',
  8: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ -',
  17: 'Xx',
};
const CODE_COUNT = 128;
const IS_LEADING = new Uint8Array(LEADING_DIGITS_MAX * CODE_COUNT);
for (const [count, units] of Object.entries(AFTER_DIGITS))
  for (const unit of units) IS_LEADING[Number(count) * CODE_COUNT + unit.charCodeAt(0)] = 1;

/** Where a code begins whose first digit stands at `at`; -1 if none can. */
function codeStart(view: SpanView, at: number): number {
  const { text } = view;
  const before = kindAt(text, at - 1);
  if ((before & UPPER) !== 0) {
    const start = runStart(text, at, { kinds: UPPER, limit: Math.max(view.floor, at - LETTERS_MAX) });
    return isWordStart(text, start) ? start : -1;
  }
  if ((before & WORD) !== 0) return -1;
  return spacedStart(text, at);
}

/** A NINO is often written `QQ 12 34 56 C`, and what is a letter or three and a hyphen `X-1234567-L`, `CHE-123.456.789`. */
function spacedStart(text: string, at: number): number {
  const last = codeAt(text, at - 1);
  if (last === BLANK) {
    const isPair = (kindAt(text, at - 2) & kindAt(text, at - 3) & UPPER) !== 0;
    return isPair && isWordStart(text, at - 3) ? at - 3 : at;
  }
  if (last !== HYPHEN || (kindAt(text, at - 2) & UPPER) === 0) return at;
  const units = 'XYZVEJPG'.includes(text[at - 2] ?? ' ') ? (text.slice(Math.max(0, at - 4), at) === 'CHE-' ? 4 : 2) : 0;
  return units > 0 && isWordStart(text, at - units) ? at - units : at;
}

const BLANK = 0x20;
const HYPHEN = 0x2d;

function look(view: SpanView, at: number): SpanAnswer {
  if ((kindAt(view.text, at - 1) & DIGIT) !== 0) return NONE;
  const start = codeStart(view, at);
  if (start < 0) return NONE;
  if (start === at) return lookForCode(view, at, { start, letters: 0 });
  const found = lookAtStart(view, start, at);
  // Two capitals and a blank before the digit may be a word such as `ID`, and no part of the code.
  return found.state === 'none' && codeAt(view.text, at - 1) === BLANK ? lookForCode(view, at, { start: at, letters: 0 }) : found;
}

function lookAtStart(view: SpanView, start: number, at: number): SpanAnswer {
  let letters = 1;
  while (letters < LETTERS_MAX && (kindAt(view.text, start + letters) & UPPER) !== 0) letters += 1;
  const iban = letters === 2 ? lookForIban(view, start) : NONE;
  return iban.state === 'none' ? lookForCode(view, at, { start, letters }) : iban;
}

function lookForIban(view: SpanView, start: number): SpanAnswer {
  const { text } = view;
  const wanted = ibanUnits(text.slice(start, start + 2));
  if (wanted === 0) return NONE;
  const end = ibanEnd(text, start, wanted);
  if (end < 0) return NONE;
  if (end >= text.length && !view.isFinal) return live(start);
  if ((kindAt(text, end) & WORD) !== 0 || !isIbanAt(text, { start, end }, wanted)) return NONE;
  return match({ type: 'IBAN_CODE', start, end, severity: 'high', score: 0.99, reason: 'a country, its length and a valid check number' });
}

/** Where so many capitals and digits end, single spaces or hyphens between them aside; the text's end if there are fewer so far; -1 if something else comes. */
function ibanEnd(text: string, start: number, wanted: number): number {
  let units = 0;
  let at = start;
  for (; units < wanted && at < text.length; at += 1) {
    const kind = kindAt(text, at);
    const isNext = units === 2 || units === 3 ? (kind & DIGIT) !== 0 : (kind & (UPPER | DIGIT)) !== 0;
    if (isNext) units += 1;
    else if (units < 4 || !isSeparator(text, at)) return -1;
  }
  return at;
}

const isSeparator = (text: string, at: number): boolean =>
  (codeAt(text, at) === BLANK || codeAt(text, at) === HYPHEN) && (kindAt(text, at - 1) & (UPPER | DIGIT)) !== 0;

/** As `isIban`, over the units as they stand, without what is between them: the first four come last. */
function isIbanAt(text: string, { start, end }: { readonly start: number; readonly end: number }, wanted: number): boolean {
  let rest = 0;
  let units = 0;
  for (let index = start + 4; index < end + 4; index += 1) {
    const code = text.charCodeAt(index < end ? index : start + index - end);
    if (code === BLANK || code === HYPHEN) continue;
    units += 1;
    rest = code < 65 ? (rest * 10 + code - 48) % 97 : (rest * 100 + code - 55) % 97;
  }
  return units === wanted && rest === 1;
}

interface Beginning {
  readonly start: number;
  /** Capitals in a row from there on. */
  readonly letters: number;
}

/** `at`: where the first digit stands. */
function lookForCode(view: SpanView, at: number, { start, letters }: Beginning): SpanAnswer {
  const { text, isFinal } = view;
  const digitsEnd = endOfDigits(text, at);
  if (letters === 0 && !canLead(view, at, digitsEnd)) return NONE;
  if (!isFinal && text.length - start < CODE_UNITS_MAX) {
    const known = text.slice(start);
    if (ONLY_CODE.test(known) && !NEVER.test(known)) return live(start);
  }
  const candidates = codesOf(letters, digitsEnd - at);
  if (candidates.length === 0) return NONE;
  let nearby: Nearby | undefined;
  let known: string | undefined;
  for (const candidate of candidates) {
    if (!mayBe(candidate, text, start)) continue;
    if (candidate.words !== undefined && !(nearby ??= new Nearby(view, start)).names(candidate.words)) continue;
    known ??= text.slice(start, start + CODE_UNITS_MAX);
    const written = candidate.pattern.exec(known)?.[0];
    if (written === undefined || !candidate.check(written.replace(/[ .-]/g, ''))) continue;
    const score = candidate.words === undefined ? 0.9 : 0.85;
    return match({
      type: candidate.type,
      start,
      end: start + written.length,
      severity: candidate.severity ?? 'high',
      score,
      reason: 'the format and check rule',
    });
  }
  return NONE;
}

function endOfDigits(text: string, at: number): number {
  const limit = Math.min(text.length, at + LEADING_DIGITS_MAX);
  let end = at;
  while (end < limit && (kindAt(text, end) & DIGIT) !== 0) end += 1;
  return end;
}

/** The cheap look first. */
function mayBe({ begins, solidUnits }: Code, text: string, start: number): boolean {
  if (begins !== undefined && !begins.has(text.slice(start, start + 2))) return false;
  if (solidUnits === undefined) return true;
  let at = start;
  while (at < start + solidUnits && (kindAt(text, at) & (UPPER | DIGIT)) !== 0) at += 1;
  return at === start + solidUnits;
}

/** Whether a code can begin with these digits. */
function canLead({ text, isFinal }: SpanView, start: number, end: number): boolean {
  if (end >= text.length) return !isFinal && end - start < LEADING_DIGITS_MAX;
  const next = codeAt(text, end);
  if (end - start === 2 && next === BLANK) return isSpacedDate(text, end + 1);
  return end - start < LEADING_DIGITS_MAX && next < CODE_COUNT && IS_LEADING[(end - start) * CODE_COUNT + next] === 1;
}

/** Germany writes `15 070649 C 103`: six digits, then a blank or a capital; of two digits and a blank nothing else is a code. */
function isSpacedDate(text: string, from: number): boolean {
  for (let at = from; at < from + 6 && at < text.length; at += 1) if ((kindAt(text, at) & DIGIT) === 0) return false;
  const next = text[from + 6];
  return next === undefined || next === ' ' || (kindAt(text, from + 6) & UPPER) !== 0;
}

/** Whatever a pattern can take is letters, digits, spaces, dots, hyphens, plus signs and parentheses. */
const ONLY_CODE = /^[A-Za-z0-9 .+()-]*$/;
/** And never two separators in a row, a word of small letters, more than six letters in a row, or more than four separators. */
const NEVER = /[ .+-][ .+-]|[a-z]{2}|[a-z][A-Z0-9]|[A-Z]{7}|^\d{19}|(?:[ .+-][A-Z0-9]*){6}/;

/** Capital letters at the end could begin a code: up to six, with a space or hyphen after one or two. */
function tail(view: SpanView): number {
  const { text } = view;
  const end = text.length;
  const last = text[end - 1];
  const lettersEnd = last === ' ' || last === '-' ? end - 1 : end;
  if ((kindAt(text, lettersEnd - 1) & LETTER) === 0) return end;
  const start = runStart(text, lettersEnd, { kinds: UPPER, limit: Math.max(view.floor, lettersEnd - LETTERS_MAX - 1) });
  const count = lettersEnd - start;
  const isBeginning =
    lettersEnd === end ? count > 0 && count <= LETTERS_MAX : count === 2 || (last === '-' && (count === 1 || count === 3));
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
  hold: { max: IBAN_UNITS_MAX + 34 },
  anchors: [...'0123456789'].map((literal) => ({ literal, leading: true as const })),
  look,
  tail,
} satisfies SpanDetector;
