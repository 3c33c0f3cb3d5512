// Token counts as Anthropic reports them.
import type { Usage } from '../wire/format.ts';
import { asNumber, isObject } from '../wire/json-shape.ts';

/** Cached input is input: it was sent, and it is charged. */
export function anthropicUsage(usage: unknown): Usage | undefined {
  if (!isObject(usage)) return undefined;
  const input = asNumber(usage['input_tokens']);
  if (input === undefined) return undefined;
  const read = asNumber(usage['cache_read_input_tokens']);
  const cached = (asNumber(usage['cache_creation_input_tokens']) ?? 0) + (read ?? 0);
  const outputTokens = asNumber(usage['output_tokens']) ?? 0;
  return { inputTokens: input + cached, outputTokens, ...(read === undefined ? {} : { cachedTokens: read }) };
}
