// Answers that are run as SQL, or become part of it: CWE-89. One reading statement passes; what is stacked behind it, destroys,
// or turns a condition around does not.
import type { SpanAnswer, SpanDetector, SpanView } from '../detector.ts';
import { NONE } from '../span/answers.ts';
import { anyCase, literals, lookWith, sinkRule } from './sink-rule.ts';
import table from './tables/sql.json' with { type: 'json' };

const BLANKS = '(?:\\s|/\\*[^*]{0,60}\\*/|--[^\\n]{0,60}\\n){0,12}';
const STACKED = new RegExp(`;${BLANKS}(?:${table.stacked.join('|')})\\b(?=\\s|[("'\`\\[/;-]|$)`, 'iy');
const STACKED_UNITS = 160;

/** Nothing but blanks, comments and the beginning of a word can lead to a second statement. */
const mayStack = (window: string): boolean => /^;(?:\s|\/\*[^*]*(?:\*\/|\*?$)|--[^\n]*(?:\n|$)|[-/]$)*[a-z]*$/i.test(window);

/** What stands in the place of what was taken out: a word in brackets, so that the rest is no statement. A comment would be a blank. */
const removed = (type: string) => (): string => ` [${type}] `;

export const sqlStacked: SpanDetector = sinkRule({
  name: 'sql-stacked',
  sink: 'sql',
  about: 'A second statement behind a semicolon.',
  anchors: literals(';'),
  hold: STACKED_UNITS,
  look: (view, at) =>
    lookWith(view, at, { type: 'stacked_statement', reason: 'a second statement', pattern: STACKED, units: STACKED_UNITS, may: mayStack }),
  neutral: removed('STACKED_STATEMENT'),
});

const DESTROYING = new RegExp(
  `(?:(?:${table.destroying.join('|')})\\s{1,8}(?:if\\s{1,4}exists\\s{1,4})?(?:${table.objects.join('|')})\\b|shutdown\\b(?=\\s*(?:;|$|with))|delete\\s{1,8}from\\s{1,8}[\\w."\`\\[\\]]{1,64}\\s*(?:;|$)|exec(?:ute)?\\s{1,8}(?:master\\.{1,2})?(?:xp|sp)_\\w+)`,
  'iy',
);
const DESTROYING_UNITS = 240;
/** Every row, because no condition follows in this statement. */
const UPDATING = /update\s{1,8}[\w."`[\]]{1,64}\s{1,8}set\s(?![^;]{0,150}\bwhere\b)/iy;
const VERBS = [...table.destroying, 'delete', 'update', 'exec'];
const DESTROYING_STARTS = [...new Set(VERBS.map((word) => word.slice(0, 2)))];

/** At the beginning of a line, of a quotation of code, or behind a semicolon: where a statement begins. */
function beginsStatement(view: SpanView, at: number): boolean {
  for (let before = at - 1; before >= Math.max(view.floor, at - 16); before--) {
    const unit = view.text.charAt(before);
    if (/[\n;`(]/.test(unit)) return true;
    if (!/[ \t]/.test(unit)) return false;
  }
  return at <= 16 && view.floor === 0;
}

const mayDestroy = (window: string): boolean => {
  const [, verb = '', rest = ''] = /^([a-z]*)([\s\S]*)$/i.exec(window) ?? [];
  const word = verb.toLowerCase();
  if (rest === '') return VERBS.some((known) => known.startsWith(word)) || word === 'execute';
  return /^\s/.test(rest) && (VERBS.includes(word) || word === 'execute');
};

export const sqlDestroying: SpanDetector = sinkRule({
  name: 'sql-destroying',
  sink: 'sql',
  about: 'Statements that drop, truncate, alter, grant, run procedures of the server, or change every row.',
  anchors: DESTROYING_STARTS.flatMap(anyCase),
  hold: DESTROYING_UNITS,
  look(view, at) {
    if (!beginsStatement(view, at)) return NONE;
    const card = {
      type: 'destroying_statement',
      reason: 'a statement that destroys or takes rights',
      units: DESTROYING_UNITS,
      may: mayDestroy,
    };
    const isUpdate = /^u/i.test(view.text.charAt(at));
    return lookWith(view, at, isUpdate ? { ...card, pattern: UPDATING, waits: true } : { ...card, pattern: DESTROYING });
  },
  neutral: removed('DESTROYING_STATEMENT'),
});

const TAUTOLOGY =
  /(?:or|and)\s{1,8}(?:not\s{1,4})?(?:\(\s*)?(?:'([^']{0,24})'\s{0,4}(?:=|like)\s{0,4}'\1(?:'|\b|$)|"([^"]{0,24})"\s{0,4}=\s{0,4}"\2"?|(\d{1,9})\s{0,4}=\s{0,4}\3(?!\d)|true\b(?=\s{0,4}(?:--|#|;|\/\*|$))|1\s{0,4}(?:--|#|\/\*))/iy;
const TAUTOLOGY_UNITS = 96;
const mayTurn = (window: string): boolean => /^(?:o|or|a|an|and)$|^(?:or|and)\s[^;]*$/i.test(window);

export const sqlTautology: SpanDetector = sinkRule({
  name: 'sql-tautology',
  sink: 'sql',
  about: 'Conditions that are always true.',
  anchors: ['or', 'and'].flatMap(anyCase).map((anchor) => ({ ...anchor, boundary: true })),
  hold: TAUTOLOGY_UNITS,
  look: (view, at) =>
    lookWith(view, at, {
      type: 'tautology',
      reason: 'a condition that is always true',
      pattern: TAUTOLOGY,
      units: TAUTOLOGY_UNITS,
      may: mayTurn,
    }),
  neutral: removed('TAUTOLOGY'),
});

const READING_ON =
  /(?:union\s{1,8}(?:all\s{1,8}|distinct\s{1,8})?(?:\(\s*)?select\b|into\s{1,8}(?:out|dump)file\b|(?:load_file|pg_read_file|pg_ls_dir|sleep|pg_sleep|benchmark|xp_cmdshell|utl_http\.request|dbms_pipe\.receive_message|extractvalue|updatexml)\s{0,4}\(|information_schema\.|sqlite_master\b|pg_shadow\b|waitfor\s{1,8}delay\b|xp_cmdshell\b)/iy;
const READING_UNITS = 64;
const READING_WORDS = [
  'union', 'into', 'load_file', 'pg_read_file', 'pg_ls_dir', 'sleep', 'pg_sleep', 'benchmark', 'xp_cmdshell', 'utl_http.request',
  'dbms_pipe.receive_message', 'extractvalue', 'updatexml', 'information_schema.', 'sqlite_master', 'pg_shadow', 'waitfor',
]; // prettier-ignore
const READING_STARTS = [...new Set(READING_WORDS.map((word) => word.slice(0, 2)))];
const mayRead = (window: string): boolean => {
  const text = window.toLowerCase();
  return READING_WORDS.some((word) => word.startsWith(text) || (text.startsWith(word) && /^[\s(a-z]*$/.test(text.slice(word.length))));
};

export const sqlReadingOn: SpanDetector = sinkRule({
  name: 'sql-reading-on',
  sink: 'sql',
  about: 'UNION SELECT, files of the server, waiting on purpose, and the catalogue of the database.',
  anchors: READING_STARTS.flatMap(anyCase).map((anchor) => ({ ...anchor, boundary: true })),
  hold: READING_UNITS,
  look: (view, at) =>
    lookWith(view, at, {
      type: 'reading_on',
      reason: 'it reads what the question is not about',
      pattern: READING_ON,
      units: READING_UNITS,
      may: mayRead,
    }),
  neutral: removed('READING_ON'),
});

/** A quote, then a comment that swallows what the program wrote behind it. */
function lookAtQuote(view: SpanView, at: number): SpanAnswer {
  return lookWith(view, at, {
    type: 'swallowing_comment',
    reason: 'a comment that swallows the rest of the statement',
    pattern: /['"]\)?(?:--|#|\/\*|;%00|\s--\s*(?:$|['"-]))/y,
    units: 8,
    may: (window) => /^['"]\)?(?:[-/]|\s-{0,2}\s*)?$/.test(window),
  });
}

export const sqlComments: SpanDetector = sinkRule({
  name: 'sql-comments',
  sink: 'sql',
  about: 'A quote and a comment behind it, which swallow the rest of a statement.',
  anchors: literals("'", '"'),
  hold: 8,
  look: lookAtQuote,
  neutral: removed('SWALLOWING_COMMENT'),
});
