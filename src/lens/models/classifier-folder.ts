// The files beside a classifier, as exporters of transformers lay them out: `config.json` and `tokenizer.json`, parsed once at the door.
import { z } from 'zod';
import { meaningsOf, type Meaning } from './labels.ts';

/** Longest text of one run in tokens, whatever the classifier could take: an excerpt has no more. */
const TOKENS_MAX = 512;
/** Positions that RoBERTa and its kin do not use for tokens. */
const POSITIONS_SPARE = 2;

const configSchema = z.looseObject({
  id2label: z.record(z.string().regex(/^\d{1,4}$/), z.string().max(256)),
  problem_type: z.string().nullish(),
  max_position_embeddings: z.number().int().min(16).optional(),
});

export interface ClassifierCard {
  /** What each output means, by index. */
  readonly meanings: readonly Meaning[];
  /** Whether each class has a probability of its own, rather than a share of one. */
  readonly isIndependent: boolean;
  readonly tokensMax: number;
}

/** Throws `ClassifierError` with what is wrong, in words for its operator. */
export function parseClassifierCard(config: unknown, labels: Readonly<Record<string, Meaning>> = {}): ClassifierCard {
  const parsed = configSchema.safeParse(config);
  if (!parsed.success) throw new ClassifierError('its config.json has no id2label, so it is no classifier of sequences');
  const { id2label, problem_type: problem, max_position_embeddings: positions = TOKENS_MAX + POSITIONS_SPARE } = parsed.data;
  const names = Object.keys(id2label).map((_, index) => id2label[String(index)]);
  if (names.length === 0 || names.includes(undefined)) throw new ClassifierError('the id2label of its config.json does not count from 0');
  const meanings = meaningsOf(
    names.filter((name) => name !== undefined),
    labels,
  );
  if ('wrong' in meanings) throw new ClassifierError(meanings.wrong);
  return {
    meanings,
    isIndependent: problem === 'multi_label_classification' || names.length === 1,
    tokensMax: Math.min(TOKENS_MAX, positions - POSITIONS_SPARE),
  };
}

export class ClassifierError extends Error {}

const tokenizerSchema = z.looseObject({
  model: z.looseObject({ type: z.string() }),
  added_tokens: z.array(z.looseObject({ content: z.string(), special: z.boolean() })).default([]),
});

/** Kinds that the tokenizer package knows; `Word`-level ones hold no letters that they have not seen. */
const KINDS = new Set(['WordPiece', 'Unigram', 'BPE']);

/** Strings that stand for something other than themselves: the ends of a text, its padding. Throws `ClassifierError`. */
export function specialTokensOf(tokenizer: unknown): readonly string[] {
  const parsed = tokenizerSchema.safeParse(tokenizer);
  if (!parsed.success) throw new ClassifierError('its tokenizer.json is none');
  const { model, added_tokens: added } = parsed.data;
  if (!KINDS.has(model.type)) throw new ClassifierError(`its tokenizer is of the kind ${model.type.slice(0, 64)}, which is not known here`);
  return added.filter(({ special, content }) => special && content.length > 0).map(({ content }) => content);
}
