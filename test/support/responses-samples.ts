// Samples of OpenAI responses that have every member some kind of them has.
import type { JsonObject } from '../../src/core/types.ts';
import { stringsOf } from './stream-events.ts';

const part = (type: string): JsonObject => ({
  type,
  ...stringsOf('text', 'refusal', 'transcript', 'data', 'stray'),
  annotations: [{ type: 'url_citation', ...stringsOf('url', 'title', 'file_id', 'filename', 'quote'), start_index: 0, end_index: 3 }],
  logprobs: [{ token: 'a', logprob: -1, bytes: [97], top_logprobs: [{ token: 'b', logprob: -2, bytes: [98] }] }],
});
export const item = (type: string): JsonObject => ({
  type,
  ...stringsOf(
    'id',
    'role',
    'status',
    'phase',
    'call_id',
    'name',
    'arguments',
    'input',
    'output',
    'encrypted_content',
    'code',
    'result',
    'stray',
  ),
  namespace: 'n',
  summary: [part('summary_text')],
  content: [part(type === 'reasoning' ? 'reasoning_text' : 'output_text'), part('refusal')],
  action: stringsOf('type', 'query', 'command'),
});
export const ITEMS = ['message', 'reasoning', 'function_call', 'custom_tool_call', 'web_search_call', 'mcp_call', 'never_heard_of'];
export const response = (): JsonObject => ({
  ...stringsOf(
    'id',
    'object',
    'model',
    'status',
    'service_tier',
    'truncation',
    'instructions',
    'previous_response_id',
    'user',
    'stray',
    'output_text',
  ),
  created_at: 1,
  error: stringsOf('code', 'message'),
  incomplete_details: stringsOf('reason'),
  metadata: stringsOf('key'),
  reasoning: stringsOf('effort', 'summary'),
  tools: [stringsOf('type', 'name', 'description')],
  tool_choice: 'auto',
  output: ITEMS.map(item),
  usage: { input_tokens: 1, output_tokens: 2, total_tokens: 3 },
});
export const responsesEvent = (type: string, itemType = 'message'): JsonObject => ({
  type,
  ...stringsOf(
    'item_id',
    'delta',
    'text',
    'refusal',
    'arguments',
    'input',
    'name',
    'code',
    'partial_image_b64',
    'transcript',
    'command',
    'obfuscation',
    'stray',
  ),
  output_index: 0,
  content_index: 0,
  summary_index: 0,
  annotation_index: 0,
  sequence_number: 3,
  annotation: { type: 'url_citation', ...stringsOf('url', 'title') },
  part: part(type.includes('summary') ? 'summary_text' : 'output_text'),
  item: item(itemType),
  response: response(),
});
