// Text that nobody labelled: what is certainly no name in it (words in small letters among their like) is told, the rest is left open.
import { LIST_COMMON, type Gazetteer } from '../../src/detect/names/gazetteer.ts';
import { LABELS } from '../../src/detect/names/labels.ts';
import { TOKEN_NUMBER, TOKEN_WORD, type Tokens } from '../../src/detect/names/tokens.ts';

const PIECE_UNITS = 1_200;

/** Pieces of text of a file: rows of JSON lines that are not labelled 1, or a page of Markdown. */
export function proseOf(file: string, name: string): readonly string[] {
  const whole = name.endsWith('.jsonl')
    ? file
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as { text: string; label?: number })
        .filter(({ label }) => label !== 1)
        .map(({ text }) => text)
    : [file];
  return whole.flatMap((text) => text.match(new RegExp(`[^]{1,${PIECE_UNITS}}(?:\\s|$)`, 'g')) ?? []);
}

const ANY = 2 ** LABELS.length - 1;
const OUTSIDE = 1;

/** By token: outside alone, or anything. */
export function allowedIn(text: string, tokens: Tokens, gazetteer: Gazetteer): Uint32Array {
  const lists = new Int32Array(tokens.size);
  gazetteer.mark(text, tokens, (i, bits) => (lists[i] = (lists[i] ?? 0) | bits));
  const isSmall = (i: number): boolean => {
    if (i < 0 || i >= tokens.size) return true;
    if (tokens.kinds[i] === TOKEN_NUMBER) return false;
    const first = text[tokens.starts[i] ?? 0] ?? '';
    return tokens.kinds[i] !== TOKEN_WORD || first === first.toLowerCase();
  };
  /** A common word that is large only because a sentence begins. */
  const isOpening = (i: number): boolean => {
    const before = text[tokens.starts[i - 1] ?? 0] ?? '.';
    return (
      lists[i] === LIST_COMMON && (i === 0 || (tokens.gaps[i] ?? 0) >= 2 || '.!?:"'.includes(before)) && isSmall(i + 1) && isSmall(i + 2)
    );
  };
  return Uint32Array.from({ length: tokens.size }, (_, i) => {
    if (isOpening(i)) return OUTSIDE;
    return isSmall(i) && isSmall(i - 1) && isSmall(i + 1) ? OUTSIDE : ANY;
  });
}
