// Texts through the real tokenizers: every token is judged, and none of a text is a special one.
import { Tokenizer } from '@huggingface/tokenizers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ClassifierError, specialTokensOf, type ClassifierCard } from './classifier-folder.ts';
import { classifierOf, type Network } from './classifier.ts';
import { TINY_TOKENIZER } from './tiny-classifier.fixture.ts';

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
