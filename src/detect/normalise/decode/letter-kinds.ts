// What a character can be inside a misspelt word: a letter, a sign that stands for one, a mark that is to be left out.

export const OTHER = 0;
export const LETTER = 1;
/** Digits and signs that stand for letters. */
export const SIGN = 2;
/** Stands between letters of one word without ending it, where nothing else does. */
export const MARK = 3;

const LETTER_FOR: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
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
  '|': 'l',
  '+': 't',
};
const MARKS = '-._*~^\'"`/\\,;:=#()[]{}';

const KIND = new Uint8Array(128).map((_, unit) => {
  const character = String.fromCharCode(unit);
  if (/[a-z]/i.test(character)) return LETTER;
  if (character in LETTER_FOR) return SIGN;
  return MARKS.includes(character) ? MARK : OTHER;
});
/** The lower-case letter that a character is or stands for. */
export const LETTER_OF = new Uint16Array(128).map((_, unit) =>
  (LETTER_FOR[String.fromCharCode(unit)] ?? String.fromCharCode(unit).toLowerCase()).charCodeAt(0),
);

export const kindOf = (unit: number): number => KIND[unit] ?? OTHER;
