// Leetspeak: digits and signs that stand for letters, in tokens that mix them with letters.
import vocabulary from '../vocabulary.json' with { type: 'json' };
import { Splice } from '../splice.ts';
import type { Decoded } from '../layer.ts';

const LETTER_FOR: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '2': 'z',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '6': 'g',
  '7': 't',
  '8': 'b',
  '9': 'g',
  '@': 'a',
  $: 's',
  '!': 'i',
  '|': 'i',
  '+': 't',
};
const TOKEN = /[A-Za-z0-9@$!|+]+/g;
const HAS_SIGN = /[0-9@$!|+]/;
const SIGN = /[0-9@$!|+]/g;
const TRAILING = /[!|+$]+$/;
/** Tokens this long are keys and digests, not words. */
const TOKEN_UNITS_MAX = 400;

/** `1`, `!` and `|` stand for i or l: words of the vocabulary decide, spelled with every l as i. */
const WORDS_BY_SHAPE: ReadonlyMap<string, string> = new Map(
  vocabulary.words
    .split(' ')
    .filter((word) => word.includes('l'))
    .map((word) => [word.replaceAll('l', 'i'), word]),
);
const KNOWN: ReadonlySet<string> = new Set(vocabulary.words.split(' '));

function readToken(token: string): string {
  const body = token.replace(TRAILING, '');
  const letters = body.replaceAll(SIGN, (sign) => LETTER_FOR[sign] ?? sign).toLowerCase();
  const word = KNOWN.has(letters) ? letters : (WORDS_BY_SHAPE.get(letters.replaceAll('l', 'i')) ?? letters);
  return word + token.slice(body.length);
}

export function decodeLeetspeak(text: string): Decoded | undefined {
  const splice = new Splice(text);
  for (const match of text.matchAll(TOKEN)) {
    const [token] = match;
    if (token.length <= TOKEN_UNITS_MAX && HAS_SIGN.test(token)) splice.replace(match.index, match.index + token.length, readToken(token));
  }
  return splice.finish();
}
