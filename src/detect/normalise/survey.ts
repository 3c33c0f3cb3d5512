// One cheap pass over a layer that says which decoders are worth running. It looks at runs of one character class,
// not at single characters, so that ordinary prose costs little more than reading it.
import { unitsOf } from './units.ts';
import { isLong } from './unread.ts';
import ends from './word-ends.json' with { type: 'json' };

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
  longDigits: 65536,
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

const END_ROT13 = 1;
const END_REVERSED = 2;
const SHORT_WORD = 4;
const THREE_LETTERS = 0x7fff;
/** Flags of the last three letters of a word, packed five bits each: how ROT13 English ends its words, how reversed English does. */
const ENDS = new Uint8Array(THREE_LETTERS + 1);
for (const [list, flag] of [
  [ends.rot13, END_ROT13],
  [ends.reversed, END_REVERSED],
  [ends.short, SHORT_WORD],
] as const) {
  for (const word of list.split(' ')) {
    const index = pack(word);
    ENDS[index] = (ENDS[index] ?? 0) | flag;
  }
}

function pack(letters: string): number {
  let packed = 0;
  for (let at = 0; at < letters.length; at += 1) packed = (packed << 5) | (letters.charCodeAt(at) & 31);
  return packed;
}

/** Singles in a row ("i g n o r e") before the split decoder runs. */
/** Two letters of a word that stand between others, or more of the weaker signs. */
const LEET_MIN = 4;
const SINGLES_MIN = 4;
const TOKEN_LONG_MIN = 16;
/** Digits that a long token has when it is hexadecimal or binary. */
const LONG_DIGITS_MIN = 4;
const PAIRS_MIN = 4;
const MORSE_MIN = 4;
const MORSE_CODE_MAX = 6;
/** One word in so many must end like ROT13 or reversed English. */
const ODD_SHARE = 12;
const ODD_IN_LONG = 4;
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

// The survey keeps its counts in one typed array: it runs over every text, and an object with as many fields gets slow
// as soon as V8 has seen it in more than one shape.
const tally = new Int32Array(20);
const HINTS = 0;
const RUN_START = 1;
const RUN_END = 2;
const PREVIOUS = 3;
const NEXT = 4;
const TOKEN_START = 5;
const TOKEN_LENGTH = 6;
const DIGITS = 7;
const LEET = 8;
const SINGLES = 9;
const SINGLE_END = 10;
const PAIRS = 11;
const MORSE = 12;
const ROT13 = 13;
const REVERSED = 14;
const FRAGMENTS = 15;
const WORDS = 16;
const SAME_LENGTH = 17;

const get = (field: number): number => tally[field] ?? 0;
const set = (field: number, value: number): void => {
  tally[field] = value;
};
const add = (field: number, value: number): void => {
  tally[field] = (tally[field] ?? 0) + value;
};
const hint = (bits: number): void => {
  tally[HINTS] = (tally[HINTS] ?? 0) | bits;
};

/** The decoders worth trying on a text, as bits of `HINT`. Linear; a few microseconds a thousand characters. */
export function surveyText(text: string): number {
  tally.fill(0);
  set(PREVIOUS, SPACE);
  set(SINGLE_END, -9);
  const end = text.length;
  const units = unitsOf(text);
  let at = 0;
  while (at < end) {
    // Letters are read in this inner loop, which is most of the work; every other run is looked at once, at its end.
    const start = at;
    let packed = 0;
    let found = 0;
    for (; at < end; at += 1) {
      const unit = units[at] ?? 0;
      found = unit < 128 ? (CLASS_OF[unit] ?? 0) : WIDE;
      if (found !== LETTER) break;
      packed = ((packed << 5) | (unit & 31)) & THREE_LETTERS;
    }
    if (at > start) {
      set(RUN_START, start);
      set(RUN_END, at);
      set(NEXT, at === end ? SPACE : found);
      letterRun(packed);
    }
    if (at < end) at = otherRun(text, units, at);
  }
  endToken(end);
  conclude(isLong(text));
  return get(HINTS);
}

/** A run of one class other than letters; returns its end. */
function otherRun(text: string, units: Uint16Array, start: number): number {
  const end = text.length;
  const current = classAt(units, start);
  let at = start + 1;
  let next = SPACE;
  for (; at < end; at += 1) {
    next = classAt(units, at);
    if (next !== current) break;
  }
  set(RUN_START, start);
  set(RUN_END, at);
  set(NEXT, at === end ? SPACE : next);
  if (current === SPACE) spaceRun();
  else markedRun(text, current);
  set(PREVIOUS, current);
  return at;
}

function classAt(units: Uint16Array, at: number): number {
  const unit = units[at] ?? 0;
  return unit < 128 ? (CLASS_OF[unit] ?? 0) : WIDE;
}

function markedRun(text: string, current: number): void {
  if (current === DIGIT) digitRun();
  else if (current === DASHDOT) dashdotRun(text.length);
  else if (current === LOOK) lookRun(text);
  else hint(HINT_OF_CLASS[current] ?? 0);
}

function letterRun(packed: number): void {
  const length = get(RUN_END) - get(RUN_START);
  const flags = ENDS[packed] ?? 0;
  set(MORSE, 0);
  if (length > 3) {
    add(WORDS, 1);
    if (length >= TOKEN_LONG_MIN) hint(HINT.runOn);
  } else if (length === 1) single();
  else if ((flags & SHORT_WORD) === 0) add(FRAGMENTS, 1);
  // Short English words share their letters with the ends of strange ones.
  if ((flags & 3) !== 0 && (length > 3 || (flags & SHORT_WORD) === 0)) oddEnd(flags);
  const previous = get(PREVIOUS);
  if (length > 1 && (previous === DIGIT || previous === LOOK)) add(LEET, 2);
  set(PREVIOUS, LETTER);
}

function oddEnd(flags: number): void {
  if ((flags & END_ROT13) !== 0) add(ROT13, 1);
  if ((flags & END_REVERSED) !== 0) add(REVERSED, 1);
}

function digitRun(): void {
  const length = get(RUN_END) - get(RUN_START);
  const isAfterLetter = get(PREVIOUS) === LETTER;
  add(DIGITS, length);
  set(MORSE, 0);
  if (length === 8) hint(HINT.bits);
  if (get(NEXT) === LETTER) add(LEET, isAfterLetter ? 4 : 2);
  else if (isAfterLetter) add(LEET, 1);
  else if (length === 1) single();
}

/** A letter or digit on its own, as in "i g n o r e". */
function single(): void {
  if (isWordClass(get(NEXT)) || isWordClass(get(PREVIOUS))) return;
  set(SINGLES, get(RUN_START) - get(SINGLE_END) <= 4 ? get(SINGLES) + 1 : 1);
  set(SINGLE_END, get(RUN_END));
  if (get(SINGLES) >= SINGLES_MIN) hint(HINT.split);
}

function spaceRun(): void {
  endToken(get(RUN_START));
  set(TOKEN_START, get(RUN_END));
  if (get(RUN_END) - get(RUN_START) > 1) hint(HINT.blanks);
}

function dashdotRun(textEnd: number): void {
  const end = get(RUN_END);
  const isAlone = isGap(get(PREVIOUS)) && (isGap(get(NEXT)) || end === textEnd);
  set(MORSE, isAlone && end - get(RUN_START) <= MORSE_CODE_MAX ? get(MORSE) + 1 : 0);
  if (get(MORSE) >= MORSE_MIN) hint(HINT.morse);
}

function lookRun(text: string): void {
  if (isWordClass(get(PREVIOUS)) && isWordClass(get(NEXT))) add(LEET, 4);
  // U+0069: the notation of the Unicode Standard, appendix A.
  const start = get(RUN_START);
  if (text.charCodeAt(start) === 43 && (text.charCodeAt(start - 1) | 32) === 117) hint(HINT.codePoints);
}

function endToken(end: number): void {
  const length = end - get(TOKEN_START);
  if (length >= TOKEN_LONG_MIN) hint(get(DIGITS) < LONG_DIGITS_MIN ? HINT.longToken : HINT.longToken | HINT.longDigits);
  if (length !== get(TOKEN_LENGTH)) {
    set(SAME_LENGTH, 0);
    set(PAIRS, 0);
    set(TOKEN_LENGTH, length);
  } else repeatedLength(length);
  set(DIGITS, 0);
}

function repeatedLength(length: number): void {
  if (length > 2 && length < 6) {
    add(SAME_LENGTH, 1);
    if (get(SAME_LENGTH) >= SAME_LENGTH_MIN) hint(HINT.fragments);
  }
  if (length === 2) {
    add(PAIRS, 1);
    if (get(PAIRS) >= PAIRS_MIN - 1 && get(DIGITS) > 0) hint(HINT.pairs);
  }
}

function conclude(isLongText: boolean): void {
  if (get(LEET) >= LEET_MIN) hint(HINT.leetspeak);
  if (areOdd(get(ROT13), isLongText)) hint(HINT.rot13);
  if (areOdd(get(REVERSED), isLongText)) hint(HINT.reversed);
  if (get(FRAGMENTS) >= 3 && get(FRAGMENTS) * 4 >= get(WORDS)) hint(HINT.fragments);
}

/** Of a long text one line may be meant: it is read again line by line, and only what becomes English is kept. */
const areOdd = (count: number, isLongText: boolean): boolean =>
  count >= (isLongText ? ODD_IN_LONG : 2) && (isLongText || count * ODD_SHARE >= get(WORDS));
