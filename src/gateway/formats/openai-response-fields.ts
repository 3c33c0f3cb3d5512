// Members of a response object beside its output: what of them may be shown.
import { boolean, either, label, number, object, text, type Shape } from '../wire/shape.ts';

export const RESPONSE_FIELDS: Readonly<Record<string, Shape>> = {
  id: label,
  object: label,
  created_at: number,
  completed_at: number,
  model: label,
  status: label,
  error: object({ code: label, message: text() }),
  incomplete_details: object({ reason: label }),
  parallel_tool_calls: boolean,
  temperature: number,
  top_p: number,
  max_output_tokens: number,
  tool_choice: either({ string: label }),
  service_tier: label,
  truncation: label,
  usage: object({
    input_tokens: number,
    output_tokens: number,
    total_tokens: number,
    input_tokens_details: object({ cached_tokens: number }),
    output_tokens_details: object({ reasoning_tokens: number }),
  }),
};
