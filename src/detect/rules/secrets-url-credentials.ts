// Passwords in URLs: `scheme://user:password@host` (RFC 3986 section 3.2.1), database URLs among them. Only the password is
// hidden, so that no URL has to be held back from its first letter on.
import type { SpanAnswer, SpanDetector, SpanView } from '../detector.ts';
import { live, match, NONE } from '../span/answers.ts';
import { kindAt, OPAQUE, runStart, WORD } from '../span/chars.ts';
import { isPlaceholder } from '../span/opaque.ts';

const USER_UNITS_MAX = 64;
const PASSWORD_UNITS_MAX = 120;

const DATABASES = new Set([
  'postgres',
  'postgresql',
  'mysql',
  'mariadb',
  'mongodb',
  'redis',
  'rediss',
  'amqp',
  'amqps',
  'mssql',
  'sqlserver',
  'cockroachdb',
  'clickhouse',
  'oracle',
  'srv',
  'neo4j',
  'bolt',
  'couchdb',
  'cassandra',
  'kafka',
  'nats',
  'ldap',
  'ldaps',
]);

/** The scheme that ends before `at`: letters, digits, `+`, `-`, `.`; only the last word of it is looked at. */
function schemeBefore(view: SpanView, at: number): string {
  const start = runStart(view.text, at, { kinds: WORD, limit: Math.max(view.floor, at - 16) });
  return view.text.slice(start, at).toLowerCase();
}

function look(view: SpanView, at: number): SpanAnswer {
  const { text, isFinal } = view;
  if ((kindAt(text, at - 1) & WORD) === 0) return NONE;
  const user = at + 3;
  const userEnd = partEnd(text, user, USER_UNITS_MAX);
  if (userEnd >= text.length && userEnd < user + USER_UNITS_MAX && !isFinal) return live(text.length);
  if (text[userEnd] !== ':') return NONE;
  const start = userEnd + 1;
  const end = passwordEnd(text, start);
  if (end >= text.length && end < start + PASSWORD_UNITS_MAX && !isFinal) return live(start);
  if (text[end] !== '@' || end === start) return NONE;
  if (end + 1 >= text.length) return isFinal ? NONE : live(start);
  const isHost = (kindAt(text, end + 1) & WORD) !== 0 || text[end + 1] === '[';
  return isHost ? password(view, { at, start, end }) : NONE;
}

/** End of a user name or password: what is opaque and none of the URL's own signs. */
function partEnd(text: string, from: number, max: number): number {
  const stop = Math.min(text.length, from + max);
  let at = from;
  while (at < stop && (kindAt(text, at) & OPAQUE) !== 0 && !':/?#@[]'.includes(text[at] ?? '')) at += 1;
  return at;
}

/** A password may hold colons, though RFC 3986 would have them encoded. */
function passwordEnd(text: string, from: number): number {
  let end = partEnd(text, from, PASSWORD_UNITS_MAX);
  while (text[end] === ':' && end < from + PASSWORD_UNITS_MAX) end = partEnd(text, end + 1, from + PASSWORD_UNITS_MAX - end - 1);
  return end;
}

function password(view: SpanView, span: { readonly at: number; readonly start: number; readonly end: number }): SpanAnswer {
  const { at, start, end } = span;
  const value = view.text.slice(start, end);
  if (isPlaceholder(value) || PLACEHOLDERS.test(value)) return NONE;
  const scheme = schemeBefore(view, at);
  const type = scheme.startsWith('postgres') ? 'postgres_url' : DATABASES.has(scheme) ? 'database_url' : 'basic_auth_url';
  return match({ type, start, end, severity: 'high', score: 0.95, reason: 'a password in a URL' });
}

/** What documentation writes in this place. */
const PLACEHOLDERS = /^(?:pass(?:word|wd)?|pwd|secret|token|\*+|\.+|\[.*\]|%s|\$\w+)$/i;

export default {
  kind: 'span',
  id: 'secrets.url-credentials',
  task: 'secrets',
  class: 'secret',
  directions: ['input', 'output'],
  severity: 'high',
  taxonomy: 'sensitive-output',
  about: 'Passwords in URLs, database URLs among them; the password alone is hidden.',
  hold: { max: PASSWORD_UNITS_MAX + 2 },
  anchors: [{ literal: '://' }],
  look,
} satisfies SpanDetector;
