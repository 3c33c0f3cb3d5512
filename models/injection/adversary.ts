// The attacker who edits, as training meets him: changes that keep what a text asks for, each kept where it lowers the score of the model at
// hand. What comes out is learned as what it is, an attack (Goodfellow, Shlens and Szegedy 2015; Jia and Liang 2017). Innocent texts get
// edits too, those that raise their score, so that edits by themselves are no evidence. None of the lists of bench/ is used here.
import { readFileSync } from 'node:fs';
import type { Random } from '../../corpus/injection/seeded-random.ts';

type Edit = (text: string, random: Random) => string;

const pick = <T>(list: readonly T[], random: Random): T | undefined => list[Math.floor(random() * list.length)];

const parseClasses = (name: string): { readonly classes: readonly string[] } =>
  JSON.parse(readFileSync(new URL(`../../src/detect/model/${name}`, import.meta.url), 'utf8')) as { readonly classes: readonly string[] };

const CLASSES = parseClasses('word-classes.json').classes.map((line) => line.split(' '));
const CLASS_OF = new Map(CLASSES.flatMap((words) => words.map((word) => [word, words] as const)));

/** Turns of phrase for the words that orders are made of. */
const PHRASES: Readonly<Record<string, readonly string[]>> = {
  ignore: [
    'brush aside',
    'throw away',
    'pay no attention to',
    'take no notice of',
    'walk away from',
    'skip over',
    'do away with',
    'never mind',
  ],
  disregard: ['throw out', 'give no thought to', 'turn a blind eye to', 'push aside', 'wave away'],
  forget: ['get rid of', 'wash away', 'let go of', 'shake off'],
  instructions: ['things you were told', 'ground rules', 'what was asked of you', 'marching orders', 'set of rules'],
  rules: ['house rules', 'terms you work under', 'things you must obey'],
  previous: ['earlier on', 'one-time', 'already given', 'so far given'],
  reveal: ['hand over', 'let me see', 'read out', 'give away', 'open up about', 'let slip'],
  show: ['put on display', 'let me have', 'give me', 'spit out'],
  print: ['write out', 'list out', 'put on screen'],
  say: ['write down', 'come back with', 'speak aloud', 'jot down', 'answer with'],
  tell: ['give', 'break it to', 'make known to'],
  explain: ['break down', 'talk me through', 'go over', 'shed light on'],
  pretend: ['behave as though', 'play the part', 'take the view', 'picture'],
  secret: ['under wraps', 'kept quiet', 'not public'],
  restrictions: ['red lines', 'safety rails', 'guard rails', 'things that hold you back'],
  send: ['hand on', 'get across', 'fire off'],
  password: ['entry code', 'sign-in word', 'secret word'],
  system: ['machine', 'set-up', 'engine'],
  prompt: ['opening words', 'starting text', 'first message'],
  all: ['each and every one of', 'the lot of', 'any and all of'],
  must: ['had better', 'ought to', 'are obliged to'],
  never: ['on no account', 'under no circumstances'],
  without: ['with none of', 'in the absence of', 'lacking'],
  only: ['nothing except', 'no more than', 'just'],
  follow: ['go along with', 'keep to', 'act on'],
  steps: ['moves', 'parts'],
  help: ['lend a hand', 'be of use'],
};
const OPENERS = [
  'Good evening, ',
  'Dear team, ',
  'Sorry if this is a silly one, but ',
  'I was wondering: ',
  'For a course that I take: ',
  'My sister says: ',
  'Before lunch, one thing. ',
  'It is urgent for me. ',
  'As discussed on the phone, ',
  'Would you be so kind as to ',
  'From my notebook: ',
  'I found this in a novel: ',
  'One more thing. ',
  'Hope you are well. ',
  'Let us try something. ',
  'Here it comes: ',
  'By the way, ',
  'I am writing from a train. ',
  'It would mean a lot if you could ',
  'A riddle from my uncle: ',
];
const CLOSERS = [
  ' Bye for now.',
  ' All the best, Tom',
  ' The sun is out today.',
  ' My cat sleeps a lot.',
  ' I owe you one.',
  ' That would be great.',
  ' It is for my book club.',
  ' Talk to you tomorrow.',
  ' Sent from my phone.',
  ' I had pasta for dinner.',
  ' Hope that is clear.',
  ' We leave on Monday.',
  ' Regards',
  ' I like long walks.',
];
const FRAMES: readonly (readonly [string, string])[] = [
  ['“', '”'],
  ['[', ']'],
  ['<div>', '</div>'],
  ['~~~\n', '\n~~~'],
  ['- ', ''],
  ['# ', ''],
  ['{"message": "', '"}'],
  ['My colleague sent me this: "', '" Any idea?'],
  ['Text: ', '\n---'],
  ['Somebody said: ', ' Is that polite?'],
  ['Item 1: ', '\nItem 2: none'],
  ['<span>', '</span>'],
  ['Question 4. ', ' (two points)'],
];
const LOOK: Readonly<Record<string, string>> = { a: 'а', e: 'е', o: 'о', c: 'с', p: 'р', i: 'і' };
const DIGIT: Readonly<Record<string, string>> = { a: '4', e: '3', i: '1', o: '0', s: '5', t: '7' };
const ROWS_OF_KEYS = ['qwertyuiop', 'asdfghjkl', 'zxcvbnm'];

function neighbour(letter: string, random: Random): string {
  const row = ROWS_OF_KEYS.find((keys) => keys.includes(letter.toLowerCase())) ?? '';
  const at = row.indexOf(letter.toLowerCase());
  return row.charAt(at + (random() < 0.5 ? 1 : -1)) || letter;
}

function atWord(text: string, random: Random, change: (word: string) => string): string {
  const chosen = pick([...text.matchAll(/\p{L}{3,}/gu)], random);
  return chosen === undefined ? text : text.slice(0, chosen.index) + change(chosen[0]) + text.slice(chosen.index + chosen[0].length);
}

/** A slip of the hand, inside a word. */
const slip: Edit = (text, random) =>
  atWord(text, random, (word) => {
    const at = 1 + Math.floor(random() * Math.max(1, word.length - 2));
    const letter = word.charAt(at);
    const kind = Math.floor(random() * 5);
    const instead = ['', letter + letter, neighbour(letter, random), `${letter} `, word.charAt(at + 1) + letter][kind] ?? letter;
    return word.slice(0, at) + instead + word.slice(at + (kind === 4 ? 2 : 1));
  });

const respell =
  (table: Readonly<Record<string, string>>): Edit =>
  (text, random) =>
    atWord(text, random, (word) =>
      word.replaceAll(/[a-z]/gi, (letter) => (random() < 0.6 ? (table[letter.toLowerCase()] ?? letter) : letter)),
    );

/** Another word of the same class, or a turn of phrase. */
function reword(text: string, random: Random): string {
  const known = [...text.matchAll(/[a-z]+/gi)].filter(([word]) => CLASS_OF.has(word.toLowerCase()) || word.toLowerCase() in PHRASES);
  const chosen = pick(known, random);
  if (chosen === undefined) return text;
  const word = chosen[0].toLowerCase();
  const words = CLASS_OF.get(word) ?? [];
  const phrases = PHRASES[word] ?? PHRASES[words[0] ?? ''] ?? [];
  const instead = pick(random() < 0.5 && phrases.length > 0 ? phrases : words.length > 0 ? words : phrases, random) ?? word;
  return text.slice(0, chosen.index) + instead + text.slice(chosen.index + word.length);
}

const open: Edit = (text, random) => (pick(OPENERS, random) ?? '') + text.charAt(0).toLowerCase() + text.slice(1);
const close: Edit = (text, random) => text + (pick(CLOSERS, random) ?? '');
const frame: Edit = (text, random) => {
  const [before = '', behind = ''] = pick(FRAMES, random) ?? [];
  return before + text + behind;
};
const mark: Edit = (text, random) =>
  atWord(text, random, (word) => pick([`"${word}"`, `_${word}_`, `[${word}]`, word.toUpperCase()], random) ?? word);
const gap: Edit = (text, random) => text.replace(/[.,] | /, () => pick([' – ', ';\n', ' / ', '... ', ' , '], random) ?? ' ');
const spread: Edit = (text, random) => atWord(text, random, (word) => [...word].join(pick([' ', '-', '.', '*', '\u200c'], random)));

/** What changes words and what surrounds them. */
const TURNS: readonly Edit[] = [reword, reword, reword, reword, open, close, frame, mark, gap];
/** What makes words hard to read; many of these are no innocent's. */
const DISGUISES: readonly Edit[] = [slip, slip, slip, slip, respell(LOOK), respell(DIGIT), spread];
const DISGUISE_SHARE = 0.45;
const GROWTH_MAX = 1.6;
const GROWTH_UNITS = 60;

export interface Hunt {
  readonly random: Random;
  readonly tries: number;
  /** Sees what a text would score. */
  readonly scoreOf: (text: string) => number;
  /** Attackers go down, and disguise; innocents go up, and make at most a slip. */
  readonly isAttack: boolean;
}

/** The text after those of so many edits that moved the score the wrong way. */
export function bend(text: string, { random, tries, scoreOf, isAttack }: Hunt): string {
  let best = text;
  let score = scoreOf(text);
  let slips = 0;
  for (let tried = 0; tried < tries; tried += 1) {
    const isDisguise = random() < DISGUISE_SHARE && (isAttack || slips === 0);
    const next = pick(isDisguise ? DISGUISES : TURNS, random)?.(best, random) ?? best;
    if (next === best || next.length > text.length * GROWTH_MAX + GROWTH_UNITS) continue;
    const other = scoreOf(next);
    if (isAttack ? other >= score : other <= score) continue;
    best = next;
    score = other;
    if (isDisguise) slips += 1;
  }
  return best;
}
