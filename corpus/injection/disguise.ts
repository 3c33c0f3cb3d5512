// Rows in disguise: the ways in which people hide words from filters, and the innocent uses of the same ways.
import type { CorpusRow } from './generate.ts';
import type { Random } from './seeded-random.ts';

const LEET: Readonly<Record<string, string>> = { a: '4', e: '3', i: '1', o: '0', s: '5', t: '7' };
const LOOK: Readonly<Record<string, string>> = { a: 'а', e: 'е', o: 'о', p: 'р', c: 'с', i: 'і', s: 'ѕ' };

const swap =
  (table: Readonly<Record<string, string>>, share: number) =>
  (text: string, random: Random): string =>
    text.replaceAll(/[a-z]/gi, (letter) => (random() < share ? (table[letter.toLowerCase()] ?? letter) : letter));

const rot13 = (text: string): string =>
  text.replaceAll(/[a-z]/gi, (letter) => {
    const base = letter <= 'Z' ? 65 : 97;
    return String.fromCharCode(((letter.charCodeAt(0) - base + 13) % 26) + base);
  });

/** Slips of a hurried hand: a letter left out, doubled, or two swapped. */
function misspell(text: string, random: Random): string {
  return text.replaceAll(/\p{L}{5,}/gu, (word) => {
    if (random() > 0.3) return word;
    const at = 1 + Math.floor(random() * (word.length - 2));
    const roll = random();
    if (roll < 0.4) return word.slice(0, at) + word.slice(at + 1);
    return roll < 0.6
      ? word.slice(0, at) + word.slice(at - 1)
      : word.slice(0, at) + word.charAt(at + 1) + word.charAt(at) + word.slice(at + 2);
  });
}

const between =
  (glue: string) =>
  (text: string): string =>
    [...text].join(glue);

const WAYS: readonly ((text: string, random: Random) => string)[] = [
  swap(LEET, 0.8),
  swap(LEET, 0.4),
  swap(LOOK, 0.5),
  misspell,
  misspell,
  (text) => Buffer.from(text).toString('base64'),
  rot13,
  (text) => [...text].toReversed().join(''),
  between(' '),
  between('.'),
  between('\u200b'),
  (text) => text.replaceAll(' ', '   '),
  (text) => text.replaceAll(' ', ' ; '),
  (text, random) => text.replaceAll(/\p{L}/gu, (letter) => (random() < 0.5 ? letter.toUpperCase() : letter.toLowerCase())),
  (text) => Buffer.from(text).toString('hex'),
  (text) => text.replaceAll(/[a-z]/gi, (letter) => String.fromCodePoint(letter.charCodeAt(0) + 0xfee0)),
];

/** One row in so many is given again in disguise. */
const SHARE = { attack: 0.3, innocent: 0.2 };
const UNITS_MAX = 400;

export function disguise(rows: readonly CorpusRow[], random: Random): readonly CorpusRow[] {
  const disguised: CorpusRow[] = [];
  for (const row of rows) {
    if (row.text.length > UNITS_MAX || random() >= (row.label === 1 ? SHARE.attack : SHARE.innocent)) continue;
    const way = WAYS[Math.floor(random() * WAYS.length)];
    if (way === undefined) continue;
    disguised.push({ ...row, id: `${row.id}-disguised`, text: way(row.text, random), family: row.label === 1 ? 'obfuscation' : null });
  }
  return disguised;
}
