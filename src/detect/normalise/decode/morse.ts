// Morse code (ITU-R M.1677-1).
import morse from './morse.json' with { type: 'json' };
import { Splice } from '../splice.ts';
import type { Decoded } from '../layer.ts';

const LETTERS: ReadonlyMap<string, string> = new Map(Object.entries(morse).map(([letter, code]) => [code, letter]));
const RUN = /[.\-_]{1,7}(?:(?: ?[/|] ?| {1,3}|\n)[.\-_]{1,7}){3,}/g;
const BREAK = / ?[/|] ?| {2,3}|\n/;
const KNOWN_SHARE = 0.8;

export function decodeMorse(text: string): Decoded | undefined {
  const splice = new Splice(text);
  for (const match of text.matchAll(RUN)) {
    const decoded = readRun(match[0].replaceAll('_', '-'));
    if (decoded !== undefined) splice.replace(match.index, match.index + match[0].length, decoded);
  }
  return splice.finish();
}

function readRun(run: string): string | undefined {
  let known = 0;
  let total = 0;
  const words = run.split(BREAK).map((word) =>
    word
      .split(' ')
      .map((code) => {
        total += 1;
        const letter = LETTERS.get(code);
        if (letter !== undefined) known += 1;
        return letter ?? '';
      })
      .join(''),
  );
  return known >= total * KNOWN_SHARE ? words.join(' ') : undefined;
}
