// Statements that destroy, take rights, run programs of the server, or change every row, where a statement begins.
import type { SpanDetector, SpanView } from '../detector.ts';
import { NONE } from '../span/answers.ts';
import { anyCase, sinkRule } from './sink-rule.ts';
import { BLANKS, GAP, hidden, lookAtSql } from './sql-look.ts';
import { CONDITION, isAlwaysTrue, mayBeCondition } from './sql-truth.ts';
import { removed } from './sql.ts';
import table from './tables/sql.json' with { type: 'json' };

const NAME = '[\\w."`\\[\\]]{1,64}';
const words = (list: readonly string[]): string => `(?:${list.join('|')})`;

const PATTERN = new RegExp(
  `^(?:${[
    `${words(table.destroying)}${GAP}(?:if${GAP}exists${GAP})?${words(table.objects)}\\b`,
    `shutdown\\b${BLANKS}(?:;|$|with\\b)`,
    `delete${GAP}from${GAP}${NAME}${BLANKS}(?:;|$)`,
    `delete${GAP}from${GAP}${NAME}${GAP}where${GAP}${CONDITION}`,
    `exec(?:ute)?${GAP}(?:master\\.{1,2})?(?:xp|sp)_\\w+`,
    `create${GAP}(?:or${GAP}replace${GAP})?${words(table.created)}\\b`,
    `copy${GAP}(?:\\([^;]{1,150}?\\)|${NAME})${BLANKS}(?:\\([^;)]{1,60}\\)${BLANKS})?(?:to|from)${BLANKS}(?:program\\b|')`,
    `attach${GAP}(?:database${GAP})?['"]`,
    `load${GAP}data\\b`,
    `set${GAP}(?:global|persist|persist_only|role|session${GAP}authorization)\\b`,
    `do${BLANKS}\\$`,
    `(?:backup|restore)${GAP}database\\b`,
  ].join('|')})`,
  'i',
);
/** Every row, because no condition follows in this statement, or one that is always true. */
const UPDATING = new RegExp(`^update${GAP}[^;=]{1,100}?${GAP}set${GAP}[^;=]{1,80}=(?=(?<rest>[^;]*))`, 'i');
const UNITS = 240;
const CHANGED_WHERE = new RegExp(`\\bwhere${GAP}${CONDITION}`, 'i');

const VERBS = [
  ...table.destroying, 'delete', 'update', 'exec', 'execute', 'create', 'copy', 'attach', 'load', 'set', 'do', 'backup', 'restore',
]; // prettier-ignore
const STARTS = [...new Set(VERBS.map((word) => word.slice(0, 2)))];
const VERB_GAP = hidden(words(VERBS));

/** What may follow a verb, word by word; `*` is any name. */
const FOLLOWING: readonly (readonly string[])[] = [
  ...table.destroying.flatMap((verb) => [
    ...table.objects.map((object) => [verb, object]),
    ...table.objects.map((object) => [verb, 'if', 'exists', object]),
  ]),
  ...table.created.flatMap((object) => [
    ['create', object],
    ['create', 'or', 'replace', object],
  ]),
  ['shutdown', 'with'],
  ['delete', 'from', '*', 'where'],
  ...['exec', 'execute'].map((verb) => [verb, '*']),
  ['copy', '*', 'to', 'program'],
  ['copy', '*', 'from', 'program'],
  ['attach', 'database', "'"],
  ['load', 'data'],
  ...['global', 'persist', 'persist_only', 'role'].map((what) => ['set', what]),
  ['set', 'session', 'authorization'],
  ['do', '$'],
  ['backup', 'database'],
  ['restore', 'database'],
];

/** Whether more text could make one of the statements of it. */
function mayDestroy(text: string): boolean {
  const lower = text.toLowerCase();
  const where = /^delete[ \t]from[ \t]\S+[ \t]where[ \t]/.exec(lower);
  if (where !== null) return mayBeCondition(lower.slice(where[0].length));
  if (/^copy[ \t]\(/.test(lower)) return true;
  const said = lower.split(/[ \t]/);
  return FOLLOWING.some(
    (row) => said.length <= row.length && said.every((word, at) => isBegun(row[at] ?? '', word, at === said.length - 1)),
  );
}

const isBegun = (known: string, word: string, isLast: boolean): boolean =>
  known === '*' || (isLast ? known.startsWith(word) : known === word);

/** Words between `update` and `set`: tables, their other names, and what databases take there. */
const TABLE_WORDS_MAX = 7;

function mayUpdate(text: string): boolean {
  const set = text.search(/[ \t]set[ \t]/i);
  if (set < 0) return text.split(/[ \t]/, TABLE_WORDS_MAX + 1).length <= TABLE_WORDS_MAX;
  const rest = text.slice(set + 5);
  if (!rest.includes('=')) return rest.length <= 80;
  const where = /\bwhere\b[ \t]?/i.exec(rest);
  return where === null || mayBeCondition(rest.slice(where.index + where[0].length));
}

function changesAll({ groups }: RegExpExecArray): boolean {
  const rest = groups?.['rest'] ?? '';
  const always = CHANGED_WHERE.exec(rest);
  return always === null ? !/\bwhere\b/i.test(rest) : isAlwaysTrue(always.groups ?? {});
}

/** At the beginning of a line, of a quotation of code, or behind a semicolon or a comment: where a statement begins. */
function beginsStatement(view: SpanView, at: number): boolean {
  for (let before = at - 1; before >= Math.max(view.floor, at - 64); before--) {
    const unit = view.text.charAt(before);
    if (/[\n;`(/]/.test(unit)) return true;
    if (!/\s/.test(unit)) return false;
  }
  return true;
}

const CARD = { type: 'destroying_statement', reason: 'a statement that destroys or takes rights', units: UNITS, gap: VERB_GAP };

export const sqlDestroying: SpanDetector = sinkRule({
  name: 'sql-destroying',
  sink: 'sql',
  about: 'Statements that drop, truncate, alter, grant, make accounts and code, run programs of the server, or change every row.',
  anchors: STARTS.flatMap(anyCase),
  hold: UNITS,
  look(view, at) {
    if (!beginsStatement(view, at)) return NONE;
    const isUpdate = /^u/i.test(view.text.charAt(at));
    if (isUpdate) return lookAtSql(view, at, { ...CARD, pattern: UPDATING, holds: changesAll, may: mayUpdate, waits: true });
    return lookAtSql(view, at, {
      ...CARD,
      pattern: PATTERN,
      holds: ({ groups }) => groups === undefined || isAlwaysTrueIfAsked(groups),
      may: mayDestroy,
    });
  },
  neutral: removed('DESTROYING_STATEMENT'),
});

/** Most statements have no condition to be asked about. */
const isAlwaysTrueIfAsked = (groups: Readonly<Record<string, string | undefined>>): boolean =>
  groups['left'] === undefined && groups['alone'] === undefined ? true : isAlwaysTrue(groups);
