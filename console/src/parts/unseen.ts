// Characters that nobody sees, or that turn text around: each is shown by its name. Texts of attackers live on them.

export interface Piece {
  readonly text: string;
  /** Set for a character that would not be seen: its code point, as U+202E. */
  readonly code?: string;
  readonly name?: string;
}

/**
 * Controls, format characters (zero widths, bidirectional marks, tags), separators, private use, lone surrogates, every space but the
 * plain one, and what Unicode says is drawn as nothing (UAX 44, Default_Ignorable_Code_Point). A line feed is no secret.
 */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}\p{Default_Ignorable_Code_Point}[\p{Zs}--[ ]]]/gv;

const NAMES: Readonly<Record<number, string>> = {
  0x00: 'null', 0x07: 'bell', 0x08: 'backspace', 0x09: 'tab', 0x0d: 'carriage return', 0x1b: 'escape', 0x7f: 'delete',
  0xa0: 'no-break space', 0xad: 'soft hyphen', 0x34f: 'grapheme joiner', 0x61c: 'Arabic letter mark', 0x180e: 'Mongolian vowel separator',
  0x200b: 'zero width space', 0x200c: 'zero width non-joiner', 0x200d: 'zero width joiner', 0x200e: 'left-to-right mark',
  0x200f: 'right-to-left mark', 0x2028: 'line separator', 0x2029: 'paragraph separator', 0x202a: 'left-to-right embedding',
  0x202b: 'right-to-left embedding', 0x202c: 'pop directional formatting', 0x202d: 'left-to-right override', 0x202e: 'right-to-left override',
  0x2060: 'word joiner', 0x2066: 'left-to-right isolate', 0x2067: 'right-to-left isolate', 0x2068: 'first strong isolate',
  0x2069: 'pop directional isolate', 0x3164: 'Hangul filler', 0xfeff: 'byte order mark',
}; // prettier-ignore

/** Pieces in their order; most texts are one piece. */
export function toPieces(text: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(UNSEEN)) {
    const [character] = match;
    if (character === '\n') continue;
    if (match.index > from) pieces.push({ text: text.slice(from, match.index) });
    pieces.push(named(character));
    from = match.index + character.length;
  }
  if (from < text.length || pieces.length === 0) pieces.push({ text: text.slice(from) });
  return pieces;
}

/** For attributes and file names, where nothing can be drawn. */
export const toPlain = (text: string): string =>
  toPieces(text)
    .map(({ text: shown, code }) => (code === undefined ? shown : `[${code}]`))
    .join('');

function named(character: string): Piece {
  const point = character.codePointAt(0) ?? 0;
  const code = `U+${point.toString(16).toUpperCase().padStart(4, '0')}`;
  return { text: character, code, name: NAMES[point] ?? kindOf(point) };
}

function kindOf(point: number): string {
  if (point >= 0xe0020 && point <= 0xe007f) return `tag ${String.fromCodePoint(point - 0xe0000)}`;
  if ((point >= 0xfe00 && point <= 0xfe0f) || (point >= 0xe0100 && point <= 0xe01ef)) return 'variation selector';
  if (point >= 0xd800 && point <= 0xdfff) return 'lone surrogate';
  return point < 0x20 ? 'control character' : 'character that is not seen';
}
