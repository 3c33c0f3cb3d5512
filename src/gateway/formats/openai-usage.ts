// Token counts as OpenAI's endpoints report them: `prompt_tokens` in the older ones, `input_tokens` in Responses.
import type { JsonObject } from '../../core/types.ts';
import type { Usage } from '../wire/format.ts';
import { asNumber, isObject } from '../wire/json-shape.ts';

export function openaiUsage(usage: unknown): Usage | undefined {
  if (!isObject(usage)) return undefined;
  const inputTokens = asNumber(usage['prompt_tokens']) ?? asNumber(usage['input_tokens']);
  const outputTokens = asNumber(usage['completion_tokens']) ?? asNumber(usage['output_tokens']) ?? 0;
  return inputTokens === undefined ? undefined : { inputTokens, outputTokens };
}

/** The accounts of a stream, in the form of the older endpoints. */
export function toOpenaiUsage({ inputTokens, outputTokens }: Usage): JsonObject {
  const usage = { prompt_tokens: inputTokens, completion_tokens: outputTokens, total_tokens: inputTokens + outputTokens };
  return { choices: [], usage };
}
