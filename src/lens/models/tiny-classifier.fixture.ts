// A classifier small enough to be written by hand: it takes a text for an attack where the word "xylophone" stands in it. The bytes are those
// of the ONNX format (onnx.proto3), put together here: Gather, a mean over the tokens, MatMul.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

type Bytes = Uint8Array;

const joined = (parts: readonly Bytes[]): Bytes => Buffer.concat(parts);

function varint(value: number): Bytes {
  const out: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    out.push(Number(rest & 127n) | (rest > 127n ? 128 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return Uint8Array.from(out);
}

/** A field of Protocol Buffers: a number, or something with a length. */
const field = (number: number, value: number | string | Bytes): Bytes => {
  if (typeof value === 'number') return joined([varint(number << 3), varint(value)]);
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return joined([varint((number << 3) | 2), varint(bytes.length), bytes]);
};

const FLOAT = 1;
const INT64 = 7;

const floats = (values: readonly number[]): Bytes => new Uint8Array(Float32Array.from(values).buffer);

/** TensorProto: sizes 1, type 2, name 8, data 9. */
const tensor = (name: string, type: number, sizes: readonly number[], data: Bytes): Bytes =>
  joined([...sizes.map((size) => field(1, size)), field(2, type), field(8, name), field(9, data)]);

/** NodeProto: inputs 1, outputs 2, operator 4, attributes 5. */
const node = (operator: string, inputs: readonly string[], output: string, attributes: readonly Bytes[] = []): Bytes =>
  joined([...inputs.map((input) => field(1, input)), field(2, output), field(4, operator), ...attributes.map((one) => field(5, one))]);

/** ValueInfoProto: name 1, type 2; a size is a number or a name. */
function value(name: string, type: number, sizes: readonly (number | string)[]): Bytes {
  const shape = joined(sizes.map((size) => field(1, typeof size === 'number' ? field(1, size) : field(2, size))));
  return joined([field(1, name), field(2, field(1, joined([field(1, type), field(2, shape)])))]);
}

const AXES_OF_TOKENS = joined([field(1, 'axes'), field(8, 1), field(20, 7)]);
const DROPS_THEM = joined([field(1, 'keepdims'), field(3, 0), field(20, 2)]);

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
  // ModelProto: format 8, producer, graph, operators of version 13.
  return joined([field(1, 8), field(2, 'test'), field(7, graph), field(8, field(2, 13))]);
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
