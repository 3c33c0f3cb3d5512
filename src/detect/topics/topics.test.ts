// Topics and reading levels: precision and recall on a corpus, the last assistant of which no threshold was chosen on; manners and the law of the stream.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Direction } from '../../core/types.ts';
import { cutAt } from '../span/law.fixture.ts';
import { SENTENCE_UNITS_MAX, type TextWatch } from '../text-watch.ts';
import { createTopicJudge } from './topic-judge.ts';
import { TopicWatch } from './topic-watch.ts';
import { vocabularyOf, VocabularyWatch } from './vocabulary-watch.ts';

interface Assistant {
  readonly topic: { readonly name: string; readonly examples: readonly string[]; readonly words: string };
  readonly on: readonly string[];
  readonly off: readonly string[];
}

const read = (name: string): unknown => JSON.parse(readFileSync(new URL(`../../../corpus/topics/${name}.json`, import.meta.url), 'utf8'));
const NAMES = ['maths-tutor', 'bank-help', 'kitchen'] as const;
const assistants = new Map(NAMES.map((name) => [name, read(name) as Assistant]));
const answers = read('answers') as Readonly<Record<string, { readonly on: readonly string[]; readonly off: readonly string[] }>>;
const THRESHOLD = 0.2;

const judgeOf = (name: (typeof NAMES)[number], withWords = true) => {
  const { topic } = assistants.get(name) ?? never();
  return createTopicJudge([{ ...topic, words: withWords ? topic.words.split(' ') : [] }]);
};
const isFlagged = (watch: TextWatch, text: string): boolean => watch.read(text, true).length > 0;
const share = (texts: readonly string[], is: (text: string) => boolean): number => texts.filter(is).length / texts.length;

describe.each(NAMES)('topics of %s', (name) => {
  const { on, off } = assistants.get(name) ?? never();

  it('with examples and words: at least 95 % of what belongs passes, at least 95 % of the rest is stopped', () => {
    const isOff = (text: string): boolean => isFlagged(new TopicWatch(judgeOf(name), THRESHOLD, 'input'), text);
    expect(share(on, (text) => !isOff(text))).toBeGreaterThanOrEqual(0.95);
    expect(share(off, isOff)).toBeGreaterThanOrEqual(0.95);
  });

  it('with twenty examples alone: four tenths of what belongs passes at least, and hardly anything else', () => {
    const isOff = (text: string): boolean => isFlagged(new TopicWatch(judgeOf(name, false), THRESHOLD, 'input'), text);
    expect(share(on, (text) => !isOff(text))).toBeGreaterThanOrEqual(0.4);
    expect(share(off, isOff)).toBeGreaterThanOrEqual(0.95);
  });

  it('are kept to in answers', () => {
    const isOff = (text: string): boolean => isFlagged(new TopicWatch(judgeOf(name), THRESHOLD, 'output'), text);
    expect(answers[name]?.on.map(isOff)).toEqual([false, false]);
    expect(answers[name]?.off.map(isOff)).toEqual([true, true]);
  });
});

const LANGUAGES = read('languages') as Readonly<
  Record<string, Readonly<Record<'examples' | 'on' | 'off' | 'chat', readonly string[]>> & { readonly words: string }>
>;

describe.each(Object.entries(LANGUAGES))('a bank in the language %s', (name, { examples, words, on, off, chat }) => {
  const judge = createTopicJudge([{ name, examples, words: words.split(' ') }]);
  const isOff = (text: string): boolean => isFlagged(new TopicWatch(judge, THRESHOLD, 'input'), text);

  it('answers what belongs to it, and small talk, and stops the rest', () => {
    expect(share(on, (text) => !isOff(text))).toBeGreaterThanOrEqual(5 / 6);
    expect(share(off, isOff)).toBeGreaterThanOrEqual(5 / 6);
    expect(chat.filter(isOff)).toEqual([]);
  });

  it('keeps answers to it', () => {
    const isStray = (texts: readonly string[]): boolean => isFlagged(new TopicWatch(judge, THRESHOLD, 'output'), texts.join(' '));
    expect([isStray(on), isStray(off)]).toEqual([false, true]);
  });
});

describe('words', () => {
  it('of the name of a topic belong to it', () => {
    const judge = createTopicJudge([{ name: 'animals', examples: ['What do lions eat?'], words: [] }]);
    expect(judge.judge('What is your favourite animal?').nearness).toBeGreaterThan(THRESHOLD);
    expect(judge.judge('What is your favourite car?').nearness).toBeLessThan(THRESHOLD);
  });

  it.each([
    ['Combien coûte la crème brûlée ?', 'creme brulee'],
    ['L’épargne et l’intérêt', 'interet'],
    ['هل يمكن فتح الحساب؟', 'حسابي'],
  ])('are the same with and without what is joined to them or left out: %s', (example, text) => {
    const judge = createTopicJudge([{ name: 'x', examples: [example], words: [] }]);
    expect(judge.judge(text).nearness).toBeGreaterThan(0.2);
  });

  it('that only glue in one language are words in another', () => {
    const german = createTopicJudge([{ name: 'x', examples: ['Wie backe ich die Torte mit der Sahne?', 'Was ist das?'], words: [] }]);
    const english = createTopicJudge([{ name: 'x', examples: ['How do I bake bread?'], words: [] }]);
    expect(german.judge('die').words).toBe(0);
    expect(english.judge('die').words).toBe(1);
  });
});

describe('several topics', () => {
  const both = createTopicJudge(
    NAMES.slice(0, 2).map((name) => ({
      ...(assistants.get(name) ?? never()).topic,
      words: (assistants.get(name) ?? never()).topic.words.split(' '),
    })),
  );

  it('are told apart', () => {
    expect(both.judge('What is the square root of 81?').topic).toBe('school mathematics');
    expect(both.judge('Please block my card.').topic).toBe('our bank');
  });

  it.each(['', '…', 'and then?', 'go on, please', '👍'])('have nothing against %j', (text) =>
    expect(isFlagged(new TopicWatch(both, THRESHOLD, 'input'), text)).toBe(false),
  );
});

describe.each(['early', 'middle'] as const)('reading level %s', (level) => {
  const { easy, hard } =
    (read('reading') as Record<string, { readonly easy: readonly string[]; readonly hard: readonly string[] }>)[level] ?? never();
  const isHard = (text: string): boolean => isFlagged(new VocabularyWatch({ known: vocabularyOf(level, []), atMost: 0.1 }, 'output'), text);
  it.each(easy)('lets pass: %s', (text) => expect(isHard(text)).toBe(false));
  it.each(hard)('finds: %s', (text) => expect(isHard(text)).toBe(true));
});

describe('a vocabulary', () => {
  const findings = (text: string, allow: readonly string[] = []) =>
    new VocabularyWatch({ known: vocabularyOf('early', allow), atMost: 0 }, 'output').read(text, true);

  it('takes the words that an operator adds', () => {
    expect(findings('The big blue photosynthesis made the tree grow.')).toHaveLength(1);
    expect(findings('The big blue photosynthesis made the tree grow.', ['photosynthesis'])).toEqual([]);
  });

  it('knows forms of its words, and lets names and numbers be', () =>
    expect(findings("We're running with Wolfgang, Anneliese and 17 happier puppies, who stopped hopping.")).toEqual([]));

  it('is English, and what is written in another language or script is beyond it', () => {
    for (const text of [
      'Der große Hund lief nach Hause und war sehr froh.',
      '大狗跑回家，非常高兴，然后在火边睡觉。',
      'هرب الكلب الكبير إلى البيت وكان سعيدا جدا.',
    ])
      expect(findings(text)).toHaveLength(1);
  });

  it('of one’s own is in whatever language its words are', () => {
    const own = (text: string, allow: readonly string[]) =>
      new VocabularyWatch({ known: vocabularyOf('own', allow), atMost: 0 }, 'output').read(text, true);
    expect(own('der große hund lief nach hause', ['der große Hund', 'lief nach Hause'])).toEqual([]);
    expect(own('der große hund lief nach hause', ['der', 'hund'])).toHaveLength(1);
    expect(own('大狗跑回家非常高兴', ['大狗跑回家非常高兴'])).toEqual([]);
    expect(own('大狗跑回家，非常高兴，然后在火边睡觉。', ['大狗'])).toHaveLength(1);
  });

  it('Is Not Evaded By Capital Letters', () => {
    expect(findings('Bureaucratic Obfuscation Proliferates In Corporate Hierarchies Everywhere')).toHaveLength(1);
  });

  it('names the sentence', () => {
    const text =
      'The dog ran home and was very happy. Bureaucratic obfuscation proliferates in corporate hierarchies. The cat slept by the fire.';
    expect(findings(text).map(({ start, end }) => text.slice(start, end))).toEqual([
      'Bureaucratic obfuscation proliferates in corporate hierarchies. ',
    ]);
  });
});

describe('a stream', () => {
  const judge = judgeOf('kitchen');
  const known = vocabularyOf('early', []);
  const makes: readonly ((direction: Direction) => TextWatch)[] = [
    (direction) => new TopicWatch(judge, THRESHOLD, direction),
    (direction) => new VocabularyWatch({ known, atMost: 0.1 }, direction),
  ];
  const texts = fc
    .array(fc.oneof(fc.constantFrom('How do I bake bread? ', 'Relativity says that clocks and lengths depend on whoever measures them. ', '\n', 'x'.repeat(250), '. '), fc.string({ maxLength: 20 })), { maxLength: 30 })
    .map((parts) => parts.join('')); // prettier-ignore

  it('is judged alike however it is cut, to its end, and an answer waits for a sentence at most', () => {
    fc.assert(
      fc.property(texts, fc.array(fc.nat(), { maxLength: 8 }), fc.constantFrom<Direction>('input', 'output'), (text, places, direction) => {
        const parts = cutAt(
          text,
          places.map((place) => place % (text.length + 1)),
        );
        for (const make of makes) {
          const whole = make(direction).read(text, true);
          const cut = make(direction);
          let units = 0;
          const found = parts.flatMap((part) => {
            const some = cut.read(part, false);
            units += part.length;
            if (direction === 'output') expect(units - cut.clearTo).toBeLessThanOrEqual(SENTENCE_UNITS_MAX);
            return some;
          });
          expect([...found, ...cut.read('', true)]).toEqual(whole);
          expect(cut.clearTo).toBe(text.length);
        }
      }),
      { numRuns: 100 },
    );
  });
});

const never = (): never => {
  throw new Error('the corpus lacks it');
};
