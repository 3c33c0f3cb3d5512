// Answers that are run as SQL, or become part of it: CWE-89. One reading statement passes; what is stacked behind it, turns a condition
// around, reads what the question is not about or swallows the rest does not. What destroys: `sql-destroying.ts`.
import type { SpanAnswer, SpanDetector, SpanView } from '../detector.ts';
import { live, NONE } from '../span/answers.ts';
import { anyCase, literals, lookWith, sinkRule, unsafe } from './sink-rule.ts';
import { BLANKS, GAP, hidden, lookAtSql } from './sql-look.ts';
import { CONDITION, isAlwaysTrue, mayBeCondition } from './sql-truth.ts';
import table from './tables/sql.json' with { type: 'json' };

/** What stands in the place of what was taken out: a word in brackets, so that the rest is no statement. A comment would be a blank. */
export const removed = (type: string) => (): string => ` [${type}] `;

const STACKED = new RegExp(`^;${BLANKS}(?:(?:${table.stacked.join('|')})\\b(?=[ \\t("'\`\\[/;]|$)|/\\*[!M])`, 'i');
const STACKED_UNITS = 120;
const STACKED_GAP = hidden(';');
const MAY_STACK = /^;[ \t]?(?:[a-z]*|-|\/\*?)$/i;

export const sqlStacked: SpanDetector = sinkRule({
  name: 'sql-stacked',
  sink: 'sql',
  about: 'A second statement behind a semicolon.',
  anchors: literals(';'),
  hold: STACKED_UNITS,
  look: (view, at) =>
    lookAtSql(view, at, {
      type: 'stacked_statement',
      reason: 'a second statement',
      pattern: STACKED,
      units: STACKED_UNITS,
      gap: STACKED_GAP,
      may: (text) => MAY_STACK.test(text),
    }),
  neutral: removed('STACKED_STATEMENT'),
});

const BEFORE_CONDITION = `(?:(?:x?or|and)(?:[ \\t]|(?=['"(+.!-]))|(?:\\|\\||&&)[ \\t]?)`;
/** A number by itself is true where a comment hides what follows it. */
const TAUTOLOGY = new RegExp(`^${BEFORE_CONDITION}(?:[1-9]\\d{0,8}\\t|${CONDITION})`, 'i');
const TAUTOLOGY_UNITS = 160;
const TAUTOLOGY_GAP = hidden('(?:x?or|and|\\|\\||&&)');
const BEGUN = /^(?:x?or|and|\|\||&&)[ \t]?/i;

const mayTurn = (text: string): boolean => {
  if (/^(?:xo?|o|an?|\||&)$/i.test(text)) return true;
  const begun = BEGUN.exec(text)?.[0].length;
  return begun !== undefined && mayBeCondition(text.slice(begun));
};

export const sqlTautology: SpanDetector = sinkRule({
  name: 'sql-tautology',
  sink: 'sql',
  about: 'Conditions that are always true.',
  anchors: [...['or', 'and', 'xor'].flatMap(anyCase).map((anchor) => ({ ...anchor, boundary: true as const })), ...literals('||', '&&')],
  hold: TAUTOLOGY_UNITS,
  look: (view, at) =>
    lookAtSql(view, at, {
      type: 'tautology',
      reason: 'a condition that is always true',
      pattern: TAUTOLOGY,
      holds: ({ groups = {} }) => isAlwaysTrue(groups),
      units: TAUTOLOGY_UNITS,
      gap: TAUTOLOGY_GAP,
      may: mayTurn,
    }),
  neutral: removed('TAUTOLOGY'),
});

const READING_ON = new RegExp(
  `^(?:union${GAP}(?:(?:all|distinct)${BLANKS})?(?:\\(${BLANKS}){0,3}(?:select\\b|values${BLANKS}(?:\\(|row\\b)|table${GAP}["'\`\\w])|union(?:all|distinct)?\\(|into${GAP}(?:out|dump)file\\b|(?:${table.functions.join('|')})${BLANKS}\\(|information_schema${BLANKS}\\.|mysql\\.user\\b|(?:${table.catalogue.join('|')})\\b|waitfor${GAP}(?:delay|time)\\b)`,
  'i',
);
const READING_UNITS = 160;
const READING_WORDS = [...table.functions, ...table.catalogue, 'union', 'into', 'information_schema', 'mysql.user', 'waitfor'];
const READING_STARTS = [...new Set(READING_WORDS.map((word) => word.slice(0, 2)))];
const READING_GAP = hidden('(?:union|into|waitfor)');
const MAY_READ =
  /^(?:union[ \t](?:(?:a|al|all|d[istnc]{0,6}|distinct)?|(?:(?:all|distinct)[ \t]?)?(?:\([ \t]?){0,3}(?:s[elct]{0,5}|v[alues]{0,5}[ \t]?r?o?w?|t[able]{0,4}[ \t]?)?)|union(?:all|distinct)?|into[ \t](?:o[utfile]{0,6}|d[umpfile]{0,7})?|waitfor[ \t](?:d[elay]{0,4}|t[ime]{0,3})?)$/i;
const mayRead = (text: string): boolean => {
  const lower = text.toLowerCase();
  const word = lower.replace(/[ \t]$/, '');
  return READING_WORDS.some((known) => known.startsWith(word) && (word === lower || known === word)) || MAY_READ.test(text);
};

export const sqlReadingOn: SpanDetector = sinkRule({
  name: 'sql-reading-on',
  sink: 'sql',
  about: 'UNION SELECT, files of the server, other programs and databases, waiting on purpose, and the catalogue of the database.',
  anchors: READING_STARTS.flatMap(anyCase).map((anchor) => ({ ...anchor, boundary: true })),
  hold: READING_UNITS,
  look: (view, at) =>
    lookAtSql(view, at, {
      type: 'reading_on',
      reason: 'it reads what the question is not about',
      pattern: READING_ON,
      units: READING_UNITS,
      gap: READING_GAP,
      may: mayRead,
    }),
  neutral: removed('READING_ON'),
});

const SWALLOWING = { type: 'swallowing_comment', reason: 'a comment that swallows the rest of the statement' };
const COMMENT_UNITS = 16;

/** A quote, then a comment that swallows what the program wrote behind it; and a comment that MySQL runs. */
function lookAtComment(view: SpanView, at: number): SpanAnswer {
  if (view.text.charAt(at) === '/')
    return lookWith(view, at, { ...SWALLOWING, pattern: /\/\*[!M]/y, units: 4, reason: 'a comment that is run' });
  if (view.text.charAt(at) === '-') return lookAtDashes(view, at);
  return lookWith(view, at, {
    ...SWALLOWING,
    units: COMMENT_UNITS,
    pattern: /['"`]\){0,4}(?:;?(?:--|#|\/\*)|;%00|\s;?--\s*(?:$|['"-]))/y,
    may: (window) => /^['"`]\){0,4}(?:;|;?[-/]|;%0?|\s;?-{0,2}\s*)?$/.test(window),
  });
}

/** Behind a number no quote has to be closed: dashes with nothing behind them swallow what the program writes there. */
function lookAtDashes(view: SpanView, at: number): SpanAnswer {
  if (!/[\d)]\s?$/.test(view.text.slice(Math.max(view.floor, at - 2), at))) return NONE;
  const rest = view.text.slice(at + 2, at + COMMENT_UNITS);
  if (!/^\s*$/.test(rest)) return NONE;
  if (!view.isFinal) return rest.length < COMMENT_UNITS - 2 ? live(at) : NONE;
  return unsafe({ ...SWALLOWING, start: at, end: at + 2 });
}

export const sqlComments: SpanDetector = sinkRule({
  name: 'sql-comments',
  sink: 'sql',
  about: 'A quote or a number and a comment behind it, which swallow the rest of a statement; comments that a database runs.',
  anchors: literals("'", '"', '`', '/*', '--'),
  hold: COMMENT_UNITS,
  look: lookAtComment,
  neutral: removed('SWALLOWING_COMMENT'),
});
