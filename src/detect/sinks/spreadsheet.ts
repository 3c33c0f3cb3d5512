// Answers that become cells of a CSV file or a sheet: CWE-1236. A cell that begins with an equals sign is a formula, and so is one
// that begins with a sign or an at sign and is not a number.
import type { SpanAnswer, SpanDetector, SpanView } from '../detector.ts';
import { live, NONE } from '../span/answers.ts';
import { literals, sinkRule, unsafe } from './sink-rule.ts';

const SIGNS = ['=', '+', '-', '@', '\uff1d', '\uff0b', '\uff0d', '\uff20', '\ufe66', '\ufe62', '\ufe63', '\ufe6b'];
const EQUALS = ['=', '\uff1d', '\ufe66'];
const CELL_UNITS_MAX = 96;
const BEFORE_UNITS_MAX = 64;
const CELL_END = /[,;\t\r\n]/;
const REFERENCE = '\\$?[A-Za-z]{1,3}\\$?\\d';
/**
 * A call, a link into another program (DDE), a reference to a cell, here or behind numbers, or to another sheet, a text to be joined, or
 * so many numbers that the end of the cell is not seen.
 */
const FORMULA = new RegExp(
  `^.(?:${[
    '[^,;\\t\\r\\n]{0,80}?(?:[A-Z]{2,}[A-Z0-9.]*\\(|\\|[^,;\\t\\r\\n]{0,60}!)',
    '\\s{0,2}\\$?[A-Z]{1,3}\\$?\\d',
    `(?=[\\d(+*/^.$A-Za-z-])[\\d.\\s+*/^()%-]{0,80}${REFERENCE}`,
    `(?:'[^',;\\t\\r\\n]{1,60}'|[\\w.]{1,60})!${REFERENCE}`,
    `["'](?!\\s*(?:[,;\\t\\r\\n|]|$))`,
    `\\s{1,2}["'][^"',;\\t\\r\\n]{0,40}["']\\s{0,2}&`,
    '(?=\\S)[^,;\\t\\r\\n]{0,60}?[A-Za-z]\\(',
    `[\\d.\\s+*/^()%&<>=$-]{${CELL_UNITS_MAX - 1}}$`,
  ].join('|')})`,
);
/** Blanks, quotes, and marks that are shown as nothing and cut off. */
const BEFORE = /[\s"\0\u00ad\u200b-\u200f\u2060\ufeff]/;

/** Whether a cell begins here: at the beginning, or behind a separator, with nothing but blanks and a quote between. */
function isCellStart(view: SpanView, at: number): boolean {
  for (let before = at - 1; before >= Math.max(view.floor, at - BEFORE_UNITS_MAX); before--) {
    const unit = view.text.charAt(before);
    if (/[,;\t\r\n|]/.test(unit)) return true;
    if (!BEFORE.test(unit)) return false;
  }
  return at <= BEFORE_UNITS_MAX && view.floor === 0;
}

function look(view: SpanView, at: number): SpanAnswer {
  if (!isCellStart(view, at)) return NONE;
  const found = unsafe({ type: 'formula', start: at, end: at + 1, reason: 'a cell that a spreadsheet would calculate' });
  const sign = view.text.charAt(at);
  if (EQUALS.includes(sign)) return found;
  const cell = view.text.slice(at, at + CELL_UNITS_MAX);
  const isWhole = view.isFinal || cell.length === CELL_UNITS_MAX || CELL_END.test(cell.slice(1));
  if (!isWhole) return live(at);
  return FORMULA.test(cell) ? found : NONE;
}

export const spreadsheetFormulas: SpanDetector = sinkRule({
  name: 'spreadsheet-formulas',
  sink: 'spreadsheet',
  about: 'Cells that begin a formula: an equals sign, or +, - and @ before a call, a reference or a link into another program.',
  anchors: literals(...SIGNS),
  hold: CELL_UNITS_MAX,
  look,
  // OWASP “CSV Injection”: an apostrophe makes a text of it.
  neutral: (text) => `'${text}`,
});
