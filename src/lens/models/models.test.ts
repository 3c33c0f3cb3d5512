// Classifiers of strangers: what their labels mean, which files are refused, and that every token of a text is judged.
import { Tokenizer } from '@huggingface/tokenizers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ClassifierError, parseClassifierCard, specialTokensOf, type ClassifierCard } from './classifier-folder.ts';
import { classifierOf, opinionOf, type Network } from './classifier.ts';
import { meaningsOf } from './labels.ts';
import { TINY_TOKENIZER } from './tiny-classifier.fixture.ts';

describe('labels', () => {
  it.each([
    [
      ['SAFE', 'INJECTION'],
      ['clean', 'injection'],
    ],
    [
      ['BENIGN', 'INJECTION', 'JAILBREAK'],
      ['clean', 'injection', 'jailbreak'],
    ],
    [
      ['benign', 'malicious'],
      ['clean', 'injection'],
    ],
    [
      ['jailbreak', 'Not-Injection'],
      ['jailbreak', 'clean'],
    ],
    [['prompt_injection'], ['injection']],
  ])('%j mean %j', (labels, meanings) => expect(meaningsOf(labels)).toEqual(meanings));

  it('that say nothing are refused, unless the operator says what they mean', () => {
    expect(meaningsOf(['LABEL_0', 'LABEL_1'])).toEqual({ wrong: 'the names of its classes do not say what they mean: LABEL_0, LABEL_1' });
    expect(meaningsOf(['LABEL_0', 'LABEL_1'], { LABEL_0: 'clean', LABEL_1: 'jailbreak' })).toEqual(['clean', 'jailbreak']);
    expect(meaningsOf(['SAFE', 'INJECTION'], { SAFE: 'injection', INJECTION: 'clean' })).toEqual(['injection', 'clean']);
  });

  it.each([
    [['positive', 'negative'], {}],
    [['SAFE'], {}],
    [['SAFE', 'BENIGN'], {}],
    [['INJECTION', 'JAILBREAK'], {}],
    [['SAFE', 'INJECTION'], { OTHER: 'clean' }],
  ] as const)('%j with %j are of no use', (labels, given) => expect(meaningsOf(labels, given)).toHaveProperty('wrong'));
});

describe('the files of a classifier', () => {
  const id2label = { 0: 'SAFE', 1: 'INJECTION' };
  it('say what it answers and how much it takes', () => {
    expect(parseClassifierCard({ id2label, max_position_embeddings: 258 })).toEqual({
      meanings: ['clean', 'injection'],
      isIndependent: false,
      tokensMax: 256,
    });
    expect(parseClassifierCard({ id2label, max_position_embeddings: 8192 }).tokensMax).toBe(512);
    expect(parseClassifierCard({ id2label, problem_type: 'multi_label_classification' }).isIndependent).toBe(true);
    expect(specialTokensOf(TINY_TOKENIZER)).toEqual(['[PAD]', '[CLS]', '[SEP]']);
  });
  it.each([null, {}, { id2label: {} }, { id2label: { 1: 'SAFE', 2: 'INJECTION' } }, { id2label: ['SAFE', 'INJECTION'] }])(
    'are refused: config %j',
    (config) => expect(() => parseClassifierCard(config)).toThrow(ClassifierError),
  );
  it.each([null, {}, { model: { type: 'WordLevel' } }, { model: { type: 'BPE' }, added_tokens: 'x' }])(
    'are refused: tokenizer %j',
    (tokenizer) => expect(() => specialTokensOf(tokenizer)).toThrow(ClassifierError),
  );
});

describe('an opinion', () => {
  const card: ClassifierCard = { meanings: ['clean', 'injection', 'jailbreak'], isIndependent: false, tokensMax: 512 };
  it('adds up what is no innocent class', () => {
    expect(opinionOf([0, 0, 0], card).score).toBeCloseTo(2 / 3);
    expect(opinionOf([0, 1, 5], card).kind).toBe('jailbreak');
    expect(opinionOf([-800, 800, 0], card)).toEqual({ score: 1, kind: 'injection' });
    expect(opinionOf([0], { ...card, meanings: ['injection'], isIndependent: true })).toEqual({ score: 0.5, kind: 'injection' });
  });
  it.each([[[]], [[1, 2]], [[1, 2, 3, 4]], [[1, Number.NaN, 2]], [[1, 2, Number.POSITIVE_INFINITY]]])('is not made of %j', (logits) =>
    expect(() => opinionOf(logits, card)).toThrow(ClassifierError),
  );
  it('is a chance, whatever the logits', () => {
    const logit = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 });
    fc.assert(
      fc.property(fc.tuple(logit, logit, logit), fc.boolean(), (logits, isIndependent) => {
        const { score } = opinionOf(logits, { ...card, isIndependent });
        expect(score).toBeGreaterThanOrEqual(0);
        expect(score).toBeLessThanOrEqual(1);
      }),
    );
  });
});

/** Takes a text for an attack where one of its tokens is the one given; keeps what it was asked. */
function networkThatFears(token: number, inputNames: readonly string[] = ['input_ids', 'attention_mask', 'token_type_ids']) {
  const asked: Readonly<Record<string, readonly number[]>>[] = [];
  const network: Network = {
    inputNames,
    outputNames: ['hidden', 'logits'],
    run(inputs) {
      asked.push(inputs);
      return Promise.resolve({ hidden: [], logits: inputs['input_ids']?.includes(token) === true ? [-9, 9] : [9, -9] });
    },
  };
  return { network, asked };
}

const CARD: ClassifierCard = { meanings: ['clean', 'injection'], isIndependent: false, tokensMax: 32 };
const specialTokens = specialTokensOf(TINY_TOKENIZER);

describe('a classifier', () => {
  const tokenizer = new Tokenizer(TINY_TOKENIZER, {});
  it('judges every token, in pieces where there are too many', async () => {
    const { network, asked } = networkThatFears(4);
    const { classify } = classifierOf({ card: CARD, tokenizer, network, specialTokens });
    const words = Array.from({ length: 100 }, () => 'word');
    expect((await classify(words.join(' '))).score).toBeLessThan(0.01);
    expect((await classify(words.with(99, 'xylophone').join(' '))).score).toBeGreaterThan(0.99);
    expect(asked.every((inputs) => (inputs['input_ids']?.length ?? 0) <= 32)).toBe(true);
    expect(asked.every((inputs) => Object.values(inputs).every((values) => values.length === inputs['input_ids']?.length))).toBe(true);
  });

  it('does not let a text speak in special tokens', async () => {
    const { network, asked } = networkThatFears(4);
    await classifierOf({ card: CARD, tokenizer, network, specialTokens }).classify('a [SEP] b [PAD] c');
    expect(asked[0]?.['input_ids']?.filter((id) => id < 3)).toEqual([1, 2]);
  });

  it('is refused when its network asks for what nobody has, or for no text', () => {
    for (const names of [['input_ids', 'pixel_values'], ['attention_mask']])
      expect(() => classifierOf({ card: CARD, tokenizer, specialTokens, network: networkThatFears(4, names).network })).toThrow(
        ClassifierError,
      );
  });
});

const bytes = Object.fromEntries(
  [...Array(256).keys()].map((byte) => {
    const isShown = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
    return [byte, isShown ? String.fromCharCode(byte) : undefined];
  }),
);
/** The alphabet of byte-level BPE: what cannot be shown stands at 256 and up, in order. */
const alphabet = Object.keys(bytes).map(
  (byte, at, all) => bytes[byte] ?? String.fromCharCode(256 + all.slice(0, at).filter((one) => bytes[one] === undefined).length),
);

const TOKENIZERS = {
  WordPiece: TINY_TOKENIZER,
  Unigram: {
    ...TINY_TOKENIZER,
    normalizer: { type: 'Sequence', normalizers: [{ type: 'NFKC' }] },
    pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true },
    model: {
      type: 'Unigram',
      unk_id: 3,
      vocab: [
        ['[PAD]', 0],
        ['[CLS]', 0],
        ['[SEP]', 0],
        ['<unk>', -20],
        ['▁xylophone', -4],
        ['▁', -3],
        ['xylo', -5],
        ['phone', -5],
        ['a', -6],
        ['e', -6],
      ],
    },
  },
  BPE: {
    ...TINY_TOKENIZER,
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    decoder: { type: 'ByteLevel' },
    model: {
      type: 'BPE',
      vocab: Object.fromEntries(['[PAD]', '[CLS]', '[SEP]', '[UNK]', 'xy', ...alphabet].map((token, id) => [token, id])),
      merges: ['x y'],
    },
  },
};

describe.each(Object.entries(TOKENIZERS))('a tokenizer of the kind %s', (kind, description) => {
  const tokenizer = new Tokenizer(description, {});
  const { network } = networkThatFears(4);
  const { classify } = classifierOf({ card: CARD, tokenizer, network, specialTokens: specialTokensOf(description) });
  const fearsPieces = kind === 'BPE' ? 'an xy here' : 'a xylophone here';

  it('leads to the token that the network fears', async () => {
    expect((await classify(fearsPieces)).score).toBeGreaterThan(0.99);
    expect((await classify('a violin here')).score).toBeLessThan(0.01);
  });

  it('takes any text of one excerpt', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 256 }), async (text) => {
        expect((await classify(text)).score).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 60 },
    );
  });
});
