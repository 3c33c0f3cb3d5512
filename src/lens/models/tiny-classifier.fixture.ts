// A classifier small enough to be written by hand: it takes a text for an attack where the word "xylophone" stands in it. The bytes are those
// of the ONNX format: Gather, a mean over the tokens, MatMul.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  field,
  FLOAT,
  floats,
  INT64,
  joined,
  modelBytes,
  node,
  tensor,
  value,
  wholeNumber,
  wholeNumbers,
  type Bytes,
} from './onnx-bytes.fixture.ts';

const AXES_OF_TOKENS = wholeNumbers('axes', [1]);
const DROPS_THEM = wholeNumber('keepdims', 0);

const WORDS = ['[PAD]', '[CLS]', '[SEP]', '[UNK]', 'xylophone'];
const ATTACK = WORDS.indexOf('xylophone');

/** `extraInput` asks for something that no tokenizer gives. */
function networkBytes({ outputs = 2, extraInput }: { readonly outputs?: number; readonly extraInput?: string | undefined }): Bytes {
  const embedding = WORDS.flatMap((_, id) => (id === ATTACK ? [400, 0] : [0, 1]));
  const weights = [
    ...Array.from({ length: outputs }, (_, at) => (at === 1 ? 4 : -4)),
    ...Array.from({ length: outputs }, (_, at) => (at === 1 ? -4 : 4)),
  ];
  const graph = joined([
    field(1, node('Gather', ['embedding', 'input_ids'], 'embedded')),
    field(1, node('ReduceMean', ['embedded'], 'pooled', [AXES_OF_TOKENS, DROPS_THEM])),
    field(1, node('MatMul', ['pooled', 'weights'], 'logits')),
    field(2, 'tiny'),
    field(5, tensor('embedding', FLOAT, [WORDS.length, 2], floats(embedding))),
    field(5, tensor('weights', FLOAT, [2, outputs], floats(weights))),
    ...['input_ids', 'attention_mask', ...(extraInput === undefined ? [] : [extraInput])].map((name) =>
      field(11, value(name, INT64, ['batch', 'length'])),
    ),
    field(12, value('logits', FLOAT, ['batch', outputs])),
  ]);
  return modelBytes(graph);
}

const special = (content: string) => ({
  id: WORDS.indexOf(content),
  content,
  special: true,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
});

/** WordPiece with the pieces of BERT around it. */
export const TINY_TOKENIZER = {
  version: '1.0',
  truncation: null,
  padding: null,
  added_tokens: ['[PAD]', '[CLS]', '[SEP]'].map(special),
  normalizer: { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true },
  pre_tokenizer: { type: 'BertPreTokenizer' },
  post_processor: {
    type: 'TemplateProcessing',
    single: [
      { SpecialToken: { id: '[CLS]', type_id: 0 } },
      { Sequence: { id: 'A', type_id: 0 } },
      { SpecialToken: { id: '[SEP]', type_id: 0 } },
    ],
    pair: [],
    special_tokens: { '[CLS]': { id: '[CLS]', ids: [1], tokens: ['[CLS]'] }, '[SEP]': { id: '[SEP]', ids: [2], tokens: ['[SEP]'] } },
  },
  decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
  model: {
    type: 'WordPiece',
    unk_token: '[UNK]',
    continuing_subword_prefix: '##',
    max_input_chars_per_word: 100,
    vocab: Object.fromEntries(WORDS.map((word, id) => [word, id])),
  },
};

export interface TinySettings {
  readonly labels?: Readonly<Record<string, string>>;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly outputs?: number;
  readonly extraInput?: string;
}

/** Writes the folder of a classifier, as an exporter would. */
export function writeTinyClassifier(folder: string, settings: TinySettings = {}): void {
  const { labels = { 0: 'SAFE', 1: 'INJECTION' }, config = {} } = settings;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ id2label: labels, max_position_embeddings: 514, ...config }));
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(TINY_TOKENIZER));
  writeFileSync(join(folder, 'model.onnx'), networkBytes(settings));
}
