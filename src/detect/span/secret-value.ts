// Judges a value that stands where a secret would stand: after a word such as `password` or `token`.
import { DIGIT, HEX, kindAt, LOWER, UPPER } from './chars.ts';
import { distinctUnits, isPlaceholder } from './opaque.ts';
import rows from './tables/context-secrets.json' with { type: 'json' };

/** How firmly the words before it say that this is a secret. */
export type Claim =
  /** `password = value`: the name of a setting and its value. */
  | 'assigned'
  /** `token value`, `the key is: value`: prose. */
  | 'told';

export interface Judged {
  readonly type: string;
  readonly score: number;
}

const VENDORS = rows.map((row) => ({ type: row.type, words: row.words, pattern: new RegExp(row.pattern) }));

/** What stands in such places and is no secret: references, addresses, digests, identifiers, key strokes, code. */
const HARMLESS = [
  /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i,
  /^[0-9a-f]{40}$/i,
  /^(?:sha\d{1,3}|md5|blake2\w?)[-:]/i,
  /^(?:data|urn|arn|file|blob|about|mailto|javascript):/i,
  /:\/\//,
  /^[./~$%{[(@#]/,
  /^[A-Za-z_$][\w$]{0,40}(?:\.|\(|\[|::|->)/,
  /^(?:ctrl|alt|shift|cmd|meta|option)[+-]/i,
  /^\d{1,4}[-./:]\d{1,2}[-./:]/,
  /^[\w.+-]+@[\w-]+\.[\w.-]+$/,
];
const DOTTED_TOKEN = /^[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{4,}/;

/** So many units tell how a value is made up. */
const JUDGED_UNITS = 64;

interface Makeup {
  readonly classes: number;
  readonly hasDigit: boolean;
  readonly hasSymbol: boolean;
  /** Changes of class from one unit to the next, over all such places; a capital before small letters begins a word. */
  readonly changes: number;
}

function makeupOf(value: string): Makeup {
  let all = 0;
  let changes = 0;
  let previous = 0;
  const size = Math.min(value.length, JUDGED_UNITS);
  for (let at = 0; at < size; at += 1) {
    const kind = kindAt(value, at) & (DIGIT | UPPER | LOWER) || HEX;
    if (at > 0 && kind !== previous && !(previous === UPPER && kind === LOWER)) changes += 1;
    previous = kind;
    all |= kind;
  }
  const classes = [DIGIT, UPPER, LOWER, HEX].filter((kind) => (all & kind) !== 0).length;
  return { classes, hasDigit: (all & DIGIT) !== 0, hasSymbol: (all & HEX) !== 0, changes: changes / Math.max(1, size - 1) };
}

/**
 * What the value is, if it is a secret. `near` is the text before it in lower case: a vendor's name there allows shapes
 * that mean nothing elsewhere.
 */
export function judgeValue(value: string, claim: Claim, near: string): Judged | undefined {
  if (value.length < 7) return undefined;
  // The cheap look first: most words after a keyword are just words.
  const makeup = makeupOf(value);
  const isPlain = !makeup.hasDigit && makeup.classes < 3;
  if (isPlain || isPlaceholder(value)) return undefined;
  const fitting = VENDORS.filter(({ pattern }) => pattern.test(value));
  const named = fitting.find(({ words }) => words.some((word) => near.includes(word)));
  if (named !== undefined && distinctUnits(value) > 6) return { type: named.type, score: 0.9 };
  if (isHarmless(value)) return undefined;
  const shaped = fitting.find(({ words }) => words.length === 0);
  if (shaped?.type === 'hex_key') return isHexKey(value, claim) ? { type: 'generic_secret', score: 0.7 } : undefined;
  if (shaped !== undefined && makeup.classes >= 3) return { type: shaped.type, score: 0.85 };
  return judgeGeneric(value, claim, makeup);
}

const isHarmless = (value: string): boolean => HARMLESS.some((pattern) => pattern.test(value)) && !DOTTED_TOKEN.test(value);

/** Digests are written in hexadecimal too: only a name before the value makes it a key. */
const isHexKey = (value: string, claim: Claim): boolean => claim === 'assigned' && distinctUnits(value) > 6;

function judgeGeneric(value: string, claim: Claim, makeup: Makeup): Judged | undefined {
  const isAssigned = claim === 'assigned';
  if (!(isAssigned ? isAssignedSecret(value, makeup) : isToldSecret(value, makeup))) return undefined;
  return { type: value.length <= 20 ? 'generic_password' : 'generic_secret', score: isAssigned ? 0.8 : 0.7 };
}

/** Symbols that people put into passwords and not between words. */
const SYMBOL = /[!@#$%^&*?+=~]/;

function isAssignedSecret(value: string, { classes, hasDigit, changes }: Makeup): boolean {
  if (!hasDigit) return classes >= 3 && changes > 0.25 && SYMBOL.test(value);
  if (value.length >= 16) return classes >= 2 && changes > 0.15 && distinctUnits(value) >= 8;
  return classes >= 3 || (classes === 2 && value.length >= 7 && /[a-z]/i.test(value));
}

function isToldSecret(value: string, { classes, hasDigit, hasSymbol, changes }: Makeup): boolean {
  if (value.length < 10 || classes < 3 || distinctUnits(value) < 8) return false;
  if (!hasDigit) return value.length >= 12 && changes > 0.35 && SYMBOL.test(value);
  return (hasSymbol || value.length >= 16) && changes > 0.25;
}
