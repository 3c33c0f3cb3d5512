// Personal data made of digits: payment cards, national identifiers, telephone numbers, IPv4 addresses, dates of birth.
// One detector, because they exclude each other: what a number is depends on what it cannot be.
import type { SpanAnswer, SpanDetector, SpanMatch, SpanView } from '../detector.ts';
import { live, match, NONE } from '../span/answers.ts';
import { DIGIT, kindAt, runEnd, WORD } from '../span/chars.ts';
import { cardScore, CARD_DIGITS_MIN, CARD_WORDS } from '../span/numbers/cards.ts';
import { anyWord, Nearby } from '../span/numbers/context.ts';
import type { Words } from '../span/numbers/context.ts';
import {
  digitsOf,
  DIGITS_MAX,
  writeKeys,
  formatOf,
  groupUnits,
  isLuhnGroups,
  isNumberEnd,
  isNumberStart,
  keyOf,
  NUMBER_UNITS_MAX,
  readGroups,
} from '../span/numbers/groups.ts';
import type { Groups } from '../span/numbers/groups.ts';
import { CHECKS } from '../span/numbers/id-checks.ts';
import { isMonthDay } from '../span/numbers/month-day.ts';
import { hasWordAfter, phoneScore, WORD_AFTER_UNITS } from '../span/numbers/phones.ts';
import ids from '../span/tables/national-ids.json' with { type: 'json' };

interface NationalId {
  readonly type: string;
  readonly check: (digits: string) => boolean;
  readonly words: Words;
  readonly isAlone: boolean;
  /** Numbers of companies and devices are less grave than those of people. */
  readonly severity: 'high' | 'medium';
}

/** By the key of the way they are written. */
const IDS = new Map<number, NationalId[]>();
for (const row of ids) {
  const check = CHECKS[row.check] ?? (() => false);
  const words = anyWord(row.words);
  const add = (format: string, isAlone: boolean): void => {
    const key = keyOf(format);
    IDS.set(key, [
      ...(IDS.get(key) ?? []),
      { type: row.type, check, words, isAlone, severity: row.severity === 'medium' ? 'medium' : 'high' },
    ]);
  };
  for (const format of row.alone) add(format, true);
  for (const format of row.withWords) add(format, false);
}

const CARD_CONTEXT = anyWord(CARD_WORDS);
const BIRTH_CONTEXT = anyWord([
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
]);
const DOCUMENT_WORDS = anyWord(['license', 'licence', 'passport']);
const VERSION_CONTEXT =
  /(?:^|[^a-z])(?:version|release|build|firmware|v\.?|ver\.?|section|sections|chapter|clause|paragraph|§|oid|tls|ssl|rfc|kapitel|abschnitt)\s{0,2}$/;
const LICENSE_CONTEXT = /(?:driver|driving)(?:['’]?s)? licen[cs]e(?: (?:number|no\.?|#))?(?: is)?[:\s]{0,3}$/;
const PASSPORT_CONTEXT = /passport(?: (?:number|no\.?|#))?(?: is)?[:\s]{0,3}$/;
const BIRTH_FORMAT = /^(?:4[-./]\d[-./]\d|\d([-./])\d\1(?:4|2))$/;

const DIGITS_MIN = 6;
/** ITU-T E.164. */
const PHONE_DIGITS_MAX = 15;
const PHONE_GROUPS_MAX = 7;
const EXTENSION_DIGITS_MAX = 5;

/** What is known of the number that begins here. */
interface Reading {
  readonly view: SpanView;
  readonly groups: Groups;
  /** Where the span begins: a plus sign or a parenthesis before the first digit belongs to it. */
  readonly start: number;
  /** End of the last group, with the extension of a telephone number. */
  readonly extended: number;
  readonly nearby: Nearby;
}

/** Two single digits with a separator between begin a list of single digits: long, and nobody's number. */
function isListStart(text: string, at: number): boolean {
  return (
    at + 3 < text.length &&
    text[at + 1] !== '.' &&
    (kindAt(text, at + 1) & DIGIT) === 0 &&
    (kindAt(text, at + 2) & DIGIT) !== 0 &&
    (kindAt(text, at + 3) & DIGIT) === 0
  );
}

function look(view: SpanView, at: number): SpanAnswer {
  if ((kindAt(view.text, at - 1) & DIGIT) !== 0 || isListStart(view.text, at) || !isNumberStart(view, at)) return NONE;
  const groups = readGroups(view, at);
  const start = spanStart(view, at);
  if (groups.isOpen) return live(start);
  if (groups.size > 3 && (groups.totals[3] ?? 0) <= 4 && view.text[groups.ends[0] ?? 0] !== '.') return NONE;
  const last = groups.ends[groups.size - 1] ?? at;
  if (last - at < DIGITS_MIN) return NONE;
  const extended = extensionEnd(view, last);
  if (extended < 0) return live(start);
  return decide({ view, groups, start, nearby: new Nearby(view, start), extended });
}

/** Keys of the formats of the first groups; reused like the groups. */
const keys = new Float64Array(DIGITS_MAX + 1);

/** The longest reading that is anything, telephone numbers last. */
function decide(reading: Reading): SpanAnswer {
  const { view, groups } = reading;
  writeKeys(view.text, groups, keys);
  for (let count = groups.size; count > 0; count -= 1) {
    const found = isNumberEnd(view, groups, count - 1) || isNetwork(view, groups, count) ? judge(reading, count) : undefined;
    if (found !== undefined) return match(found);
  }
  for (let count = mayBePhone(reading) ? groups.size : 0; count > 0; count -= 1) {
    const answer = phone(reading, count);
    if (answer.state !== 'none') return answer;
  }
  return NONE;
}

/** `192.0.2.0/24` (RFC 4632): the address ends where its length begins. */
const isNetwork = (view: SpanView, groups: Groups, count: number): boolean =>
  count === 4 && groups.size === 5 && view.text[groups.ends[3] ?? 0] === '/' && groupUnits(groups, 4) <= 2;

/** Among digits alone, as in a table, only a few ways of writing are telling. */
function mayBePhone({ view, groups, start, nearby }: Reading): boolean {
  const last = groups.ends[groups.size - 1] ?? 0;
  const isUnsure = !view.isFinal && view.text.length < last + WORD_AFTER_UNITS;
  if (isUnsure || start < groups.start || view.text[groups.start] === '0' || nearby.hasLetters) return true;
  for (let at = last; at < last + 3; at += 1) {
    if ((kindAt(view.text, at) & WORD) !== 0) return true;
  }
  for (let k = 2; k < groups.size; k += 1) {
    if (groupUnits(groups, k) === 4 && groupUnits(groups, k - 1) === 3) return true;
  }
  return false;
}

function spanStart(view: SpanView, at: number): number {
  if (isPlus(view, at - 1)) return at - 1;
  if (view.text[at - 1] !== '(') return at;
  return isPlus(view, at - 2) ? at - 2 : at - 1;
}

const isPlus = (view: SpanView, at: number): boolean => view.text[at] === '+' && (kindAt(view.text, at - 1) & WORD) === 0;

/** End of an extension such as `x123` after a telephone number; `last` if there is none, -1 if that cannot be told yet. */
function extensionEnd(view: SpanView, last: number): number {
  if (view.text[last] !== 'x') return last;
  const limit = last + 2 + EXTENSION_DIGITS_MAX;
  const end = runEnd(view.text, last + 1, { kinds: DIGIT, limit });
  if (end >= view.text.length && end < limit && !view.isFinal) return -1;
  const isExtension = end > last + 1 && end < limit && (kindAt(view.text, end) & WORD) === 0;
  return isExtension ? end : last;
}

/** What the first `count` groups are, most certain first, telephone numbers aside. */
function judge(reading: Reading, count: number): SpanMatch | undefined {
  const digits = reading.groups.totals[count - 1] ?? 0;
  if (digits > DIGITS_MAX) return undefined;
  const dotted = count === 4 && digits <= 12 ? address(reading) : undefined;
  if (dotted !== undefined) return dotted;
  const dated = count === 3 && digits <= 8 ? birth(reading) : undefined;
  if (dated !== undefined || digits < DIGITS_MIN) return dated;
  return card(reading, count) ?? nationalId(reading, count) ?? document(reading, count);
}

const spanOf = ({ groups }: Reading, count: number): { readonly start: number; readonly end: number } => ({
  start: groups.start,
  end: groups.ends[count - 1] ?? 0,
});

const partsOf = ({ view, groups }: Reading, count: number): readonly string[] =>
  Array.from({ length: count }, (_, k) => view.text.slice(groups.starts[k], groups.ends[k]));

/** RFC 791; loopback, unspecified and mask-like addresses name nobody. */
function address(reading: Reading): SpanMatch | undefined {
  const { view, groups } = reading;
  if (view.text[groups.ends[0] ?? 0] !== '.' || !/^[123]\.[123]\.[123]\.[123]$/.test(formatOf(view.text, groups, 4))) return undefined;
  const parts = partsOf(reading, 4);
  const isValid = parts.every((part) => Number(part) <= 255 && (part === '0' || !part.startsWith('0')));
  const isNobody = parts[0] === '0' || parts[0] === '127' || (parts[0] === '255' && parts[1] === '255');
  if (!isValid || isNobody || VERSION_CONTEXT.test(reading.nearby.text)) return undefined;
  return { type: 'IP_ADDRESS', ...spanOf(reading, 4), severity: 'low', score: 0.9, reason: 'four octets' };
}

/** Cards are written plainly or in groups of four and six; what begins otherwise needs no closer look. */
function card(reading: Reading, count: number): SpanMatch | undefined {
  const { view, groups } = reading;
  const first = groupUnits(groups, 0);
  const isPossible = (groups.totals[count - 1] ?? 0) >= CARD_DIGITS_MIN && (count === 1 || first === 4 || first === 6);
  if (!isPossible || !isLuhnGroups(view.text, groups, count)) return undefined;
  const score = cardScore(digitsOf(view.text, groups, count), formatOf(view.text, groups, count), () => reading.nearby.names(CARD_CONTEXT));
  if (score === 0) return undefined;
  return {
    type: 'CREDIT_CARD',
    ...spanOf(reading, count),
    severity: 'high',
    score,
    reason: 'an issuer range, its length and a valid check digit',
  };
}

function nationalId(reading: Reading, count: number): SpanMatch | undefined {
  const candidates = IDS.get(keys[count - 1] ?? 0);
  if (candidates === undefined) return undefined;
  const digits = digitsOf(reading.view.text, reading.groups, count);
  let alone: NationalId | undefined;
  for (const id of candidates) {
    if (!id.check(digits)) continue;
    // A word nearby says more than a format that several countries share.
    if (reading.nearby.names(id.words)) return idMatch(reading, count, { id, isNamed: true });
    if (id.isAlone) alone ??= id;
  }
  return alone === undefined ? undefined : idMatch(reading, count, { id: alone, isNamed: false });
}

function idMatch(reading: Reading, count: number, { id, isNamed }: { readonly id: NationalId; readonly isNamed: boolean }): SpanMatch {
  const reason = isNamed ? 'the format and check rule, and a word nearby that names it' : 'the format and check rule';
  return { type: id.type, ...spanOf(reading, count), severity: id.severity, score: isNamed ? 0.98 : 0.85, reason };
}

/** Numbers without a rule of their own, when they are named. */
function document(reading: Reading, count: number): SpanMatch | undefined {
  const { nearby, groups } = reading;
  if ((groups.totals[count - 1] ?? 0) > 14 || !nearby.names(DOCUMENT_WORDS)) return undefined;
  if (LICENSE_CONTEXT.test(nearby.text)) {
    return {
      type: 'US_DRIVER_LICENSE',
      ...spanOf(reading, count),
      severity: 'high',
      score: 0.8,
      reason: 'a number that is named as a driving licence',
    };
  }
  if (count > 1 || !PASSPORT_CONTEXT.test(nearby.text)) return undefined;
  return { type: 'PASSPORT', ...spanOf(reading, count), severity: 'high', score: 0.8, reason: 'a number that is named as a passport' };
}

/** A full date after a word of birth. */
function birth(reading: Reading): SpanMatch | undefined {
  if (!reading.nearby.names(BIRTH_CONTEXT)) return undefined;
  const format = formatOf(reading.view.text, reading.groups, 3);
  if (!BIRTH_FORMAT.test(format)) return undefined;
  const parts = partsOf(reading, 3).map(Number);
  const [a = 0, b = 0] = format.startsWith('4') ? parts.slice(1) : parts;
  if (!isMonthDay(a, b) && !isMonthDay(b, a)) return undefined;
  return { type: 'DATE_OF_BIRTH', ...spanOf(reading, 3), severity: 'medium', score: 0.85, reason: 'a date after a word of birth' };
}

function phone(reading: Reading, count: number): SpanAnswer {
  const { view, groups, start, nearby, extended } = reading;
  const digits = groups.totals[count - 1] ?? 0;
  if (digits < DIGITS_MIN || digits > PHONE_DIGITS_MAX || count > PHONE_GROUPS_MAX) return NONE;
  const isAll = count === groups.size;
  const last = groups.ends[count - 1] ?? 0;
  // A word after the number counts only when its end is known.
  const isKnown = view.isFinal || view.text.length >= last + WORD_AFTER_UNITS;
  const after = isAll && isKnown && count > 1 ? view.text.slice(last, last + WORD_AFTER_UNITS) : '';
  const hasPlus = view.text[start] === '+';
  const isEnd = isNumberEnd(view, groups, count - 1) || (isAll && extended > last) || hasWordAfter(after);
  const score = isEnd
    ? phoneScore({ text: view.text, groups, count, hasPlus, hasParenthesis: start < groups.start && !hasPlus, nearby, after })
    : 0;
  if (score > 0) {
    return match({
      type: 'PHONE_NUMBER',
      start,
      end: isAll ? extended : last,
      severity: 'low',
      score,
      reason: 'the way telephone numbers are written',
    });
  }
  return isAll && count > 1 && !isKnown ? live(start) : NONE;
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
