// What crosses of whole answers: known members only, and no secret in whichever string it stands.
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../src/core/types.ts';
import type { FormatId } from '../src/gateway/wire/format.ts';
import { walk } from '../src/gateway/wire/walk.ts';
import { response } from './support/responses-samples.ts';
import { formatOf, newInspector } from './support/stream-channels.ts';
import { NEEDLE, planted, stringsOf } from './support/stream-events.ts';

describe('whole answers', () => {
  const answers: readonly (readonly [FormatId, JsonObject])[] = [
    ['openai-responses', response()],
    [
      'openai-chat',
      {
        ...stringsOf('id', 'object', 'model', 'system_fingerprint', 'service_tier', 'stray'),
        choices: [
          {
            index: 0,
            finish_reason: 'stop',
            message: {
              ...stringsOf('role', 'content', 'refusal', 'reasoning', 'reasoning_content', 'stray'),
              tool_calls: [
                { id: 'call-1', type: 'function', function: stringsOf('name', 'arguments') },
                { id: 'call-2', type: 'custom', custom: stringsOf('name', 'input') },
              ],
              annotations: [{ type: 'url_citation', url_citation: stringsOf('url', 'title') }],
              audio: stringsOf('id', 'data', 'transcript'),
            },
            logprobs: {
              content: [{ token: 'content-1', logprob: -1, bytes: [], top_logprobs: [{ token: 'b', logprob: -2, bytes: [98] }] }],
              refusal: [],
            },
          },
        ],
      },
    ],
    [
      'openai-completions',
      { ...stringsOf('id', 'object', 'model', 'stray'), choices: [{ index: 0, ...stringsOf('text', 'finish_reason', 'stray') }] },
    ],
    [
      'anthropic-messages',
      {
        ...stringsOf('id', 'type', 'role', 'model', 'stop_reason', 'stop_sequence', 'stray'),
        content: ['text', 'thinking', 'redacted_thinking', 'tool_use', 'server_tool_use', 'never_heard_of'].map((type) => ({
          type,
          ...stringsOf('text', 'thinking', 'signature', 'id', 'name', 'data', 'stray'),
          input: { a: ['b', { c: 'd' }] },
        })),
        stop_details: stringsOf('type', 'category', 'explanation'),
      },
    ],
    ['anthropic-count-tokens', { input_tokens: 3, ...stringsOf('stray') }],
    [
      'openai-embeddings',
      { ...stringsOf('object', 'model', 'stray'), data: [{ object: 'embedding', index: 0, embedding: [0.5], stray: 'stray-1' }] },
    ],
  ];

  it.each(answers)('%s: no secret crosses, in whichever string it stands, and nothing unknown', (id, answer) => {
    for (const [where, copy] of planted(answer)) {
      const body = structuredClone(copy) as JsonObject;
      const inspector = newInspector();
      for (const found of walk(body, formatOf(id).response, { mode: 'drop-unknown', origin: 'model' }).turns.flatMap(
        (turn) => turn.parts,
      )) {
        if (found.channel === 'logprobs' || found.holder === undefined) continue;
        const shown = inspector.once(found.text);
        if ('list' in found.holder) found.holder.list[found.holder.at] = shown;
        else found.holder.object[found.holder.at] = shown;
      }
      formatOf(id).tidy?.(body, { wasMasked: inspector.wasMasked, atMs: 0 });
      expect(body).not.toHaveProperty('stray');
      if (JSON.stringify(body).includes(NEEDLE)) expect(`${id} lets the string at ${where} through`).toBe('masked or dropped');
    }
  });
});
