// One cheap pass over a layer that says which decoders are worth running. It looks at runs of one character class,
// not at single characters, so that ordinary prose costs little more than reading it.
import starts from './word-starts.json' with { type: 'json' };

/** Reasons to run a decoder; bits of `Survey.hints`. */
export const HINT = {
  fold: 1,
  leetspeak: 2,
  split: 4,
  longToken: 8,
  percent: 16,
  entity: 32,
  backslash: 64,
  morse: 128,
  rot13: 256,
  reversed: 512,
  pairs: 1024,
  runOn: 2048,
  codePoints: 4096,
  fragments: 8192,
  blanks: 16384,
  bits: 32768,
} as const;

const LETTER = 1;
const DIGIT = 2;
const SPACE = 3;
const PUNCTUATION = 4;
const LOOK = 5;
const PERCENT = 6;
const AMPERSAND = 7;
const BACKSLASH = 8;
const DASHDOT = 9;
const WIDE = 10;
const CONTROL = 11;

const CLASS_OF = new Uint8Array(128).map((_, unit) => classOf(unit));

function classOf(unit: number): number {
  const character = String.fromCharCode(unit);
  if (/[a-z]/i.test(character)) return LETTER;
  if (/[0-9]/.test(character)) return DIGIT;
  if (/[ \n\r\t\v\f]/.test(character)) return SPACE;
  if (unit < 32 || unit === 127) return CONTROL;
  const named: Readonly<Record<string, number>> = { '%': PERCENT, '&': AMPERSAND, '\\': BACKSLASH, '.': DASHDOT, '-': DASHDOT };
  return named[character] ?? (/[@$!|+]/.test(character) ? LOOK : PUNCTUATION);
}

const WORD_START_ROT13 = 1;
const WORD_START_REVERSED = 2;
const SHORT_WORD = 4;
/** Flags of three letters packed five bits each: how rot13 English begins its words, how reversed English does. */
const STARTS = new Uint8Array(32_768);
for (const [list, flag] of [
  [starts.rot13, WORD_START_ROT13],
  [starts.reversed, WORD_START_REVERSED],
  [starts.short, SHORT_WORD],
] as const) {
  for (const word of list) {
    const index = pack(word, 0, word.length);
    STARTS[index] = (STARTS[index] ?? 0) | flag;
  }
}

function pack(text: string, start: number, length: number): number {
  let packed = 0;
  for (let step = 0; step < length; step += 1) packed = (packed << 5) | (text.charCodeAt(start + step) & 31);
  return packed;
}

/** Singles in a row ("i g n o r e") before the split decoder runs. */
const SINGLES_MIN = 4;
const TOKEN_LONG_MIN = 16;
const PAIRS_MIN = 4;
const MORSE_MIN = 4;
/** Tokens of one length in a row: text cut into equal groups. */
const SAME_LENGTH_MIN = 5;

class Surveyor {
  readonly #text: string;
  hints = 0;
  #tokenStart = 0;
  #letters = 0;
  #digits = 0;
  #leet = 0;
  #singles = 0;
  #singleEnd = -9;
  #pairs = 0;
  #morse = 0;
  #rot13 = 0;
  #reversed = 0;
  #fragments = 0;
  #words = 0;
  #sameLength = 0;
  #tokenLength = 0;

  constructor(text: string) {
    this.#text = text;
  }

  run(): void {
    const text = this.#text;
    const end = text.length;
    let start = 0;
    let current = 0;
    let previous = SPACE;
    for (let at = 0; at <= end; at += 1) {
      const unit = at === end ? 32 : text.charCodeAt(at);
      const found = unit < 128 ? (CLASS_OF[unit] ?? 0) : WIDE;
      if (found === current && at < end) continue;
      if (at > start) {
        this.#step(current, previous, start, at, found);
        previous = current;
      }
      start = at;
      current = found;
    }
    this.#endToken(end);
    this.#conclude();
  }

  #step(current: number, previous: number, start: number, end: number, next: number): void {
    if (current === LETTER) this.#letterRun(previous, start, end, next);
    else if (current === SPACE) this.#spaceRun(start, end);
    else if (current === DIGIT) this.#digitRun(previous, start, end, next);
    else this.#otherRun(current, previous, start, end, next);
  }

  #letterRun(previous: number, start: number, end: number, next: number): void {
    const length = end - start;
    this.#letters += length;
    this.#morse = 0;
    if (length === 1) {
      if (next !== DIGIT && previous !== DIGIT) this.#single(start, end);
    } else if (previous === DIGIT || previous === LOOK) this.#leet += 1;
    if (length > 3) {
      this.#words += 1;
      const flags = STARTS[pack(this.#text, start, 3)] ?? 0;
      if (flags !== 0) this.#oddStart(flags);
      if (length >= TOKEN_LONG_MIN) this.hints |= HINT.runOn;
    } else this.#shortRun(start, length);
  }

  #shortRun(start: number, length: number): void {
    const flags = STARTS[pack(this.#text, start, length)] ?? 0;
    if ((flags & SHORT_WORD) === 0) {
      if (length > 1) this.#fragments += 1;
      if (flags !== 0) this.#oddStart(flags);
    }
  }

  #oddStart(flags: number): void {
    if ((flags & WORD_START_ROT13) !== 0) this.#rot13 += 1;
    if ((flags & WORD_START_REVERSED) !== 0) this.#reversed += 1;
  }

  #digitRun(previous: number, start: number, end: number, next: number): void {
    this.#digits += end - start;
    this.#morse = 0;
    if (end - start === 8) this.hints |= HINT.bits;
    if (next === LETTER) this.#leet += previous === LETTER ? 2 : 1;
    else if (previous === LETTER && next !== LETTER) this.#leet += 0.5;
    else if (end - start === 1) this.#single(start, end);
  }

  #single(start: number, end: number): void {
    this.#singles = start - this.#singleEnd <= 4 ? this.#singles + 1 : 1;
    this.#singleEnd = end;
    if (this.#singles >= SINGLES_MIN) this.hints |= HINT.split;
  }

  #spaceRun(start: number, end: number): void {
    this.#endToken(start);
    this.#tokenStart = end;
    if (end - start > 1) this.hints |= HINT.blanks;
  }

  #endToken(end: number): void {
    const length = end - this.#tokenStart;
    if (length >= TOKEN_LONG_MIN && this.#letters + this.#digits >= 12) this.hints |= HINT.longToken;
    this.#sameLength = length === this.#tokenLength && length > 2 && length < 6 ? this.#sameLength + 1 : 0;
    this.#tokenLength = length;
    if (this.#sameLength >= SAME_LENGTH_MIN) this.hints |= HINT.fragments;
    this.#pairs = length === 2 && this.#letters + this.#digits === 2 ? this.#pairs + 1 : 0;
    if (this.#pairs >= PAIRS_MIN && this.#digits > 0) this.hints |= HINT.pairs;
    this.#letters = 0;
    this.#digits = 0;
  }

  #otherRun(current: number, previous: number, start: number, end: number, next: number): void {
    if (current === DASHDOT) {
      const isAlone =
        (previous === SPACE || previous === PUNCTUATION) && (next === SPACE || next === PUNCTUATION || end === this.#text.length);
      this.#morse = isAlone && end - start <= 6 ? this.#morse + 1 : 0;
      if (this.#morse >= MORSE_MIN) this.hints |= HINT.morse;
    } else if (current === LOOK) {
      if (next === LETTER || next === DIGIT) this.#leet += previous === LETTER || previous === DIGIT ? 2 : 0;
      else if (this.#text.charCodeAt(start) === 43 && previous === LETTER) this.hints |= HINT.codePoints;
    } else this.#markRun(current);
    if (current === LOOK && this.#text.charCodeAt(start) === 43 && this.#text.charCodeAt(start - 1) === 85) this.hints |= HINT.codePoints;
  }

  #markRun(current: number): void {
    if (current === PERCENT) this.hints |= HINT.percent;
    else if (current === AMPERSAND) this.hints |= HINT.entity;
    else if (current === BACKSLASH) this.hints |= HINT.backslash;
    else if (current === WIDE || current === CONTROL) this.hints |= HINT.fold;
  }

  #conclude(): void {
    if (this.#leet >= 2) this.hints |= HINT.leetspeak;
    if (this.#rot13 >= 2 && this.#rot13 * 12 >= this.#words) this.hints |= HINT.rot13;
    if (this.#reversed >= 2 && this.#reversed * 12 >= this.#words) this.hints |= HINT.reversed;
    if (this.#fragments >= 3 && this.#fragments * 4 >= this.#words) this.hints |= HINT.fragments;
  }
}

/** The decoders worth trying on a text, as bits of `HINT`. Linear; a few microseconds a thousand characters. */
export function surveyText(text: string): number {
  const surveyor = new Surveyor(text);
  surveyor.run();
  return surveyor.hints;
}
