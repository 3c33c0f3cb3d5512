// Token counts as OpenAI's endpoints report them: `prompt_tokens` in the older ones, `input_tokens` in Responses.
import type { Json, JsonObject } from '../../core/types.ts';
import type { Usage } from '../wire/format.ts';
import { asNumber, isObject } from '../wire/json-shape.ts';

export function openaiUsage(usage: unknown): Usage | undefined {
  if (!isObject(usage)) return undefined;
  const inputTokens = asNumber(usage['prompt_tokens']) ?? asNumber(usage['input_tokens']);
  if (inputTokens === undefined) return undefined;
  const cachedTokens = detailIn(usage['prompt_tokens_details'] ?? usage['input_tokens_details'], 'cached_tokens');
  const reasoningTokens = detailIn(usage['completion_tokens_details'] ?? usage['output_tokens_details'], 'reasoning_tokens');
  return {
    inputTokens,
    outputTokens: asNumber(usage['completion_tokens']) ?? asNumber(usage['output_tokens']) ?? 0,
    ...(cachedTokens === undefined ? {} : { cachedTokens }),
    ...(reasoningTokens === undefined ? {} : { reasoningTokens }),
  };
}

const detailIn = (details: Json | undefined, name: string): number | undefined => (isObject(details) ? asNumber(details[name]) : undefined);

/** The accounts of a stream, in the form of the older endpoints. */
export function toOpenaiUsage({ inputTokens, outputTokens, cachedTokens, reasoningTokens }: Usage): JsonObject {
  const usage: JsonObject = { prompt_tokens: inputTokens, completion_tokens: outputTokens, total_tokens: inputTokens + outputTokens };
  if (cachedTokens !== undefined) usage['prompt_tokens_details'] = { cached_tokens: cachedTokens };
  if (reasoningTokens !== undefined) usage['completion_tokens_details'] = { reasoning_tokens: reasoningTokens };
  return { choices: [], usage };
}
