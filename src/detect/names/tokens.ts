// Cuts a text into words, numbers and signs, and says of each how it is written: what a tagger of names reads.

/** What a token is. */
export const TOKEN_WORD = 1;
export const TOKEN_NUMBER = 2;
export const TOKEN_SIGN = 3;

const LETTER = 1;
const DIGIT = 2;
const BLANK = 3;
const BREAK = 4;
const SIGN = 5;

const KINDS = new Uint8Array(0x10000);
const IS_LETTER = /[\p{L}\p{M}]/u;
const IS_BLANK = /[\s\u200b\ufeff]/u;

function kindOf(code: number): number {
  if (code >= 0x30 && code <= 0x39) return DIGIT;
  if (code === 0x0a || code === 0x0d || code === 0x2028 || code === 0x2029) return BREAK;
  const unit = String.fromCharCode(code);
  if (IS_LETTER.test(unit)) return LETTER;
  return IS_BLANK.test(unit) ? BLANK : SIGN;
}

/** Learned at first sight: a table of all units at the start would cost every process that never tags a name. */
function kindAt(text: string, at: number): number {
  const code = text.charCodeAt(at);
  const known = KINDS[code] ?? 0;
  if (known !== 0) return known;
  const kind = kindOf(code);
  KINDS[code] = kind;
  return kind;
}

export interface Tokens {
  readonly size: number;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** One of the `TOKEN_` kinds. */
  readonly kinds: Uint8Array;
  /** What stands before: 0 nothing, 1 blanks, 2 a line end, 3 an empty line or the beginning. */
  readonly gaps: Uint8Array;
}

/** Tokens of `text` from `from` on, at most `max` of them. */
export function tokensOf(text: string, { from, max }: { readonly from: number; readonly max: number }): Tokens {
  const end = text.length;
  // A text has no more tokens than characters, and most texts are one sentence.
  const room = Math.min(max, end - from);
  const starts = new Int32Array(room);
  const ends = new Int32Array(room);
  const kinds = new Uint8Array(room);
  const gaps = new Uint8Array(room);
  let size = 0;
  let gap = 3;
  let at = from;
  while (at < end && size < room) {
    const kind = kindAt(text, at);
    if (kind === BLANK || kind === BREAK) {
      if (kind === BLANK) gap = Math.max(gap, 1);
      else gap = gap >= 2 ? 3 : 2;
      at += text[at] === '\r' && text[at + 1] === '\n' ? 2 : 1;
      continue;
    }
    const start = at;
    at += 1;
    if (kind !== SIGN) while (at < end && kindAt(text, at) === kind) at += 1;
    starts[size] = start;
    ends[size] = at;
    kinds[size] = kind === LETTER ? TOKEN_WORD : kind === DIGIT ? TOKEN_NUMBER : TOKEN_SIGN;
    gaps[size] = gap;
    size += 1;
    gap = 0;
  }
  return { size, starts, ends, kinds, gaps };
}
