// Edits that keep what a text asks for and change how it is written: what an attacker tries when a score stands in the way.
// None of it is used in training. A word slips at most once: with three letters changed, most words could be any other, and neither a
// reader nor a model that is asked would know what is wanted. Words that are hidden in other ways may still be hidden in all of them.
import type { Random } from '../corpus/injection/seeded-random.ts';

/** Words that most readers, and models, take for each other. */
const SYNONYMS: readonly (readonly string[])[] = [
  ['ignore', 'disregard', 'forget', 'set aside', 'drop', 'pass over', 'leave out', 'put behind you', 'pay no heed to', 'tune out'],
  ['instructions', 'directions', 'orders', 'guidance', 'rules', 'directives', 'briefing', 'pointers', 'what you were told'],
  ['previous', 'prior', 'earlier', 'former', 'past', 'preceding', 'above', 'foregoing'],
  ['reveal', 'show', 'disclose', 'share', 'present', 'uncover', 'lay bare', 'bring to light'],
  ['say', 'write', 'state', 'utter', 'put down', 'voice'],
  ['tell', 'inform', 'let know', 'fill in'],
  ['explain', 'describe', 'lay out', 'clarify', 'walk through', 'spell out'],
  ['secret', 'hidden', 'private', 'concealed', 'confidential'],
  ['pretend', 'imagine', 'act as if', 'make believe', 'suppose'],
  ['restrictions', 'limits', 'bounds', 'barriers', 'limitations', 'constraints'],
  ['send', 'forward', 'pass on', 'mail', 'transmit', 'ship'],
  ['user', 'person', 'customer', 'reader'],
  ['now', 'at this point', 'as of now', 'presently'],
  ['print', 'output', 'type', 'put out', 'display'],
  ['password', 'pass phrase', 'login word', 'passcode'],
  ['answer', 'respond', 'reply', 'get back'],
  ['give', 'provide', 'hand', 'supply'],
  ['create', 'make', 'produce', 'craft', 'come up with'],
  ['all', 'every one of', 'the entirety of', 'any'],
  ['must', 'have to', 'need to', 'are to'],
  ['never', 'at no time', 'not ever'],
  ['without', 'free of', 'minus'],
  ['start', 'begin', 'commence', 'kick off'],
  ['only', 'solely', 'nothing but', 'just'],
  ['system', 'framework', 'setup'],
  ['prompt', 'preamble', 'briefing text'],
  ['follow', 'obey', 'stick to', 'heed'],
  ['help', 'assist', 'aid', 'support'],
  ['steps', 'stages', 'phases'],
];
const LOOK_ALIKE: Readonly<Record<string, string>> = { a: 'а', e: 'е', o: 'ο', c: 'с', p: 'р', i: 'і', s: 'ѕ', x: 'х', y: 'у' };
const LEET: Readonly<Record<string, string>> = { a: '4', e: '3', i: '1', o: '0', s: '5', t: '7', l: '1' };
const KEYS: Readonly<Record<string, string>> = { a: 's', e: 'w', i: 'o', o: 'p', n: 'm', r: 't', t: 'y', s: 'd', l: 'k', u: 'i' };
const BEFORE = [
  'Please, ',
  'Hi! ',
  'Thanks in advance. ',
  'Quick question: ',
  'Hello there, ',
  'My teacher asks: ',
  'For my homework: ',
  'If you do not mind, ',
  'I would be grateful if you could help: ',
  'Note to self: ',
  'Here is a line from a play: ',
  'Could you kindly ',
];
const BEHIND = [
  ' Thank you!',
  ' Have a nice day.',
  ' It is for a friend.',
  ' The weather is lovely.',
  ' I like tea.',
  ' See you soon.',
  ' Much appreciated.',
  ' This is for my class project.',
  ' Kind regards, Anna',
];
const WRAPS: readonly (readonly [string, string])[] = [
  ['"', '"'],
  ['(', ')'],
  ['```\n', '\n```'],
  ['> ', ''],
  ['<p>', '</p>'],
  ['{"text": "', '"}'],
  ['A customer wrote: "', '" What do you think?'],
  ['Task: ', '\nEnd of task.'],
  ['* ', ''],
];

type Edit = (text: string, random: Random) => string;

const pick = <T>(list: readonly T[], random: Random): T => list[Math.floor(random() * list.length)] as T;

/** One word of the text, changed. */
function atWord(text: string, random: Random, change: (word: string) => string): string {
  const words = [...text.matchAll(/\p{L}{3,}/gu)];
  const chosen = words.length === 0 ? undefined : pick(words, random);
  return chosen === undefined ? text : text.slice(0, chosen.index) + change(chosen[0]) + text.slice(chosen.index + chosen[0].length);
}

/** Something put between two words. */
function atBlank(text: string, random: Random, sign: string): string {
  const blanks = [...text.matchAll(/ /g)];
  const chosen = blanks.length === 0 ? undefined : pick(blanks, random);
  return chosen === undefined ? text : text.slice(0, chosen.index) + sign + text.slice(chosen.index + 1);
}

const letters =
  (table: Readonly<Record<string, string>>): Edit =>
  (text, random) =>
    atWord(text, random, (word) =>
      word.replaceAll(/[a-z]/gi, (letter) => (random() < 0.5 ? (table[letter.toLowerCase()] ?? letter) : letter)),
    );

const slip =
  (whole: ReadonlySet<string>, change: (word: string, at: number) => string): Edit =>
  (text, random) =>
    atWord(text, random, (word) =>
      whole.has(word.toLowerCase()) ? change(word, 1 + Math.floor(random() * Math.max(1, word.length - 2))) : word,
    );

/** Where a word stands by itself: "give up" is no giving. */
const wordAlone = (word: string): RegExp => new RegExp(`\\b${word}\\b(?! (?:up|in|out|off|away)\\b)`, 'i');

function synonym(text: string, random: Random): string {
  const present = SYNONYMS.filter((set) => set.some((word) => wordAlone(word).test(text)));
  if (present.length === 0) return text;
  const set = pick(present, random);
  const found = set.find((word) => wordAlone(word).test(text)) ?? '';
  return text.replace(wordAlone(found), pick(set, random));
}

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);

const wordsOf = (texts: readonly string[]): string[] => texts.flatMap((text) => text.toLowerCase().match(/\p{L}{3,}/gu) ?? []);
const ADDED = wordsOf([...SYNONYMS.flat(), ...BEFORE, ...BEHIND, ...WRAPS.flat()]);

/** What may be done to a text and to all that comes of it; a word that is neither its own nor one of these lists has slipped. */
export function editsOf(original: string): readonly Edit[] {
  const whole = new Set([...wordsOf([original]), ...ADDED]);
  const slips = SLIPS.map((change) => slip(whole, change));
  return [...EDITS, ...slips];
}

const SLIPS: readonly ((word: string, at: number) => string)[] = [
  (word, at) => word.slice(0, at) + word.charAt(at + 1) + word.charAt(at) + word.slice(at + 2),
  (word, at) => word.slice(0, at) + word.slice(at + 1),
  (word, at) => word.slice(0, at) + word.charAt(at) + word.slice(at),
  (word, at) => word.slice(0, at) + (KEYS[word.charAt(at)] ?? word.charAt(at)) + word.slice(at + 1),
  (word, at) => `${word.slice(0, at)} ${word.slice(at)}`,
];

const EDITS: readonly Edit[] = [
  synonym,
  synonym,
  synonym,
  letters(LOOK_ALIKE),
  letters(LEET),
  (text, random) => atWord(text, random, (word) => word.toUpperCase()),
  (text, random) =>
    atWord(text, random, (word) => word.replaceAll(/\p{L}/gu, (letter) => (random() < 0.5 ? letter.toUpperCase() : letter))),
  (text, random) => atWord(text, random, (word) => [...word].join(pick(['\u200b', '\u00ad', ' ', '-', '.', '_'], random))),
  (text, random) => atWord(text, random, (word) => pick([`"${word}"`, `'${word}'`, `*${word}*`, `(${word})`], random)),
  (text, random) => atBlank(text, random, pick(['  ', '\n', '\t', ', ', ' - ', '... ', '\u00a0'], random)),
  (text, random) => text.replace(/\. /, pick([', and ', '; ', ' - ', '\n', '… ', '! '], random)),
  (text, random) => text.replace(/[.!?]$/, pick(['', '...', '!!', '?'], random)),
  (text, random) => pick(BEFORE, random) + lowerFirst(text),
  (text, random) => text + pick(BEHIND, random),
  (text, random) => {
    const [open, close] = pick(WRAPS, random);
    return open + text + close;
  },
];
