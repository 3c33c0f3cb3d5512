// Text hidden in characters that are not drawn: tag characters (U+E0000 block) and bytes in variation selectors.
import { Splice } from '../splice.ts';
import type { Decoded } from '../layer.ts';
import { textOf } from './encoded-runs.ts';

const TAGS = /[\u{e0020}-\u{e007e}]{2,}/gu;
const SELECTORS = /[\ufe00-\ufe0f\u{e0100}-\u{e01ef}]{3,}/gu;

export const hasSmuggled = (text: string): boolean => text.includes('\udb40') || /[\ufe00-\ufe0f]{3}/.test(text);

export function decodeTags(text: string): Decoded | undefined {
  const splice = new Splice(text);
  for (const match of text.matchAll(TAGS)) {
    const hidden = [...match[0]].map((character) => String.fromCharCode((character.codePointAt(0) ?? 0xe0020) - 0xe0000)).join('');
    splice.replace(match.index, match.index + match[0].length, ` ${hidden} `);
  }
  return splice.finish();
}

/** One byte a selector: VS1–16 are 0–15, VS17–256 the rest (Butler, 2025). */
export function decodeSelectors(text: string): Decoded | undefined {
  const splice = new Splice(text);
  for (const match of text.matchAll(SELECTORS)) {
    const bytes = [...match[0]].map((character) => {
      const code = character.codePointAt(0) ?? 0;
      return code < 0xe0100 ? code - 0xfe00 : code - 0xe0100 + 16;
    });
    const hidden = textOf(Buffer.from(bytes));
    if (hidden !== undefined) splice.replace(match.index, match.index + match[0].length, ` ${hidden} `);
  }
  return splice.finish();
}
