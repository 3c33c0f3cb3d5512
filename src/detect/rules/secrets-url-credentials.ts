// Passwords in URLs: `scheme://user:password@host` (RFC 3986 section 3.2.1), database URLs among them. Only the password is
// hidden, so that no URL has to be held back from its first letter on.
import type { SpanAnswer, SpanDetector, SpanView } from '../detector.ts';
import { live, match, NONE } from '../span/answers.ts';
import { kindAt, LETTER, OPAQUE, runEnd, runStart, WORD } from '../span/chars.ts';
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
  if ((kindAt(view.text, at - 1) & LETTER) === 0 && (kindAt(view.text, at - 1) & WORD) === 0) return NONE;
  const user = at + 3;
  const userEnd = userinfoEnd(view.text, user, user + USER_UNITS_MAX);
  if (userEnd >= view.text.length && userEnd < user + USER_UNITS_MAX && !view.isFinal) return live(view.text.length);
  if (view.text[userEnd] !== ':') return NONE;
  const start = userEnd + 1;
  return password(view, { at, start });
}

function userinfoEnd(text: string, from: number, limit: number): number {
  const stop = Math.min(text.length, limit);
  let at = from;
  while (at < stop && (kindAt(text, at) & OPAQUE) !== 0 && !':/?#@[]'.includes(text[at] ?? '')) at += 1;
  return at;
}

/** Everything up to the at sign; a slash, a port that is not followed by an at sign or white space says that it is none. */
function password(view: SpanView, { at, start }: { readonly at: number; readonly start: number }): SpanAnswer {
  const { text } = view;
  let end = runEnd(text, start, { kinds: OPAQUE, limit: start + PASSWORD_UNITS_MAX });
  for (let place = start; place < end; place += 1) {
    if ('/?#@'.includes(text[place] ?? '')) end = place;
  }
  if (end >= text.length && end < start + PASSWORD_UNITS_MAX && !view.isFinal) return live(start);
  if (text[end] !== '@' || end === start) return NONE;
  if ((kindAt(text, end + 1) & WORD) === 0 && text[end + 1] !== '[' && end + 1 < text.length) return NONE;
  if (end + 1 >= text.length && !view.isFinal) return live(start);
  const value = text.slice(start, end);
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
