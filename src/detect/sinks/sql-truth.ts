// Conditions between two constants: whether a database would find them true whatever stands in its tables.

/** A number, a truth value, or a text whose last quote the program may bring along. */
const NUMBER = '[+-]?(?:0x[0-9a-f]{1,16}|\\d{1,15}(?:\\.\\d{0,9})?(?:e\\d{1,3})?|\\.\\d{1,9})';
const LEFT = `(?:${NUMBER}|'[^']{0,24}'|"[^"]{0,24}"|true|false|null)`;
const RIGHT = `(?:(?:${NUMBER}|true|false|null)(?![\\w.])|'[^']{0,24}(?:'|$)|"[^"]{0,24}(?:"|$))`;
const OPERATOR = '<=>|<>|!=|>=|<=|={1,2}|<|>|(?:not[ \\t])?(?:like|glob|rlike|regexp)|is[ \\t]not|is';

/** In a squeezed text: `not`, brackets, and two constants with an operator between. Its groups are for `isAlwaysTrue`. */
export const CONDITION = `(?<not>(?:not[ \\t]?|!)?)(?:\\([ \\t]?){0,4}(?:(?<left>${LEFT})[ \\t]?(?:(?<operator>${OPERATOR})[ \\t]?(?<right>${RIGHT})|(?:not[ \\t])?(?:in[ \\t]?\\(|between[ \\t]))|(?<alone>true|false|null|0)(?![\\w.])[ \\t]?(?:;|$|(?<=\\t)))`;

type Groups = Readonly<Record<string, string | undefined>>;

/** Whether a match of `CONDITION` says something that is always so. */
export function isAlwaysTrue({ not, left, operator, right, alone }: Groups): boolean {
  const isDenied = not !== undefined && not !== '';
  if (alone !== undefined) return (alone.toLowerCase() === 'true') !== isDenied;
  // A constant in a list or between two others: nobody asks that of rows.
  if (left === undefined || operator === undefined || right === undefined) return true;
  // `is true` asks for something else than equality.
  if (/^is/i.test(operator) && /^(?:true|false)$/i.test(right)) return true;
  return compare(valueOf(left), operator.toLowerCase(), valueOf(right)) !== isDenied;
}

type Value = number | string | null;

function valueOf(constant: string): Value {
  const word = constant.toLowerCase();
  if (word === 'null') return null;
  if (word === 'true' || word === 'false') return word === 'true' ? 1 : 0;
  const quote = constant.charAt(0);
  if (quote === "'" || quote === '"') return constant.slice(1).replace(new RegExp(`${quote}$`), '');
  return word.startsWith('-') ? -Number(word.slice(1)) : Number(word.replace('+', ''));
}

/** Undefined where databases differ. */
function compare(left: Value, operator: string, right: Value): boolean | undefined {
  const isSame = /^(?:is|<=>)/.test(operator);
  if (left === null || right === null) return isSame && (left === right) !== operator.endsWith('not');
  if (isSame && typeof left === typeof right) return (left === right) !== operator.endsWith('not');
  // Patterns are not carried out: one against a constant says nothing of rows.
  if (/[a-z]/.test(operator) || typeof left !== typeof right || isAlike(left, right)) return undefined;
  switch (operator) {
    case '=':
    case '==':
      return left === right;
    case '<':
      return left < right;
    case '>':
      return left > right;
    case '<=':
      return left <= right;
    case '>=':
      return left >= right;
    default:
      return left !== right;
  }
}

/** For some databases letters in upper and lower case are the same, and blanks at the end are nothing. */
const isAlike = (left: number | string, right: number | string): boolean =>
  left !== right && String(left).trim().toLowerCase() === String(right).trim().toLowerCase();

const OPEN_CONSTANT =
  /^(?:[+-]?(?:\d[\dx.a-f]{0,24}|\.\d{0,9})?|'[^']{0,24}|"[^"]{0,24}|t(?:r(?:ue?)?)?|f(?:a(?:l(?:se?)?)?)?|n(?:u(?:ll?)?)?)$/i;
const BEHIND_CONSTANT = new RegExp(
  `^${LEFT}[ \\t]?(?:$|[<>=!;]|(?:l(?:i(?:ke?)?)?|g(?:l(?:ob?)?)?|r(?:[a-z]{0,5})|i[sn]?|is[ \\t]n?o?t?|n(?:ot?)?|b(?:[a-z]{0,6}))(?:$|[ \\t('"\\d]))`,
  'i',
);

/** Whether a squeezed text, complete or not, could go on to be a condition between constants. */
export function mayBeCondition(text: string): boolean {
  const rest = text.replace(/^(?:not[ \t]?|!)?(?:\([ \t]?){0,4}/i, '');
  return /^no?$/i.test(rest) || OPEN_CONSTANT.test(rest) || BEHIND_CONSTANT.test(rest);
}
