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

/** What people put around a wish; it changes neither what is wanted nor whether it is an attack. */
const BEFORE = [
  'Hey, ',
  'Hello! ',
  'One question: ',
  'Sorry to bother you, ',
  'For a school project: ',
  'My friend wonders: ',
  'Good morning. ',
  'Dear assistant, ',
  'So, ',
  'Just curious: ',
  'Asking for work: ',
];
const AFTER = [
  ' Thanks!',
  ' Many thanks in advance.',
  ' It is raining here.',
  ' I love your answers.',
  ' My dog says hi.',
  ' No hurry.',
  ' Have a great weekend!',
  ' I am new to this.',
  ' Cheers.',
  ' Coffee first, though.',
];

const one = (list: readonly string[], random: Random): string => list[Math.floor(random() * list.length)] ?? '';

function atWord(text: string, random: Random, change: (word: string) => string): string {
  const words = [...text.matchAll(/[\p{L}\p{M}]{3,}/gu)];
  const chosen = words[Math.floor(random() * words.length)];
  return chosen === undefined ? text : text.slice(0, chosen.index) + change(chosen[0]) + text.slice(chosen.index + chosen[0].length);
}

const letters =
  (table: Readonly<Record<string, string>>) =>
  (text: string, random: Random): string =>
    atWord(text, random, (word) => swap(table, 0.5)(word, random));

function exchanged(word: string, random: Random): string {
  const at = 1 + Math.floor(random() * Math.max(1, word.length - 2));
  return word.slice(0, at) + word.charAt(at + 1) + word.charAt(at) + word.slice(at + 2);
}

type Change = (text: string, random: Random) => string;

/** A word pulled apart is hidden on purpose; one with a strange letter may be a slip. */
const HIDDEN_WORD = 1;
const HIDDEN_ON_PURPOSE = 2;

/** Small changes that keep the meaning; an attacker who sees scores makes many of them. */
const HIDING: readonly (readonly [Change, number])[] = [
  [letters(LEET), HIDDEN_WORD],
  [letters(LOOK), HIDDEN_WORD],
  [(text, random) => atWord(text, random, (word) => [...word].join(one([' ', '-', '.', '_', '\u200b'], random))), HIDDEN_ON_PURPOSE],
];
const PLAIN: readonly Change[] = [
  (text, random) => atWord(text, random, (word) => exchanged(word, random)),
  (text, random) => atWord(text, random, (word) => exchanged(word, random)),
  (text, random) => atWord(text, random, (word) => word.toUpperCase()),
  (text, random) => atWord(text, random, (word) => `"${word}"`),
  (text, random) => one(BEFORE, random) + text,
  (text, random) => one(BEFORE, random) + text,
  (text, random) => text + one(AFTER, random),
  (text, random) => text + one(AFTER, random),
  (text, random) => text.replace(/[.,] /, one([', and ', '; ', ' - ', '\n', '… '], random)),
];
const EDITS: readonly (readonly [Change, number])[] = [...HIDING, ...PLAIN.map((change) => [change, 0] as const)];
const EDITS_MAX = 9;

function edited(text: string, random: Random): { readonly text: string; readonly isHidden: boolean } {
  let changed = text;
  let hidden = 0;
  for (let left = 1 + Math.floor(random() * EDITS_MAX); left > 0; left -= 1) {
    const [change, hides] = EDITS[Math.floor(random() * EDITS.length)] ?? [undefined, 0];
    const next = change?.(changed, random) ?? changed;
    if (next !== changed) hidden += hides;
    changed = next;
  }
  return { text: changed, isHidden: hidden >= HIDDEN_ON_PURPOSE };
}

const between =
  (glue: string) =>
  (text: string): string =>
    [...text].join(glue);

/** Ways of a whole text that hide its words from who reads them as they stand; then slips and spaces. */
const HIDING_WAYS: readonly Change[] = [
  swap(LEET, 0.8),
  swap(LEET, 0.4),
  swap(LOOK, 0.5),
  (text) => Buffer.from(text).toString('base64'),
  rot13,
  (text) => [...text].toReversed().join(''),
  between(' '),
  between('.'),
  between('\u200b'),
  (text, random) => text.replaceAll(/\p{L}/gu, (letter) => (random() < 0.5 ? letter.toUpperCase() : letter.toLowerCase())),
  (text) => Buffer.from(text).toString('hex'),
  (text) => text.replaceAll(/[a-z]/gi, (letter) => String.fromCodePoint(letter.charCodeAt(0) + 0xfee0)),
];
const OPEN_WAYS: readonly Change[] = [misspell, misspell, (text) => text.replaceAll(' ', '   '), (text) => text.replaceAll(' ', ' ; ')];
const WAYS: readonly Change[] = [...HIDING_WAYS, ...OPEN_WAYS];

/** One row in so many is given again in disguise. */
const SHARE = { attack: 0.3, innocent: 0.2 };
const EDITED_SHARE = 0.35;
const UNITS_MAX = 400;

export function disguise(rows: readonly CorpusRow[], random: Random): readonly CorpusRow[] {
  const disguised: CorpusRow[] = [];
  const add = (row: CorpusRow, text: string, { way, isHidden }: { readonly way: string; readonly isHidden: boolean }): void => {
    if (text === row.text) return;
    const family = row.label === 1 && isHidden ? 'obfuscation' : row.family;
    disguised.push({ ...row, id: `${row.id}-${way}`, text, family });
  };
  for (const row of rows) {
    if (row.text.length <= UNITS_MAX && random() < EDITED_SHARE) {
      const { text, isHidden } = edited(row.text, random);
      add(row, text, { way: 'edited', isHidden });
    }
    if (row.text.length > UNITS_MAX || random() >= (row.label === 1 ? SHARE.attack : SHARE.innocent)) continue;
    const way = WAYS[Math.floor(random() * WAYS.length)];
    if (way !== undefined) add(row, way(row.text, random), { way: 'disguised', isHidden: HIDING_WAYS.includes(way) });
  }
  return disguised;
}
