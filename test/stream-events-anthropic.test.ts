// What crosses of a stream of Anthropic's, event by event, block by block, delta by delta: see stream-events-openai.test.ts.
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../src/core/types.ts';
import { newAdapter, newInspector } from './support/stream-channels.ts';
import { declarations, leaksOf, play, stringsOf, type Fate } from './support/stream-events.ts';

const MESSAGES: Readonly<Record<string, Fate>> = {
  message_start: 'rebuilt',
  content_block_start: 'rebuilt',
  content_block_delta: 'rebuilt',
  content_block_stop: 'rebuilt',
  message_delta: 'rebuilt',
  // Its copy leaves when the record is closed.
  message_stop: 'dropped',
  ping: 'rebuilt',
  error: 'refused',
  never_heard_of: 'dropped',
};

/** Kinds of blocks and deltas of Anthropic messages. */
const BLOCKS: Readonly<Record<string, Fate>> = {
  text: 'rebuilt',
  thinking: 'rebuilt',
  redacted_thinking: 'dropped',
  tool_use: 'rebuilt',
  server_tool_use: 'dropped',
  web_search_tool_result: 'dropped',
  web_fetch_tool_result: 'dropped',
  code_execution_tool_result: 'dropped',
  bash_code_execution_tool_result: 'dropped',
  text_editor_code_execution_tool_result: 'dropped',
  tool_search_tool_result: 'dropped',
  container_upload: 'dropped',
  never_heard_of: 'dropped',
};
const DELTAS: Readonly<Record<string, Fate>> = {
  text_delta: 'rebuilt',
  input_json_delta: 'rebuilt',
  citations_delta: 'rebuilt',
  thinking_delta: 'rebuilt',
  signature_delta: 'rebuilt',
  never_heard_of_delta: 'dropped',
};

describe('Anthropic messages', () => {
  const start: JsonObject = {
    type: 'message_start',
    message: {
      ...stringsOf('id', 'type', 'role', 'model', 'stop_reason', 'stop_sequence', 'stray'),
      content: [],
      container: stringsOf('id'),
      usage: { input_tokens: 3, output_tokens: 1, ...stringsOf('service_tier', 'inference_geo') },
    },
  };
  const block = (type: string): JsonObject => ({
    type: 'content_block_start',
    index: 0,
    content_block: {
      type,
      ...stringsOf('text', 'thinking', 'signature', 'data', 'id', 'name', 'stray', 'tool_use_id'),
      input: { city: 'Oslo', deep: [{ key: 'value' }] },
      content: [stringsOf('type', 'url', 'title', 'encrypted_content')],
      citations: [stringsOf('type', 'cited_text')],
    },
  });
  const delta = (type: string): JsonObject => ({
    type: 'content_block_delta',
    index: 0,
    delta: {
      type,
      ...stringsOf('text', 'thinking', 'partial_json', 'signature', 'stray'),
      citation: stringsOf('type', 'cited_text', 'document_title', 'url'),
    },
  });
  const samples: Readonly<Record<string, JsonObject>> = {
    message_start: start,
    content_block_start: block('text'),
    content_block_delta: delta('text_delta'),
    content_block_stop: { type: 'content_block_stop', index: 0, stray: 'stray-1' },
    message_delta: {
      type: 'message_delta',
      delta: {
        ...stringsOf('stop_reason', 'stop_sequence', 'stray'),
        container: stringsOf('id'),
        stop_details: stringsOf('type', 'category', 'explanation'),
      },
      usage: { output_tokens: 4, stray: 'stray-1' },
    },
    message_stop: { type: 'message_stop', stray: 'stray-1' },
    ping: { type: 'ping', stray: 'stray-1' },
    error: { type: 'error', error: stringsOf('type', 'message') },
    never_heard_of: { type: 'never_heard_of', stray: 'stray-1', delta: stringsOf('text') },
  };
  const textOpen = { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } };

  it('knows every event, block and delta of the SDK', () => {
    const file = declarations('@anthropic-ai/sdk', 'resources/messages/messages.d.ts');
    const union = (name: string): string[] =>
      (new RegExp(`export type ${name} = ([^;]+);`).exec(file)?.[1] ?? '').split('|').map((type) => type.trim());
    const typeOf = (name: string): string =>
      new RegExp(`interface ${name} \\{[\\s\\S]*?\\n    type: '([a-z_]+)'`).exec(file)?.[1] ?? `no type in ${name}`;
    expect(
      union('RawMessageStreamEvent')
        .map(typeOf)
        .filter((type) => !(type in MESSAGES)),
    ).toEqual([]);
    expect(
      union('ContentBlock')
        .map(typeOf)
        .filter((type) => !(type in BLOCKS)),
    ).toEqual([]);
    expect(
      union('RawContentBlockDelta')
        .map(typeOf)
        .filter((type) => !(type in DELTAS)),
    ).toEqual([]);
  });

  it.each(Object.entries(MESSAGES))('event %s: %s', (type, fate) => {
    const before = type === 'content_block_start' ? [start] : [start, textOpen];
    const adapter = newAdapter('anthropic-messages', newInspector());
    for (const event of before) adapter.onEvent({ name: '', data: JSON.stringify(event) });
    const said = (): string => adapter.onEvent({ name: '', data: JSON.stringify(samples[type]) });
    if (fate === 'refused') expect(said).toThrow(/upstream/);
    else expect(said() === '').toBe(fate === 'dropped');
  });

  it.each(Object.entries(BLOCKS))('block %s: %s', (type, fate) => {
    const { out } = play('anthropic-messages', [start, block(type), { type: 'content_block_stop', index: 0 }]);
    expect(out.includes(`"type":"${type}"`)).toBe(fate === 'rebuilt');
    expect(out.includes('content_block_stop')).toBe(fate === 'rebuilt');
    expect(out).not.toMatch(/stray|encrypted_content|data-1/);
  });

  it.each(Object.entries(DELTAS))('delta %s: %s', (type, fate) => {
    const { out } = play('anthropic-messages', [start, textOpen, delta(type), { type: 'content_block_stop', index: 0 }]);
    expect(out.includes(`"type":"${type}"`)).toBe(fate === 'rebuilt');
    expect(out).not.toContain('stray');
  });

  it('lets no secret through, in whichever string of whichever event it stands', () => {
    const after = [{ type: 'content_block_stop', index: 0 }];
    const tries = [
      ...Object.entries(samples).map(([type, event]) => {
        const before = type === 'message_start' ? [] : type === 'content_block_start' ? [start] : [start, textOpen];
        return leaksOf('anthropic-messages', event, { before, after });
      }),
      ...Object.keys(BLOCKS).map((type) => leaksOf('anthropic-messages', block(type), { before: [start], after })),
      ...Object.keys(DELTAS).map((type) => leaksOf('anthropic-messages', delta(type), { before: [start, textOpen], after })),
    ];
    expect(tries.flatMap(({ leaks }) => leaks)).toEqual([]);
    expect(tries.reduce((sum, { tried }) => sum + tried, 0)).toBeGreaterThan(200);
  });
});
