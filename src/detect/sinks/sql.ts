// Answers that are run as SQL, or become part of it: CWE-89. One reading statement passes; what is stacked behind it, destroys,
// or turns a condition around does not.
import type { SpanAnswer, SpanDetector, SpanView } from '../detector.ts';
import { NONE } from '../span/answers.ts';
import { anyCase, literals, lookWith, sinkRule } from './sink-rule.ts';
import table from './tables/sql.json' with { type: 'json' };

/** What databases skip between words; their comments are blanks too. Each branch begins with a character of its own: no backtracking. */
const BLANK = '(?:\\s|/\\*(?![!M])(?:[^*]|\\*(?!/))*\\*/|--[^\\n]*\\n|#[^\\n]*\\n)';
const BLANKS = `${BLANK}*`;
const GAP = `${BLANK}+`;
/** Nothing but blanks since the anchor, the last of them perhaps not ended: more text could be anything. */
const ONLY_BLANKS = `${BLANKS}(?:/\\*(?![!M])(?:[^*]|\\*(?!/))*|/|--?[^\\n]*|#[^\\n]*)?`;

/** What stands in the place of what was taken out: a word in brackets, so that the rest is no statement. A comment would be a blank. */
const removed = (type: string) => (): string => ` [${type}] `;

/** A window that is full of blanks hides what comes behind it: nobody writes so who has nothing to hide. */
const hidden = (beginning: string): RegExp => new RegExp(`^${beginning}${ONLY_BLANKS}$`, 'i');

const STACKED = new RegExp(`;${BLANKS}(?:(?:${table.stacked.join('|')})\\b(?=\\s|[("'\`\\[/;#-]|$)|/\\*!)`, 'iy');
const STACKED_UNITS = 120;
const STACKED_GAP = hidden(';');
const MAY_STACK = new RegExp(`^;${BLANKS}(?:[a-z]*|/\\*!?)$`, 'i');

export const sqlStacked: SpanDetector = sinkRule({
  name: 'sql-stacked',
  sink: 'sql',
  about: 'A second statement behind a semicolon.',
  anchors: literals(';'),
  hold: STACKED_UNITS,
  look: (view, at) =>
    lookWith(view, at, {
      type: 'stacked_statement',
      reason: 'a second statement',
      pattern: STACKED,
      units: STACKED_UNITS,
      gap: STACKED_GAP,
      may: (window) => MAY_STACK.test(window),
    }),
  neutral: removed('STACKED_STATEMENT'),
});

const NAME = '[\\w."`\\[\\]]{1,64}';
const DESTROYING = new RegExp(
  `(?:(?:${table.destroying.join('|')})${GAP}(?:if${GAP}exists${GAP})?(?:${table.objects.join('|')})\\b|shutdown\\b(?=\\s*(?:;|$|with))|delete${GAP}from${GAP}${NAME}\\s*(?:;|$)|exec(?:ute)?${GAP}(?:master\\.{1,2})?(?:xp|sp)_\\w+)`,
  'iy',
);
const DESTROYING_UNITS = 240;
/** Every row, because no condition follows in this statement. */
const UPDATING = new RegExp(`update${GAP}${NAME}${GAP}set${BLANK}(?![^;]{0,150}\\bwhere\\b)`, 'iy');
const VERBS = [...table.destroying, 'delete', 'update', 'exec', 'execute'];
const DESTROYING_STARTS = [...new Set(VERBS.map((word) => word.slice(0, 2)))];
const DESTROYING_GAP = hidden(`(?:${VERBS.join('|')})`);

/** At the beginning of a line, of a quotation of code, or behind a semicolon or a comment: where a statement begins. */
function beginsStatement(view: SpanView, at: number): boolean {
  for (let before = at - 1; before >= Math.max(view.floor, at - 64); before--) {
    const unit = view.text.charAt(before);
    if (/[\n;`(/]/.test(unit)) return true;
    if (!/\s/.test(unit)) return false;
  }
  return true;
}

const mayDestroy = (window: string): boolean => {
  const [, verb = '', rest = ''] = /^([a-z]*)([\s\S]*)$/i.exec(window) ?? [];
  const word = verb.toLowerCase();
  if (rest === '') return VERBS.some((known) => known.startsWith(word));
  return /^[\s/#-]/.test(rest) && VERBS.includes(word);
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
      gap: DESTROYING_GAP,
      may: mayDestroy,
    };
    const isUpdate = /^u/i.test(view.text.charAt(at));
    return lookWith(view, at, isUpdate ? { ...card, pattern: UPDATING, waits: true } : { ...card, pattern: DESTROYING });
  },
  neutral: removed('DESTROYING_STATEMENT'),
});

const TAUTOLOGY = new RegExp(
  `(?:or|and)${GAP}(?:not${GAP})?(?:\\(${BLANKS})?(?:'([^']{0,24})'${BLANKS}(?:=|like)${BLANKS}'\\1(?:'|\\b|$)|"([^"]{0,24})"${BLANKS}=${BLANKS}"\\2"?|(\\d{1,9})${BLANKS}=${BLANKS}\\3(?!\\d)|true\\b(?=\\s*(?:--|#|;|/\\*|$))|1\\s*(?:--|#|/\\*))`,
  'iy',
);
const TAUTOLOGY_UNITS = 160;
const TAUTOLOGY_GAP = hidden('(?:or|and)');

const BEFORE_VALUE = new RegExp(`^(?:or|and)${ONLY_BLANKS}`, 'i');
const mayTurn = (window: string): boolean => {
  if (/^(?:o|or|a|an|and)$/i.test(window)) return true;
  const before = BEFORE_VALUE.exec(window)?.[0];
  if (before === undefined) return false;
  const rest = window.slice(before.length);
  return rest === '' || /^(?:not?$|not\b|t(?:r(?:ue?)?)?$|true\b|n$|[('"\d])/i.test(rest);
};

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
      gap: TAUTOLOGY_GAP,
      waits: true,
      may: mayTurn,
    }),
  neutral: removed('TAUTOLOGY'),
});

const READING_ON = new RegExp(
  `(?:union${GAP}(?:all${GAP}|distinct${GAP})?(?:\\(${BLANKS})?select\\b|into${GAP}(?:out|dump)file\\b|(?:load_file|pg_read_file|pg_ls_dir|sleep|pg_sleep|benchmark|utl_http\\.request|dbms_pipe\\.receive_message|extractvalue|updatexml)${BLANKS}\\(|information_schema\\.|sqlite_master\\b|pg_shadow\\b|waitfor${GAP}delay\\b|xp_cmdshell\\b|union(?:all|distinct)?\\()`,
  'iy',
);
const READING_UNITS = 160;
const READING_WORDS = [
  'union', 'into', 'load_file', 'pg_read_file', 'pg_ls_dir', 'sleep', 'pg_sleep', 'benchmark', 'xp_cmdshell', 'utl_http.request',
  'dbms_pipe.receive_message', 'extractvalue', 'updatexml', 'information_schema.', 'sqlite_master', 'pg_shadow', 'waitfor',
]; // prettier-ignore
const READING_STARTS = [...new Set(READING_WORDS.map((word) => word.slice(0, 2)))];
const READING_GAP = hidden('(?:union|into|waitfor)');
const MAY_READ = new RegExp(`^(?:union|into|waitfor)${GAP}[a-z]*${ONLY_BLANKS}[(a-z]*$`, 'i');
const mayRead = (window: string): boolean => {
  const text = window.toLowerCase();
  return (
    READING_WORDS.some((word) => word.startsWith(text) || (text.startsWith(word) && /^[\s(]*$/.test(text.slice(word.length)))) ||
    MAY_READ.test(window)
  );
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
      gap: READING_GAP,
      may: mayRead,
    }),
  neutral: removed('READING_ON'),
});

/** A quote, then a comment that swallows what the program wrote behind it; and a comment that MySQL runs. */
function lookAtComment(view: SpanView, at: number): SpanAnswer {
  const card = { type: 'swallowing_comment', reason: 'a comment that swallows the rest of the statement', units: 8 };
  if (view.text.charAt(at) === '/') return lookWith(view, at, { ...card, pattern: /\/\*[!M]/y, units: 4, reason: 'a comment that is run' });
  return lookWith(view, at, {
    ...card,
    pattern: /['"]\)?(?:--|#|\/\*|;%00|\s--\s*(?:$|['"-]))/y,
    may: (window) => /^['"]\)?(?:[-/]|\s-{0,2}\s*)?$/.test(window),
  });
}

export const sqlComments: SpanDetector = sinkRule({
  name: 'sql-comments',
  sink: 'sql',
  about: 'A quote and a comment behind it, which swallow the rest of a statement; comments that a database runs.',
  anchors: literals("'", '"', '/*'),
  hold: 8,
  look: lookAtComment,
  neutral: removed('SWALLOWING_COMMENT'),
});
