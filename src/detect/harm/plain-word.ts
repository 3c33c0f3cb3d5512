// Words as both the lexicon and the features cut and spell them.
import { SIGN_LETTERS } from '../sign-letters.ts';

/** Scripts that are written without blanks: each sign is a word. */
const SIGN = String.raw`[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}ー]`;
const WORD_UNIT = String.raw`[[\p{L}\p{M}\p{N}*@$']--${SIGN}]`;
const WORD = new RegExp(String.raw`${SIGN}|\p{Extended_Pictographic}|${WORD_UNIT}+(?:!(?=\p{L})${WORD_UNIT}+)?`, 'gv');
const NOT_ASCII = /[^\x00-\x7f]/;
const ACCENTS = /[\u0300-\u036f]/g;
const WORD_UNITS_MAX = 24;

/** The text in small letters, of one width and without accents. */
function lowered(text: string): string {
  const lower = text.toLowerCase();
  return NOT_ASCII.test(lower) ? lower.normalize('NFKD').replace(ACCENTS, '').normalize('NFC').replaceAll('’', "'") : lower;
}

/** At most so many words. */
export function wordsOf(text: string, most: number): readonly string[] {
  return (lowered(text).match(WORD) ?? []).slice(0, most).map((word) => plainWord(word.slice(0, WORD_UNITS_MAX)));
}

/** Oaths with letters blotted out, by what is left of them. */
const BLOTTED: readonly (readonly [RegExp, string])[] = [
  [/^(?:mother)?f[u*-]*[*-][*ck-]*(?:[*-]|k|ck)?(?:ing?|er|ed|s)?$/, 'fuck'],
  [/^(?:bull)?s[h*-]*[*-][*it-]*(?:ty|head|s)?$/, 'shit'],
  [/^b[i*-]*[*-][*tch-]*(?:es)?$/, 'bitch'],
  [/^a[s*-]*[*-][*s-]*(?:hole|e)?s?$/, 'asshole'],
  [/^c[u*-]*[*-][*nt-]*s?$/, 'cunt'],
  [/^n[i*-]*[*-][*g-]*(?:er|a|ga)?s?$/, 'nigga'],
  [/^d[i*-]*[*-][*ck-]*s?$/, 'dick'],
  [/^p[u*-]*[*-][*s-]*y?$/, 'pussy'],
  [/^wh?[o*-]*[*-]r?e?s?$/, 'whore'],
];

const isBlotted = (word: string): boolean =>
  word.length > 2 && /^[a-z]+[*-]/.test(word) && (word.match(/[*-]/g)?.length ?? 0) + 3 >= word.length / 2;

/** Whether a unit stands three times in a row. */
function isDrawnOut(word: string): boolean {
  for (let at = 2; at < word.length; at += 1) {
    const unit = word.charCodeAt(at);
    if (unit === word.charCodeAt(at - 1) && unit === word.charCodeAt(at - 2)) return true;
  }
  return false;
}

/** The word with signs read as letters, where it has letters too. */
function plainWord(word: string): string {
  if (word.includes('*') && isBlotted(word)) {
    const found = BLOTTED.find(([shape]) => shape.test(word));
    if (found !== undefined) return found[1];
  }
  const letters =
    /[a-z]/.test(word) && /[0-9@$!]/.test(word)
      ? word.replace(/[013457@$!]/g, (unit) => SIGN_LETTERS[unit] ?? unit)
      : word.replace(/\d/g, '0');
  return isDrawnOut(letters) ? letters.replace(/(\p{L})\1{2,}/gu, '$1') : letters;
}
