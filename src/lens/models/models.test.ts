// Classifiers of strangers: what their labels mean, which files are refused, and what their answers say.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ClassifierError, parseClassifierCard, specialTokensOf, type ClassifierCard } from './classifier-folder.ts';
import { opinionOf } from './classifier.ts';
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
