// Judges how much of a prompt a whole answer gives away, disguises included: reversed, spelled out, encoded, one word a line.
// A stream cannot be judged so, because these disguises show only in the whole; it has the run of words instead.
import { judgeReworded } from './judge-reworded.ts';
import { addUnit, EMPTY_WORD, foldUnit } from './prompt-grams.ts';
import { SIGN_LETTERS } from '../../sign-letters.ts';

/** Letters and digits of one gram: so many in a row are no chance. */
const GRAM_UNITS = 14;
/** Longest text that is judged whole; of a longer one, the beginning. */
const JUDGED_UNITS_MAX = 65_536;
/** Units in common from which on a text is suspect, and from which on it is sure. */
const SUSPECT_UNITS = 24;
const SURE_UNITS = 120;

export interface JudgedLeak {
  /** 0 to 1. */
  readonly score: number;
  /** How the prompt was disguised; empty for plain text. */
  readonly disguise:
    | ''
    | 'reversed'
    | 'base64'
    | 'hex'
    | 'rot13'
    | 'acrostic'
    | 'words reversed'
    | 'words backwards'
    | 'escaped'
    | 'leetspeak'
    | 'reworded';
  /** Letters and digits in common. */
  readonly units: number;
}

/** Letters and digits alone, folded: what spelling out, spacing and punctuation do not change. */
function bareUnits(text: string): Uint16Array {
  const units = new Uint16Array(Math.min(text.length, JUDGED_UNITS_MAX));
  let size = 0;
  for (let at = 0; at < units.length; at += 1) {
    const unit = foldUnit(text.charCodeAt(at));
    if (unit !== 0) units[size++] = unit;
  }
  return units.subarray(0, size);
}

function gramAt(units: Uint16Array, at: number): number {
  let hash = EMPTY_WORD;
  for (let k = at; k < at + GRAM_UNITS; k += 1) hash = addUnit(hash, units[k] ?? 0);
  return hash;
}

function gramsOf(units: Uint16Array): ReadonlySet<number> {
  const grams = new Set<number>();
  for (let at = 0; at + GRAM_UNITS <= units.length; at += 1) grams.add(gramAt(units, at));
  return grams;
}

/** Units of the text that lie in grams of the prompt. */
function commonUnits(grams: ReadonlySet<number>, units: Uint16Array): number {
  let common = 0;
  let covered = 0;
  for (let at = 0; at + GRAM_UNITS <= units.length; at += 1) {
    if (!grams.has(gramAt(units, at))) continue;
    common += at + GRAM_UNITS - Math.max(covered, at);
    covered = at + GRAM_UNITS;
  }
  return common;
}

const ENCODED = /[A-Za-z0-9+/_-]{32,}={0,2}/g;
const HEXADECIMAL = /(?:[0-9a-fA-F]{2}[\s:]?){24,}/g;

const rot13 = (text: string): string =>
  text.replace(/[a-z]/gi, (unit) => String.fromCharCode((unit.charCodeAt(0) & 96) + (((unit.charCodeAt(0) & 31) + 12) % 26) + 1));

/** One unit a line, a sentence or a word; the second of a pair where the first is a number or a dash. */
const INITIALS: readonly RegExp[] = [/^[\s\d.)*>"'-]{0,12}(\p{L}|\d)/gmu, /(?:^|[.!?]\s+)["'(]?(\p{L}|\d)/gu, /(?<![\p{L}\d])(\p{L}|\d)/gu];
const FIRST_WORDS = /^[\s*>"'-]{0,12}(?:\d{1,3}[.)]\s+)?([\p{L}\d_-]+)/gmu;

const picked = (text: string, pattern: RegExp): string => Array.from(text.matchAll(pattern), ([, unit = '']) => unit).join(' ');

function unescaped(text: string): string {
  return text
    .replace(/(?:%[\da-fA-F]{2})+/g, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'))
    .replace(/\\u([\da-fA-F]{4})|&#(\d{2,5});/g, (_, hex?: string, decimal?: string) =>
      String.fromCharCode(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)),
    )
    .replaceAll('+', ' ');
}

/** The readings of a text, plain first. */
function* readings(text: string): Generator<readonly [JudgedLeak['disguise'], Uint16Array]> {
  const plain = bareUnits(text);
  yield ['', plain];
  yield ['reversed', plain.toReversed()];
  for (const [part] of text.replace(/(?<=[A-Za-z0-9+/]{16})\r?\n(?=[A-Za-z0-9+/])/g, '').matchAll(ENCODED))
    yield ['base64', bareUnits(Buffer.from(part, 'base64').toString('utf8'))];
  for (const [part] of text.matchAll(HEXADECIMAL))
    yield ['hex', bareUnits(Buffer.from(part.replace(/[\s:]/g, ''), 'hex').toString('utf8'))];
  yield ['rot13', bareUnits(rot13(text))];
  const known = text.slice(0, JUDGED_UNITS_MAX);
  for (const pattern of [...INITIALS, FIRST_WORDS]) yield ['acrostic', bareUnits(picked(known, pattern))];
  const words = known.split(/\s+/);
  yield ['words reversed', bareUnits(words.map((word) => [...word].toReversed().join('')).join(' '))];
  yield ['words backwards', bareUnits(words.toReversed().join(' '))];
  if (/%[\da-fA-F]{2}|\\u[\da-fA-F]{4}|&#\d{2}/.test(known)) yield ['escaped', bareUnits(unescaped(known))];
  yield ['leetspeak', bareUnits(known.replace(/[013457@$!]/g, (unit) => SIGN_LETTERS[unit] ?? unit))];
}

/** What the text gives away of the prompt, in the disguise in which it gives away most. */
export function judgeLeak(text: string, prompt: string): JudgedLeak {
  const grams = gramsOf(bareUnits(prompt));
  let best: JudgedLeak = { score: 0, disguise: '', units: 0 };
  for (const [disguise, units] of readings(text)) {
    const common = commonUnits(grams, units);
    if (common <= best.units) continue;
    best = { score: scoreOf(common, units.length), disguise, units: common };
  }
  const reworded = judgeReworded(text.slice(0, JUDGED_UNITS_MAX), prompt);
  return reworded > best.score ? { ...best, score: reworded, disguise: 'reworded' } : best;
}

/** Grows with what is in common, and with the share of the text that it is. */
function scoreOf(common: number, size: number): number {
  if (common < SUSPECT_UNITS) return 0;
  const amount = Math.min(1, common / SURE_UNITS);
  const share = common / Math.max(1, size);
  return Math.round(Math.min(0.99, 0.35 + 0.45 * amount + 0.3 * share) * 100) / 100;
}
