// OpenAI embeddings: https://platform.openai.com/docs/api-reference/embeddings
import type { WireFormat } from '../wire/format.ts';
import { either, label, list, number, object, refused, text, vector, type Shape } from '../wire/shape.ts';
import { openaiError } from './openai-errors.ts';
import { openaiUsage } from './openai-usage.ts';

// Numbers in the place of text are tokens that no guard can read.
const input: Shape = either({ string: text(), list: list(either({ string: text(), list: refused('opaque_reference') })) });

const request = object(
  { model: text('model'), input, dimensions: number, encoding_format: label, user: text('metadata') },
  { required: ['model', 'input'], origin: 'user' },
);

const response = object(
  {
    object: label,
    model: label,
    data: list(object({ object: label, index: number, embedding: either({ list: list(number), string: vector }) })),
    usage: object({ prompt_tokens: number, total_tokens: number }),
  },
  { required: ['data'] },
);

export const openaiEmbeddings: WireFormat = {
  id: 'openai-embeddings',
  path: '/embeddings',
  provider: 'openai',
  request,
  response,
  demand: () => ({ outputTokensMax: 0, choices: 1 }),
  prepare() {},
  usage: (answer) => openaiUsage(answer['usage']),
  // A vector follows no instructions.
  instruct() {},
  error: openaiError,
};
