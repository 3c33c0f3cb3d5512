// Secrets that only the words before them give away: `password = …`, `"api_key": "…"`, `Authorization: Bearer …`, `my key is: …`.
// The words are never held back: only the value is part of the span.
import type { SpanAnswer, SpanDetector, SpanView } from '../detector.ts';
import { committed, live, match, NONE } from '../span/answers.ts';
import { kindAt, LETTER, LOWER, OPAQUE, runEnd, runStart, SPACE, UPPER, WORD } from '../span/chars.ts';
import { contextBefore } from '../span/numbers/context.ts';
import { judgeValue } from '../span/secret-value.ts';
import type { Claim } from '../span/secret-value.ts';

/** A value of that length is judged as far as it is known; the rest of it is hidden with it. */
const VALUE_UNITS_MAX = 120;
/** How far after the keyword a value may be told. */
const TOLD_UNITS_MAX = 56;

interface Keyword {
  readonly literal: string;
  /** A short word that is part of many others: it needs a boundary, or one of these before it. */
  readonly after?: readonly string[];
  /** No longer word may begin with it. */
  readonly isWhole?: true;
}

const KEYWORDS: readonly Keyword[] = [
  { literal: 'password' },
  { literal: 'passwd' },
  { literal: 'passphrase' },
  { literal: 'pwd' },
  { literal: 'secret' },
  { literal: 'token' },
  { literal: 'credential' },
  { literal: 'bearer', isWhole: true },
  { literal: 'key', after: ['api', 'access', 'secret', 'private', 'account', 'auth', 'shared', 'license', 'encryption', 'signing'] },
  { literal: 'pass', after: ['db', 'user', 'root', 'admin', 'my'], isWhole: true },
  { literal: 'auth', after: [], isWhole: true },
  { literal: 'sig', after: [], isWhole: true },
  { literal: 'passwort' },
  { literal: 'kennwort' },
  { literal: 'contraseña' },
  { literal: 'senha', after: [] },
  { literal: 'wachtwoord' },
  { literal: 'mot de passe' },
  { literal: 'lösenord' },
  { literal: 'passord' },
  { literal: 'adgangskode' },
  { literal: 'hasło' },
  { literal: 'heslo', after: [] },
  { literal: 'şifre' },
  { literal: 'пароль' },
  { literal: '密码' },
  { literal: '密碼' },
  { literal: 'パスワード' },
  { literal: '비밀번호' },
  { literal: 'authorization' },
  { literal: '"d"' },
  { literal: ' -u' },
  { literal: '--user' },
];

/** Keys of tables, lists and caches are no secrets. */
const OPEN_KEY =
  /(?:primary|foreign|sort|partition|composite|cache|candidate|unique|natural|surrogate|translation|public|routing|range|hash|object)[\s_-]?$/i;

const LITERALS = new Set(KEYWORDS.map(({ literal }) => literal));
const KEYWORD_UNITS_MAX = 13;

/** What may stand between a keyword and the value that is assigned to it. All parts are bounded. */
const ASSIGNMENT = /[\w.-]{0,20}\\?["'`]?\]?\s{0,4}(?::=|=>|==|[:：=>|])\s{0,4}(?:\\?["'`])?/y;
const ASSIGNMENT_BEGUN = /^[\w.-]{0,20}\\?["'`]?\]?\s{0,4}$/;
const ASSIGNMENT_UNITS_MAX = 36;

function look(view: SpanView, at: number, mark: number): SpanAnswer {
  const keyword = KEYWORDS[mark];
  if (keyword === undefined || !isKeyword(view, at, keyword)) return NONE;
  const end = at + keyword.literal.length;
  if (keyword.literal.includes('-u')) return ofCommand(view, at, end);
  // The usual case in prose, before anything costs: another word follows.
  if (view.text[end] === ' ' && (kindAt(view.text, end + 1) & LETTER) !== 0) return afterSpace(view, at, end);
  const known = view.text.slice(end, end + ASSIGNMENT_UNITS_MAX);
  ASSIGNMENT.lastIndex = 0;
  if (ASSIGNMENT.test(known)) {
    const start = end + ASSIGNMENT.lastIndex;
    if (start >= view.text.length || isQuoteBegun(view.text, start)) return view.isFinal ? NONE : live(view.text.length);
    return assigned(view, { at, start });
  }
  if (known.length < ASSIGNMENT_UNITS_MAX && !view.isFinal && ASSIGNMENT_BEGUN.test(known)) return live(view.text.length);
  return afterSpace(view, at, end);
}

const USER = /^[ =]['"]?[\w.@+-]{0,40}:/;
const USER_UNITS_MAX = 44;

/** `curl -u name:password`: the value behind the colon, in a line that begins a transfer. */
function ofCommand(view: SpanView, at: number, end: number): SpanAnswer {
  const line = view.text.slice(Math.max(view.floor, at - CONTEXT_UNITS), at);
  if (!/\b(?:curl|http|https|xh|wget)\b[^\n]*$/.test(line)) return NONE;
  const known = view.text.slice(end, end + USER_UNITS_MAX);
  const user = USER.exec(known)?.[0];
  if (user === undefined) return known.length < USER_UNITS_MAX && !view.isFinal && USER_BEGUN.test(known) ? live(view.text.length) : NONE;
  return value(view, { at, start: end + user.length, claim: 'assigned' });
}

const CONTEXT_UNITS = 120;
const USER_BEGUN = /^(?:[ =](?:['"]?[\w.@+-]{0,40})?)?$/;

/** A backslash at the end could belong to an escaped quote. */
const isQuoteBegun = (text: string, start: number): boolean => text[start] === '\\' && start + 1 >= text.length;

function afterSpace(view: SpanView, at: number, end: number): SpanAnswer {
  const isBearer = view.text[end] === ' ' && BEARER.has(view.text.slice(end - 6, end));
  return isBearer ? bearer(view, at, end + 1) : told(view, at, end);
}

const BEARER = new Set(['bearer', 'Bearer', 'BEARER']);

/** The credentials of an `Authorization` header (RFC 6750 section 2.1) follow after one space. */
function bearer(view: SpanView, at: number, start: number): SpanAnswer {
  return start >= view.text.length ? (view.isFinal ? NONE : live(start)) : value(view, { at, start, claim: 'assigned' });
}

/** The private part of a JSON Web Key (RFC 7518 section 6) is one letter; the kind of key stands before it. */
const JWK_UNITS_MAX = 240;

function isKeyword(view: SpanView, at: number, { literal, after, isWhole }: Keyword): boolean {
  const { text } = view;
  const end = at + literal.length;
  if (literal === '"d"') return text.slice(Math.max(view.floor, at - JWK_UNITS_MAX), at).includes('"kty"');
  if (literal === 'key' && OPEN_KEY.test(text.slice(Math.max(view.floor, at - 14), at))) return false;
  if (isWhole === true && (kindAt(text, end) & LETTER) !== 0) return false;
  if (after === undefined || (kindAt(text, at - 1) & LETTER) === 0) return true;
  if ((kindAt(text, at) & UPPER) !== 0 && (kindAt(text, at + 1) & LOWER) !== 0 && (kindAt(text, at - 1) & LOWER) !== 0) return true;
  const before = text.slice(Math.max(view.floor, at - 10), at).toLowerCase();
  return after.some((word) => before.endsWith(word));
}

function assigned(view: SpanView, { at, start }: { readonly at: number; readonly start: number }): SpanAnswer {
  const scheme = /^(?:Bearer|Basic|Token|token|bearer|Api-Key|ApiKey) /.exec(view.text.slice(start, start + 8))?.[0].length ?? 0;
  const first = runEnd(view.text, start, { kinds: OPAQUE, limit: start + 8 });
  if (scheme === 0 && first >= view.text.length && !view.isFinal) return live(start);
  return value(view, { at, start: start + scheme, claim: 'assigned' });
}

interface Place {
  /** The keyword. */
  readonly at: number;
  readonly start: number;
  readonly claim: Claim;
}

/** Judges the value at `start`, as soon as its end is known. */
function value(view: SpanView, { at, start, claim }: Place): SpanAnswer {
  const { text, isFinal } = view;
  const end = runEnd(text, start, { kinds: OPAQUE, limit: start + VALUE_UNITS_MAX });
  const isCut = end === start + VALUE_UNITS_MAX;
  if (end >= text.length && !isCut && !isFinal) return live(start);
  const quote = text[start - 1] ?? '';
  const isPhrase = '"\'`'.includes(quote) && !isCut && text[end] === ' ';
  if (isPhrase) return NONE;
  const known = text.slice(start, end);
  const written = isCut ? known : trimmed(view, at, known);
  const judged = judgeValue(written, claim, contextBefore(view, start));
  if (judged === undefined) return NONE;
  const found = {
    ...judged,
    start,
    end: start + written.length,
    severity: 'high',
    reason: 'looks random, and the words before it name a secret',
  } as const;
  return isCut ? committed(found) : match(found);
}

/** Without what belongs to the sentence, the list or the query that the value stands in. */
function trimmed(view: SpanView, at: number, known: string): string {
  const word = runStart(view.text, at, { kinds: WORD, limit: Math.max(view.floor, at - 24) });
  const isQuery = '?&'.includes(view.text[word - 1] ?? ' ');
  const cut = isQuery ? known.search(/[&#]/) : known.search(/[,;](?=[\w"'}\]]*[:=]|$)/);
  return (cut < 0 ? known : known.slice(0, cut)).replace(/[.,;)\]}]+$/, '');
}

const TELLS = new Set(['is', 'was', 'are', 'be', '=', '->', 'ist', 'lautet', 'es', 'est', 'è', 'é', 'er', 'är', 'to', 'это', 'IS', 'Is']);
const TELL_UNITS_MAX = 6;

/** Words that mean nothing but a password. */
const PASSWORD =
  /^(?:p(?:ass|wd)|kennwort|contraseña|senha|wachtwoord|mot de passe|lösenord|adgangskode|hasło|heslo|şifre|пароль|密码|密碼|パスワード|비밀번호)/i;

/** Walks the words after the keyword: one that follows it directly, or a colon or `is`, may be the value. */
function told(view: SpanView, at: number, from: number): SpanAnswer {
  const { text, isFinal } = view;
  const limit = from + TOLD_UNITS_MAX;
  let place = runEnd(text, from, { kinds: WORD, limit: from + 2 });
  // `the password is …` is as good as an assignment; `the key is …` is said of much else.
  const isPassword = PASSWORD.test(text.slice(at, at + KEYWORD_UNITS_MAX));
  let isNamed = false;
  let isTold = (kindAt(text, place) & SPACE) !== 0;
  while (place < limit) {
    const start = afterGap(text, place, limit);
    if (start < 0) return NONE;
    if (start >= text.length) return isFinal ? NONE : live(text.length);
    const end = runEnd(text, start, { kinds: OPAQUE, limit: start + VALUE_UNITS_MAX });
    const isWhole = end < text.length || end === start + VALUE_UNITS_MAX || isFinal;
    if (!isWhole) return live(isTold ? start : text.length);
    if (end === start) return NONE;
    const answer = isTold ? value(view, { at, start, claim: isNamed ? 'assigned' : 'told' }) : NONE;
    if (answer.state !== 'none') return answer;
    // The next keyword looks on from there.
    if (end - start <= KEYWORD_UNITS_MAX && LITERALS.has(text.slice(start, end))) return NONE;
    isNamed = isPassword;
    isTold = text[end - 1] === ':' || text[end - 1] === '=' || (end - start <= TELL_UNITS_MAX && TELLS.has(text.slice(start, end)));
    place = end;
  }
  return NONE;
}

/** Next word on the same line; -1 if the line ends before. */
function afterGap(text: string, from: number, limit: number): number {
  let at = from;
  while (at < text.length && at < limit + 4) {
    const unit = text[at] ?? '';
    if (unit === '\n' || unit === '\r') return -1;
    if ((kindAt(text, at) & SPACE) === 0 && !'"\'`'.includes(unit)) return at;
    at += 1;
  }
  return at < text.length ? -1 : at;
}

export default {
  kind: 'span',
  id: 'secrets.assignment',
  task: 'secrets',
  class: 'secret',
  directions: ['input', 'output'],
  severity: 'high',
  taxonomy: 'sensitive-output',
  about: 'Passwords, tokens and keys told by the words before them and by how random they look; digests, UUIDs and placeholders aside.',
  hold: { max: VALUE_UNITS_MAX + 8 },
  anchors: KEYWORDS.map(({ literal }) => ({ literal, fold: true as const })),
  look,
  isRun: true,
  extend(view, from) {
    const end = runEnd(view.text, from, { kinds: OPAQUE, limit: view.text.length });
    return { end, isClosed: end < view.text.length };
  },
} satisfies SpanDetector;
