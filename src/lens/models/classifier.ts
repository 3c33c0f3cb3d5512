// A stranger's classifier of sequences: text to tokens, tokens through the network, logits to the chance of an attack. The packages are
// handed in: nothing here loads one.
import type { Family } from '../../core/types.ts';
import { ClassifierError, type ClassifierCard } from './classifier-folder.ts';
import type { Meaning } from './labels.ts';

/** What the classifier thinks of an excerpt. */
export interface Opinion {
  /** Chance of an attack, from 0 to 1. */
  readonly score: number;
  /** The kind that it would be. */
  readonly kind: Exclude<Meaning, 'clean'>;
  /** By what it makes the attempt, where whoever looks can tell. */
  readonly family?: Family;
  /** Whether it did not see all that it was shown. */
  readonly isCut?: true;
}

/** The part of a tokenizer that is used (`@huggingface/tokenizers`). */
export interface Tokenizer {
  encode(text: string, options: { readonly return_token_type_ids: true }): Encoded;
}

interface Encoded {
  readonly ids: readonly number[];
  readonly attention_mask: readonly number[];
  readonly token_type_ids?: readonly number[];
}

/** The part of a network that is used (an inference session of ONNX Runtime). */
export interface Network {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /** Tensors of 64-bit whole numbers, one row each, in; the values of each output out. */
  run(inputs: Readonly<Record<string, readonly number[]>>): Promise<Readonly<Record<string, readonly number[]>>>;
}

export interface ClassifierParts {
  readonly card: ClassifierCard;
  readonly tokenizer: Tokenizer;
  readonly network: Network;
  /** What the tokenizer takes for something other than text. */
  readonly specialTokens: readonly string[];
}

export interface Classifier {
  /** Every token is judged: what is too long for one run is judged in halves, and the worst counts. */
  readonly classify: (text: string) => Promise<Opinion>;
}

/** How often a text is halved; 512 units have at most 1,536 tokens in any tokenizer of bytes. */
const HALVINGS_MAX = 4;

/** Throws `ClassifierError` where inputs or outputs are not those of a classifier. */
export function classifierOf({ card, tokenizer, network, specialTokens }: ClassifierParts): Classifier {
  assertInputs(network.inputNames);
  const output = network.outputNames.includes('logits') ? 'logits' : network.outputNames[0];
  if (output === undefined) throw new ClassifierError('its network has no output');
  const classify = async (text: string, halvings: number): Promise<Opinion> => {
    const encoded = tokenizer.encode(text, { return_token_type_ids: true });
    if (encoded.ids.length > card.tokensMax) {
      if (halvings === 0) throw new ClassifierError('its tokenizer makes more tokens of a text than its network takes');
      const middle = middleOf(text);
      return worse(await classify(text.slice(0, middle), halvings - 1), await classify(text.slice(middle), halvings - 1));
    }
    const logits = (await network.run(inputsOf(network.inputNames, encoded)))[output];
    return opinionOf(logits ?? [], card);
  };
  return { classify: (text) => classify(spelledOut(text, specialTokens), HALVINGS_MAX) };
}

const KNOWN_INPUTS = new Set(['input_ids', 'attention_mask', 'token_type_ids']);

function assertInputs(names: readonly string[]): void {
  const stranger = names.find((name) => !KNOWN_INPUTS.has(name));
  if (stranger !== undefined) throw new ClassifierError(`its network asks for the input "${stranger}", which is not known here`);
  if (!names.includes('input_ids')) throw new ClassifierError('its network takes no input_ids');
}

function inputsOf(
  names: readonly string[],
  { ids, attention_mask: mask, token_type_ids: types }: Encoded,
): Record<string, readonly number[]> {
  const all: Readonly<Record<string, readonly number[]>> = {
    input_ids: ids,
    attention_mask: mask,
    token_type_ids: types ?? ids.map(() => 0),
  };
  return Object.fromEntries(names.map((name) => [name, all[name] ?? []]));
}

/** Not between the halves of a surrogate pair. */
function middleOf(text: string): number {
  const middle = text.length >> 1;
  const unit = text.charCodeAt(middle);
  return unit >= 0xdc00 && unit <= 0xdfff ? middle - 1 : middle;
}

const worse = (one: Opinion, other: Opinion): Opinion => (other.score > one.score ? other : one);

/** A text that says `[SEP]` or `</s>` means these letters, and must not end itself for the network. */
function spelledOut(text: string, specialTokens: readonly string[]): string {
  return specialTokens.reduce((out, token) => (out.includes(token) ? out.replaceAll(token, [...token].join(' ')) : out), text);
}

/** Throws `ClassifierError` for an answer that is none: too few values, or what is no number. */
export function opinionOf(logits: readonly number[], { meanings, isIndependent }: ClassifierCard): Opinion {
  if (logits.length !== meanings.length || !logits.every((value) => Number.isFinite(value)))
    throw new ClassifierError(`its network answers ${logits.length} values for ${meanings.length} classes, or no numbers`);
  const chances = isIndependent ? logits.map(sigmoid) : softmax(logits);
  const of = (kind: Meaning): number =>
    chances.reduce((sum, chance, index) => (meanings[index] !== kind ? sum : isIndependent ? Math.max(sum, chance) : sum + chance), 0);
  const injection = of('injection');
  const jailbreak = of('jailbreak');
  return {
    score: isIndependent ? Math.max(injection, jailbreak) : Math.min(1, injection + jailbreak),
    kind: jailbreak > injection ? 'jailbreak' : 'injection',
  };
}

const sigmoid = (logit: number): number => 1 / (1 + Math.exp(-logit));

function softmax(logits: readonly number[]): readonly number[] {
  const highest = Math.max(...logits);
  const raised = logits.map((logit) => Math.exp(logit - highest));
  const sum = raised.reduce((total, one) => total + one, 0);
  return raised.map((one) => one / sum);
}
