// Personal data made of digits: payment cards, national identifiers, telephone numbers, IPv4 addresses, dates of birth.
// One detector, because they exclude each other: what a number is depends on what it cannot be.
import type { SpanAnswer, SpanDetector, SpanMatch, SpanView } from '../detector.ts';
import { live, match, NONE } from '../span/answers.ts';
import { codeAt, DIGIT, kindAt, runEnd, SPACE, WORD } from '../span/chars.ts';
import { cardScore, CARD_DIGITS_MIN, CARD_GROUPS_MAX, CARD_WORDS } from '../span/numbers/cards.ts';
import { ABOUT, anyWord, Nearby } from '../span/numbers/context.ts';
import {
  DIGITS_MAX,
  formatOf,
  groupUnits,
  isLuhnGroups,
  isNumberEnd,
  isNumberStart,
  NUMBER_UNITS_MAX,
  readGroups,
  valueOf,
} from '../span/numbers/groups.ts';
import type { Groups } from '../span/numbers/groups.ts';
import { isMonthDay } from '../span/numbers/month-day.ts';
import { ALONE, isWritten, nationalId } from '../span/numbers/national-ids.ts';
import { DIGITS_MIN, phoneNumber } from '../span/numbers/phone-number.ts';
import { hasWordAfter, isNamedPhone, WORD_AFTER_UNITS } from '../span/numbers/phones.ts';
import { endOf } from '../span/numbers/reading.ts';
import type { Reading } from '../span/numbers/reading.ts';

const CARD_CONTEXT = anyWord(CARD_WORDS, ABOUT.card);
const BIRTH_CONTEXT = anyWord(
  [
    'born',
    'dob',
    'd.o.b',
    'birth',
    'birthday',
    'birthdate',
    'geboren',
    'geburtsdatum',
    'né le',
    'née le',
    'nacimiento',
    'nascimento',
    'nascita',
  ],
  ABOUT.birth,
);
const DOCUMENT_WORDS = anyWord(['license', 'licence', 'passport'], ABOUT.document);
const VERSION_CONTEXT =
  /(?:^|[^a-z])(?:version|release|build|firmware|v\.?|ver\.?|section|sections|chapter|clause|paragraph|§|oid|tls|ssl|rfc|kapitel|abschnitt)\s{0,2}$/;
const LICENSE_CONTEXT = /(?:driver|driving)(?:['’]?s)? licen[cs]e(?: (?:number|no\.?|#))?(?: is)?[:\s]{0,3}$/;
const PASSPORT_CONTEXT = /passport(?: (?:number|no\.?|#))?(?: is)?[:\s]{0,3}$/;
const BIRTH_FORMAT = /^(?:4[-./]\d[-./]\d|\d([-./])\d\1(?:4|2))$/;

const EXTENSION_DIGITS_MAX = 5;
const LETTER_X = 0x78;
const DOT = 0x2e;
const PLUS = 0x2b;
const SOLIDUS = 0x2f;
const COLON = 0x3a;
const NUMBER_SIGN = 0x23;
const PARENTHESIS = 0x28;

/** Two single digits with a separator between begin a list of single digits: long, and nobody's number. */
function isListStart(text: string, at: number): boolean {
  if ((kindAt(text, at + 1) & DIGIT) !== 0) return false;
  return (
    at + 3 < text.length && codeAt(text, at + 1) !== DOT && (kindAt(text, at + 2) & DIGIT) !== 0 && (kindAt(text, at + 3) & DIGIT) === 0
  );
}

function look(view: SpanView, at: number): SpanAnswer {
  if ((kindAt(view.text, at - 1) & DIGIT) !== 0 || isListStart(view.text, at) || !isNumberStart(view, at)) return NONE;
  const groups = readGroups(view, at);
  const start = spanStart(view, at);
  if (groups.isOpen) return live(start);
  if (groups.size > 3 && (groups.totals[3] ?? 0) <= 4 && codeAt(view.text, groups.ends[0] ?? 0) !== DOT) return NONE;
  const last = groups.ends[groups.size - 1] ?? at;
  if (last - at < DIGITS_MIN) return NONE;
  const extended = extensionEnd(view, last);
  if (extended < 0) return live(start);
  if (extended === last && isNoEnd(view, groups, last)) return NONE;
  const nearby = new Nearby(view, start);
  return decide({ view, groups, start, extended, nearby, topics: nearby.topics, isPhone: isNamedPhone(nearby) });
}

/** Whether no number can end with any of the groups, as in a date with a time behind it, and no word after it says that it does. */
const isNoEnd = (view: SpanView, groups: Groups, last: number): boolean =>
  groups.endings === 0 &&
  (view.isFinal || view.text.length >= last + WORD_AFTER_UNITS) &&
  !isNetwork(view, groups, 4) &&
  !hasWordAfter(view.text, last);

/** The longest reading that is anything, telephone numbers last. */
function decide(reading: Reading): SpanAnswer {
  const { view, groups } = reading;
  for (let count = groups.size; count > 0; count -= 1) {
    const found = isNumberEnd(groups, count - 1) || isNetwork(view, groups, count) ? judge(reading, count) : undefined;
    if (found !== undefined) return match(found);
  }
  return phoneNumber(reading);
}

/** `192.0.2.0/24` (RFC 4632): the address ends where its length begins. */
const isNetwork = (view: SpanView, groups: Groups, count: number): boolean =>
  count === 4 && groups.size === 5 && codeAt(view.text, groups.ends[3] ?? 0) === SOLIDUS && groupUnits(groups, 4) <= 2;

function spanStart(view: SpanView, at: number): number {
  if (isPlus(view, at - 1)) return at - 1;
  if (codeAt(view.text, at - 1) !== PARENTHESIS) return at;
  return isPlus(view, at - 2) ? at - 2 : at - 1;
}

const isPlus = ({ text }: SpanView, at: number): boolean => codeAt(text, at) === PLUS && (kindAt(text, at - 1) & WORD) === 0;

/** End of an extension such as `x123` after a telephone number; `last` if there is none, -1 if that cannot be told yet. */
function extensionEnd(view: SpanView, last: number): number {
  if (codeAt(view.text, last) !== LETTER_X) return last;
  const limit = last + 2 + EXTENSION_DIGITS_MAX;
  const end = runEnd(view.text, last + 1, { kinds: DIGIT, limit });
  if (end >= view.text.length && end < limit && !view.isFinal) return -1;
  const isExtension = end > last + 1 && end < limit && (kindAt(view.text, end) & WORD) === 0;
  return isExtension ? end : last;
}

/** What the first `count` groups are, most certain first, telephone numbers aside. */
function judge(reading: Reading, count: number): SpanMatch | undefined {
  const { groups } = reading;
  const digits = groups.totals[count - 1] ?? 0;
  if (digits > DIGITS_MAX || !isAnyPossible(reading, count, digits)) return undefined;
  const dotted = count === 4 && digits <= 12 ? address(reading) : undefined;
  if (dotted !== undefined) return dotted;
  const dated = count === 3 && digits <= 8 ? birth(reading) : undefined;
  if (dated !== undefined || digits < DIGITS_MIN) return dated;
  return card(reading, count) ?? nationalId(reading, count) ?? document(reading, count);
}

const ABOUT_LONG = ABOUT.id | ABOUT.document | ABOUT.birth;

/** The cheap look first: by their groups and digits, and with nothing nearby that says something, most numbers are nothing. */
function isAnyPossible({ view, groups, topics }: Reading, count: number, digits: number): boolean {
  if (count === 4 && digits <= 12 && codeAt(view.text, groups.ends[0] ?? 0) === DOT) return true;
  if (digits >= DIGITS_MIN && (mayBeCard(groups, count, digits) || isWritten(count, digits, ALONE))) return true;
  return (topics & (digits >= DIGITS_MIN ? ABOUT_LONG : ABOUT.birth)) !== 0;
}

const partsOf = ({ view, groups }: Reading, count: number): readonly string[] =>
  Array.from({ length: count }, (_, k) => view.text.slice(groups.starts[k], groups.ends[k]));

/** RFC 791; loopback, unspecified and mask-like addresses name nobody. */
function address(reading: Reading): SpanMatch | undefined {
  const { view, groups } = reading;
  if (!isDotted(view.text, groups)) return undefined;
  for (let k = 0; k < 4; k += 1) {
    if (valueOf(view.text, groups, k) > 255 || (groupUnits(groups, k) > 1 && view.text[groups.starts[k] ?? 0] === '0')) return undefined;
  }
  const first = valueOf(view.text, groups, 0);
  const isNobody = first === 0 || first === 127 || (first === 255 && valueOf(view.text, groups, 1) === 255);
  if (isNobody || isVersion(reading)) return undefined;
  return { type: 'IP_ADDRESS', start: reading.groups.start, end: endOf(reading, 4), severity: 'low', score: 0.9, reason: 'four octets' };
}

/** Whether each of the first four groups has three digits at most, with a dot between. */
function isDotted(text: string, groups: Groups): boolean {
  for (let k = 0; k < 4; k += 1) {
    const end = groups.ends[k] ?? 0;
    if (groupUnits(groups, k) > 3) return false;
    if (k < 3 && (groups.starts[k + 1] !== end + 1 || codeAt(text, end) !== DOT)) return false;
  }
  return true;
}

/** Before a version stands a letter, a dot or a paragraph sign, with a blank between or none. */
function isVersion({ view, start, nearby }: Reading): boolean {
  let at = start - 1;
  while (at > start - 3 && (kindAt(view.text, at) & SPACE) !== 0) at -= 1;
  const code = codeAt(view.text, at);
  return (code === DOT || code > 0x40) && VERSION_CONTEXT.test(nearby.text);
}

/** Cards are written plainly or in groups of four and six; what begins otherwise needs no closer look. */
function card(reading: Reading, count: number): SpanMatch | undefined {
  const { view, groups } = reading;
  if (!mayBeCard(groups, count, groups.totals[count - 1] ?? 0) || !isLuhnGroups(view.text, groups, count)) return undefined;
  const score = cardScore({ text: view.text, groups, count }, () => reading.nearby.names(CARD_CONTEXT));
  if (score === 0) return undefined;
  return {
    type: 'CREDIT_CARD',
    start: reading.groups.start,
    end: endOf(reading, count),
    severity: 'high',
    score,
    reason: 'an issuer range, its length and a valid check digit',
  };
}

function mayBeCard(groups: Groups, count: number, digits: number): boolean {
  if (digits < CARD_DIGITS_MIN || count > CARD_GROUPS_MAX) return false;
  const first = groupUnits(groups, 0);
  if (count <= 2) return count === 1 || first === 6;
  const second = groupUnits(groups, 1);
  return first === 4 && (second === 4 || (second === 6 && count === 3));
}

/** Whether a letter, a dot or a number sign stands before the number, blanks and colons aside. */
function endsInWords({ view, start }: Reading): boolean {
  let at = start - 1;
  while (at > start - 4 && (codeAt(view.text, at) === COLON || (kindAt(view.text, at) & SPACE) !== 0)) at -= 1;
  const code = codeAt(view.text, at);
  return code > 0x40 || code === DOT || code === NUMBER_SIGN;
}

/** Numbers without a rule of their own, when they are named. */
function document(reading: Reading, count: number): SpanMatch | undefined {
  const { nearby, groups, topics } = reading;
  const mayBe = (topics & ABOUT.document) !== 0 && (groups.totals[count - 1] ?? 0) <= 14 && endsInWords(reading);
  if (!mayBe || !nearby.names(DOCUMENT_WORDS)) return undefined;
  if (LICENSE_CONTEXT.test(nearby.text)) {
    return {
      type: 'US_DRIVER_LICENSE',
      start: reading.groups.start,
      end: endOf(reading, count),
      severity: 'high',
      score: 0.8,
      reason: 'a number that is named as a driving licence',
    };
  }
  if (count > 1 || !PASSPORT_CONTEXT.test(nearby.text)) return undefined;
  return {
    type: 'PASSPORT',
    start: reading.groups.start,
    end: endOf(reading, count),
    severity: 'high',
    score: 0.8,
    reason: 'a number that is named as a passport',
  };
}

/** A full date after a word of birth. */
function birth(reading: Reading): SpanMatch | undefined {
  if (!reading.nearby.names(BIRTH_CONTEXT)) return undefined;
  const format = formatOf(reading.view.text, reading.groups, 3);
  if (!BIRTH_FORMAT.test(format)) return undefined;
  const parts = partsOf(reading, 3).map(Number);
  const [a = 0, b = 0] = format.startsWith('4') ? parts.slice(1) : parts;
  if (!isMonthDay(a, b) && !isMonthDay(b, a)) return undefined;
  return {
    type: 'DATE_OF_BIRTH',
    start: reading.groups.start,
    end: endOf(reading, 3),
    severity: 'medium',
    score: 0.85,
    reason: 'a date after a word of birth',
  };
}

/** A plus sign or parenthesis at the end could begin a number. */
function tail(view: SpanView): number {
  const end = view.text.length;
  if (view.text[end - 1] === '(') return isPlus(view, end - 2) ? end - 2 : end - 1;
  return isPlus(view, end - 1) ? end - 1 : end;
}

export default {
  kind: 'span',
  id: 'pii.numbers',
  task: 'pii',
  class: 'personal-data',
  directions: ['input', 'output'],
  severity: 'high',
  taxonomy: 'sensitive-output',
  about:
    'Payment cards, national identifiers, telephone numbers, IPv4 addresses and dates of birth, by check digits, formats and words nearby.',
  hold: { max: NUMBER_UNITS_MAX + EXTENSION_DIGITS_MAX + WORD_AFTER_UNITS + 4 },
  anchors: [...'0123456789'].map((literal) => ({ literal, leading: true as const })),
  look,
  tail,
} satisfies SpanDetector;
