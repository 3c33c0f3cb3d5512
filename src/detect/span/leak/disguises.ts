// The disguises in which an answer can repeat a prompt: spelled, turned round, encoded, shifted; each as a reading in letters and digits alone.
import { viewsOf } from '../../normalise/views.ts';
import { SIGN_LETTERS } from '../../sign-letters.ts';
import { foldUnit } from './prompt-grams.ts';

/** Longest text that is judged whole; of a longer one, the beginning. */
export const JUDGED_UNITS_MAX = 65_536;

export type Disguise =
  | ''
  | 'reversed'
  | 'decoded'
  | 'base64'
  | 'base32'
  | 'hex'
  | 'rot13'
  | 'acrostic'
  | 'words reversed'
  | 'words backwards'
  | 'escaped'
  | 'leetspeak'
  | 'shifted alphabet'
  | 'without vowels'
  | 'pig latin';

export interface Reading {
  readonly disguise: Disguise;
  readonly units: Uint16Array;
  /** With what of the prompt it is compared; absent: its letters and digits. */
  readonly as?: 'steps' | 'consonants';
}

/** Letters and digits alone, folded: what spelling out, spacing and punctuation do not change. */
export function bareUnits(text: string): Uint16Array {
  const units = new Uint16Array(Math.min(text.length, JUDGED_UNITS_MAX));
  let size = 0;
  for (let at = 0; at < units.length; at += 1) {
    const unit = foldUnit(text.charCodeAt(at));
    if (unit !== 0) units[size++] = unit;
  }
  return units.subarray(0, size);
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

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const BASE32_RUN = /(?:[A-Z2-7]{8}\s?){5,}[A-Z2-7]*/g;

/** RFC 4648 section 6. */
function fromBase32(text: string): string {
  const bytes: number[] = [];
  let held = 0;
  let bits = 0;
  for (const unit of text.replace(/\s/g, '')) {
    held = ((held << 5) | BASE32.indexOf(unit)) & 0xfff;
    bits += 5;
    if (bits >= 8) bytes.push((held >> (bits -= 8)) & 255);
  }
  return Buffer.from(bytes).toString('utf8');
}

const WORDS_ENCODED_MIN = 8;
/** Short words in base64, one after the other. */
const ENCODED_WORD = /(?<![\w+/=])(?:[A-Za-z0-9+/]{4}){1,8}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?(?![\w+/=])/g;

function encodedWords(text: string): string {
  const words = text.match(ENCODED_WORD) ?? [];
  if (words.length < WORDS_ENCODED_MIN || !text.includes('=')) return '';
  const decoded = words.map((word) => Buffer.from(word, 'base64').toString('utf8'));
  return decoded.filter((word) => /^[\p{L}\p{N}\p{P}\s]+$/u.test(word)).join(' ');
}

/** `igpay`: the beginning of each word is at its end, before `ay`. */
const PIG = /(\p{L}+?)([b-df-hj-np-tv-z]{0,3})(?:ay|way|yay)(?!\p{L})/giu;
const PIG_SHARE = 0.6;

function fromPigLatin(text: string): readonly string[] {
  const words = text.match(/\p{L}+/gu)?.length ?? 0;
  const pigs = text.match(/ay(?!\p{L})/giu)?.length ?? 0;
  if (pigs < WORDS_ENCODED_MIN || pigs < words * PIG_SHARE) return [];
  return [
    text.replace(PIG, (_, rest: string, first: string) => first + rest),
    text.replace(/(\p{L}*)(\p{L})ay(?!\p{L})/giu, (_, rest: string, first: string) => first + rest),
  ];
}

const VOWELS = new Set([...'aeiou'].map((unit) => unit.charCodeAt(0)));
const VOWEL_SHARE = 0.22;

export const withoutVowels = (units: Uint16Array): Uint16Array => units.filter((unit) => !VOWELS.has(unit));

/** A text that has hardly any vowels has lost them. */
const lacksVowels = (units: Uint16Array): boolean => units.length - withoutVowels(units).length < units.length * VOWEL_SHARE;

const isLetter = (unit: number): boolean => unit >= 97 && unit <= 122;

/** From each letter to the next, by 26; one higher than that, because nothing may count as 0. */
export function stepsOf(units: Uint16Array): Uint16Array {
  const letters = units.filter(isLetter);
  return letters.map((unit, at) => (at === 0 ? 1 : ((unit - (letters[at - 1] ?? 0) + 26) % 26) + 1));
}

/** As if the alphabet were mirrored. */
const mirrored = (units: Uint16Array): Uint16Array => units.map((unit) => (isLetter(unit) ? 219 - unit : unit));

/** The readings of a text, plain first, and those that cost most last. */
export function* readingsOf(text: string): Generator<Reading> {
  const plain = bareUnits(text);
  yield { disguise: '', units: plain };
  yield { disguise: 'reversed', units: plain.toReversed() };
  const known = text.slice(0, JUDGED_UNITS_MAX);
  const decoded = decodedParts(known);
  for (const [disguise, reading] of decoded) yield* bothWays(disguise, reading);
  yield* turnedReadings(known);
  for (const units of [plain, mirrored(plain)]) {
    yield { disguise: 'shifted alphabet', units: stepsOf(units), as: 'steps' };
    yield { disguise: 'shifted alphabet', units: stepsOf(units.toReversed()), as: 'steps' };
  }
  if (lacksVowels(plain)) yield { disguise: 'without vowels', units: withoutVowels(plain), as: 'consonants' };
  for (const { text: reading } of viewsOf(unwrapped(known)).views) yield* bothWays('decoded', reading);
  for (const [, reading] of decoded) for (const view of viewsOf(reading).views) yield* bothWays('decoded', view.text);
}

function* bothWays(disguise: Disguise, reading: string): Generator<Reading> {
  const units = bareUnits(reading);
  if (units.length === 0) return;
  yield { disguise, units };
  yield { disguise, units: units.toReversed() };
}

/** Codes that are broken into lines, joined. */
const unwrapped = (text: string): string => text.replace(/(?<=[A-Za-z0-9+/]{16})\r?\n(?=[A-Za-z0-9+/])/g, '');

const CODES_RUN = /(?<![\d.])(?:\d{2,3}[\s,;]{1,3}){24,}\d{0,3}/g;

/** What stands in codes. */
function decodedParts(text: string): readonly (readonly [Disguise, string])[] {
  return [
    ...Array.from(unwrapped(text).matchAll(ENCODED), ([part]) => ['base64', Buffer.from(part, 'base64').toString('utf8')] as const),
    ...Array.from(
      text.matchAll(HEXADECIMAL),
      ([part]) => ['hex', Buffer.from(part.replace(/[\s:]/g, ''), 'hex').toString('utf8')] as const,
    ),
    ...Array.from(text.matchAll(BASE32_RUN), ([part]) => ['base32', fromBase32(part)] as const),
    ...Array.from(
      text.matchAll(CODES_RUN),
      ([part]) => ['decoded', String.fromCharCode(...(part.match(/\d+/g) ?? []).map(Number))] as const,
    ),
    ['base64', encodedWords(text)],
  ];
}

function* turnedReadings(known: string): Generator<Reading> {
  yield { disguise: 'rot13', units: bareUnits(rot13(known)) };
  for (const pattern of [...INITIALS, FIRST_WORDS]) yield { disguise: 'acrostic', units: bareUnits(picked(known, pattern)) };
  const words = known.split(/\s+/);
  yield { disguise: 'words reversed', units: bareUnits(words.map((word) => [...word].toReversed().join('')).join(' ')) };
  yield { disguise: 'words backwards', units: bareUnits(words.toReversed().join(' ')) };
  if (/%[\da-fA-F]{2}|\\u[\da-fA-F]{4}|&#\d{2}/.test(known)) yield { disguise: 'escaped', units: bareUnits(unescaped(known)) };
  yield { disguise: 'leetspeak', units: bareUnits(known.replace(/[013457@$!]/g, (unit) => SIGN_LETTERS[unit] ?? unit)) };
  for (const reading of fromPigLatin(known)) yield { disguise: 'pig latin', units: bareUnits(reading) };
}
