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

const isGap = (found: number): boolean => found === SPACE || found === PUNCTUATION;
const isWordClass = (found: number): boolean => found === LETTER || found === DIGIT;

/** Classes of which one character is reason enough. */
const HINT_OF_CLASS: Readonly<Record<number, number>> = {
  [PERCENT]: HINT.percent,
  [AMPERSAND]: HINT.entity,
  [BACKSLASH]: HINT.backslash,
  [WIDE]: HINT.fold,
  [CONTROL]: HINT.fold,
};

class Surveyor {
  readonly #text: string;
  hints = 0;
  #start = 0;
  #end = 0;
  #previous = SPACE;
  #next = SPACE;
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
    for (let at = 0; at <= end; at += 1) {
      const unit = at === end ? 32 : text.charCodeAt(at);
      const found = unit < 128 ? (CLASS_OF[unit] ?? 0) : WIDE;
      if (found === current && at < end) continue;
      if (at > start) {
        this.#start = start;
        this.#end = at;
        this.#next = found;
        this.#step(current);
        this.#previous = current;
      }
      start = at;
      current = found;
    }
    this.#endToken(end);
    this.#conclude();
  }

  #step(current: number): void {
    if (current === LETTER) this.#letterRun();
    else if (current === SPACE) this.#spaceRun();
    else if (current === DIGIT) this.#digitRun();
    else if (current === DASHDOT) this.#dashdotRun();
    else if (current === LOOK) this.#lookRun();
    else this.hints |= HINT_OF_CLASS[current] ?? 0;
  }

  #letterRun(): void {
    const start = this.#start;
    const length = this.#end - start;
    const previous = this.#previous;
    this.#letters += length;
    this.#morse = 0;
    if (length === 1) {
      if (this.#next !== DIGIT && previous !== DIGIT) this.#single();
    } else if (previous === DIGIT || previous === LOOK) this.#leet += 1;
    if (length <= 3) this.#shortRun(length);
    else {
      this.#words += 1;
      const flags = STARTS[pack(this.#text, start, 3)] ?? 0;
      if (flags !== 0) this.#oddStart(flags);
      if (length >= TOKEN_LONG_MIN) this.hints |= HINT.runOn;
    }
  }

  #shortRun(length: number): void {
    const flags = STARTS[pack(this.#text, this.#start, length)] ?? 0;
    if ((flags & SHORT_WORD) !== 0) return;
    if (length > 1) this.#fragments += 1;
    if (flags !== 0) this.#oddStart(flags);
  }

  #oddStart(flags: number): void {
    if ((flags & WORD_START_ROT13) !== 0) this.#rot13 += 1;
    if ((flags & WORD_START_REVERSED) !== 0) this.#reversed += 1;
  }

  #digitRun(): void {
    const length = this.#end - this.#start;
    const isAfterLetter = this.#previous === LETTER;
    this.#digits += length;
    this.#morse = 0;
    if (length === 8) this.hints |= HINT.bits;
    if (this.#next === LETTER) this.#leet += isAfterLetter ? 2 : 1;
    else if (isAfterLetter) this.#leet += 0.5;
    else if (length === 1) this.#single();
  }

  #single(): void {
    this.#singles = this.#start - this.#singleEnd <= 4 ? this.#singles + 1 : 1;
    this.#singleEnd = this.#end;
    if (this.#singles >= SINGLES_MIN) this.hints |= HINT.split;
  }

  #spaceRun(): void {
    this.#endToken(this.#start);
    this.#tokenStart = this.#end;
    if (this.#end - this.#start > 1) this.hints |= HINT.blanks;
  }

  #dashdotRun(): void {
    const isAlone = isGap(this.#previous) && (isGap(this.#next) || this.#end === this.#text.length);
    this.#morse = isAlone && this.#end - this.#start <= 6 ? this.#morse + 1 : 0;
    if (this.#morse >= MORSE_MIN) this.hints |= HINT.morse;
  }

  #lookRun(): void {
    const isInside = isWordClass(this.#previous) && isWordClass(this.#next);
    if (isInside) this.#leet += 2;
    // U+0069: the notation of the Unicode Standard, appendix A.
    if (this.#text.charCodeAt(this.#start) === 43 && (this.#text.charCodeAt(this.#start - 1) | 32) === 117) this.hints |= HINT.codePoints;
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
