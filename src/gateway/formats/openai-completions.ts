// OpenAI completions (legacy): https://platform.openai.com/docs/api-reference/completions
import type { JsonObject } from '../../core/types.ts';
import type { StreamAdapter, WireFormat } from '../wire/format.ts';
import { asCap } from '../wire/json-shape.ts';
import { boolean, either, label, list, number, object, refused, text, type Shape } from '../wire/shape.ts';
import { ACCOUNTING, askForUsage, SAMPLING, usageShape } from './openai-chat.ts';
import { openaiError } from './openai-errors.ts';
import { openaiUsage } from './openai-usage.ts';
import { PlainStream } from './plain-stream.ts';

// A prompt of token numbers is text that no guard can read.
const prompt: Shape = either({ string: text(), list: list(either({ string: text(), list: refused('opaque_reference') })) });

const request = object(
  { ...SAMPLING, ...ACCOUNTING, prompt, suffix: text(), best_of: number, echo: boolean, logprobs: refused('unsupported_part') },
  { required: ['model', 'prompt'], origin: 'user' },
);

const response = object(
  {
    id: label,
    object: label,
    created: number,
    model: label,
    system_fingerprint: label,
    usage: usageShape,
    choices: list(object({ index: number, text: text('content'), finish_reason: label }, { turn: 'model' })),
  },
  { required: ['choices'] },
);

export const openaiCompletions: WireFormat = {
  id: 'openai-completions',
  path: '/completions',
  provider: 'openai',
  request,
  response,
  demand: (body) => ({
    outputTokensMax: asCap(body['max_tokens']),
    choices: Math.max(asCap(body['n']) ?? 1, asCap(body['best_of']) ?? 1) * (Array.isArray(body['prompt']) ? body['prompt'].length : 1),
  }),
  prepare(body, caps) {
    body['max_tokens'] ??= caps.outputTokens;
    askForUsage(body);
  },
  usage: (answer) => openaiUsage(answer['usage']),
  // There is no place for instructions in a bare prompt, and a prefix would change what is completed.
  instruct() {},
  error: openaiError,
  stream: (options): StreamAdapter =>
    new PlainStream({
      ...options,
      read: (choice) => choice['text'],
      write: (index, piece, finish): JsonObject => ({ index, text: piece, logprobs: null, finish_reason: finish }),
    }),
};
