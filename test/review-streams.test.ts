// Upstreams that do not keep to the order of events: whatever they do, text that a client would join is judged joined.
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../src/core/types.ts';
import { NEEDLE, SECRET } from './support/stream-events.ts';
import { eventsIn, newAdapter, newInspector } from './support/stream-channels.ts';
import type { FormatId } from '../src/gateway/wire/format.ts';

interface Heard {
  readonly out: string;
  readonly isRefused: boolean;
}

function hear(format: FormatId, events: readonly (JsonObject | '[DONE]')[]): Heard {
  const adapter = newAdapter(format, newInspector());
  let out = '';
  try {
    for (const event of events) out += adapter.onEvent({ name: '', data: event === '[DONE]' ? event : JSON.stringify(event) });
    out += adapter.onEnd().text + adapter.finale();
  } catch {
    return { out, isRefused: true };
  }
  return { out, isRefused: false };
}

/** All strings of a kind of member, joined as a client joins them, whatever else stands between. */
function joined(out: string, member: string): string {
  const found: string[] = [];
  const look = (value: Json): void => {
    if (Array.isArray(value)) value.forEach(look);
    else if (typeof value === 'object' && value !== null)
      for (const [name, inner] of Object.entries(value)) {
        if (name === member && typeof inner === 'string') found.push(inner);
        else look(inner);
      }
  };
  eventsIn(out).forEach(look);
  return found.join('');
}

const pieces = Array.from(SECRET)
  .map((_, at) => SECRET.slice(at * 3, at * 3 + 3))
  .filter((piece) => piece !== '');
const SPENT = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
const delta = (body: JsonObject, finish: string | null = null, more: JsonObject = {}): JsonObject => ({
  id: 'c',
  choices: [{ index: 0, delta: body, finish_reason: finish }],
  ...more,
});
const legacy = (text: string, finish: string | null = null, more: JsonObject = {}): JsonObject => ({
  id: 'c',
  choices: [{ index: 0, text, finish_reason: finish }],
  ...more,
});
const half = SECRET.length / 2;

describe('OpenAI chat', () => {
  it('usage in every chunk lets no held text go', () => {
    const { out } = hear('openai-chat', [
      ...pieces.map((content) => delta({ content }, null, { usage: SPENT })),
      delta({}, 'stop'),
      '[DONE]',
    ]);
    expect(joined(out, 'content')).not.toContain(NEEDLE);
    expect(joined(out, 'content')).toContain('[AWS');
    // The caller asked for accounts: they come once, at the end.
    expect(eventsIn(out).filter((event) => 'usage' in event)).toHaveLength(1);
  });

  it('an empty finish_reason in every chunk ends nothing', () => {
    const { out } = hear('openai-chat', [...pieces.map((content) => delta({ content }, '')), delta({}, 'stop'), '[DONE]']);
    expect(joined(out, 'content')).not.toContain(NEEDLE);
    expect(joined(out, 'content')).toContain('[AWS');
  });

  it.each([
    ['a finish_reason', delta({}, 'stop')],
    ['[DONE]', '[DONE]'],
  ] as const)('text after %s does not leave', (_, end) => {
    const { out, isRefused } = hear('openai-chat', [
      delta({ content: SECRET.slice(0, half) }),
      end,
      delta({ content: SECRET.slice(half) }),
      '[DONE]',
    ]);
    expect(joined(out, 'content')).not.toContain(NEEDLE);
    expect(isRefused).toBe(true);
  });

  it('log probabilities that spell another text of the same length do not leave', () => {
    const other = 'x'.repeat(SECRET.length);
    const spelling = (token: string): JsonObject => ({ content: [{ token, logprob: -1, bytes: null, top_logprobs: [] }], refusal: null });
    const logprobs = spelling(SECRET);
    const { out } = hear('openai-chat', [
      { id: 'c', choices: [{ index: 0, delta: { content: other }, finish_reason: null, logprobs }] },
      { id: 'c', choices: [{ index: 0, delta: { content: ' and' }, finish_reason: null, logprobs: spelling(' and') }] },
      { id: 'c', choices: [{ index: 0, delta: { content: ' more' }, finish_reason: null, logprobs: spelling(' more') }] },
      delta({}, 'stop'),
      '[DONE]',
    ]);
    expect(out).not.toContain(NEEDLE);
  });

  it('a tool call that changes its kind half way does not leave', () => {
    const { out } = hear('openai-chat', [
      delta({ tool_calls: [{ index: 0, id: 'a', function: { name: 'f', arguments: SECRET.slice(0, half) } }] }),
      delta({ tool_calls: [{ index: 0, custom: { input: '!' } }] }),
      delta({ tool_calls: [{ index: 0, function: { arguments: SECRET.slice(half) } }] }),
      delta({}, 'tool_calls'),
      '[DONE]',
    ]);
    expect(joined(out, 'arguments')).not.toContain(NEEDLE);
  });

  it('a name in pieces does not leave, and a name that is repeated is said once', () => {
    const call = (name: string): JsonObject => delta({ tool_calls: [{ index: 0, id: 'a', function: { name, arguments: '' } }] });
    const pieces = hear('openai-chat', [call(SECRET.slice(0, half)), call(SECRET.slice(half)), delta({}, 'tool_calls'), '[DONE]']);
    expect(joined(pieces.out, 'name')).not.toContain(NEEDLE);
    expect(pieces.isRefused).toBe(true);
    const repeated = hear('openai-chat', [call('look'), call('look'), delta({}, 'tool_calls'), '[DONE]']);
    expect(joined(repeated.out, 'name')).toBe('look');
    const other = delta({ tool_calls: [{ index: 0, id: 'b', function: { name: 'find', arguments: '' } }] });
    expect(joined(hear('openai-chat', [call('look'), other, delta({}, 'tool_calls'), '[DONE]']).out, 'name')).toBe('lookfind');
  });

  it('an error that is only a sentence ends the answer', () => {
    expect(hear('openai-chat', [delta({ content: 'hel' }), { error: 'overloaded' }, delta({}, 'stop'), '[DONE]']).isRefused).toBe(true);
  });

  it('arguments that begin with white space are read as JSON too', () => {
    const inspector = newInspector();
    const escaped = `{"key":"\\u00${SECRET.charCodeAt(0).toString(16)}${SECRET.slice(1)}"}`;
    inspector.push('0/tool_calls/0', ' \n');
    inspector.push('0/tool_calls/0', escaped);
    inspector.end('0/tool_calls/0');
    expect(inspector.isBlocked).toBe(true);
  });
});

describe('OpenAI completions', () => {
  it('usage in every chunk lets no held text go', () => {
    const { out } = hear('openai-completions', [
      ...pieces.map((text) => legacy(text, null, { usage: SPENT })),
      legacy('', 'stop'),
      '[DONE]',
    ]);
    expect(joined(out, 'text')).not.toContain(NEEDLE);
    expect(eventsIn(out).filter((event) => 'usage' in event)).toHaveLength(1);
  });

  it('an empty finish_reason in every chunk ends nothing', () => {
    const { out } = hear('openai-completions', [...pieces.map((text) => legacy(text, '')), legacy('', 'stop'), '[DONE]']);
    expect(joined(out, 'text')).not.toContain(NEEDLE);
  });

  it('text after the end of its choice does not leave', () => {
    const { out, isRefused } = hear('openai-completions', [
      legacy(SECRET.slice(0, half), 'stop'),
      legacy(SECRET.slice(half), 'stop'),
      '[DONE]',
    ]);
    expect(joined(out, 'text')).not.toContain(NEEDLE);
    expect(isRefused).toBe(true);
  });
});

describe('Anthropic messages', () => {
  const start = { type: 'message_start', message: { id: 'm', usage: { input_tokens: 1 } } };
  const open = { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } };
  const say = (text: string): JsonObject => ({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } });
  const think = (thinking: string): JsonObject => ({ type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking } });
  const stop = { type: 'content_block_stop', index: 0 };
  const accounts = { type: 'message_delta', delta: {}, usage: { output_tokens: 1 } };

  it.each([
    ['a block that is opened again', [stop, open]],
    ['the accounts in the middle of a block', [accounts]],
    [
      'a signature in the middle of a block',
      [{ type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: 'c2ln' } }],
    ],
    ['an end in the middle of a block', [{ type: 'message_stop' }]],
    ['a word of another kind', [think('!')]],
  ])('%s does not cut what is judged', (_, between) => {
    const { out, isRefused } = hear('anthropic-messages', [
      start,
      open,
      say(SECRET.slice(0, half)),
      ...between,
      say(SECRET.slice(half)),
      stop,
      accounts,
      { type: 'message_stop' },
    ]);
    expect(joined(out, 'text')).not.toContain(NEEDLE);
    expect(isRefused).toBe(true);
  });
});

describe('OpenAI responses', () => {
  const at = { item_id: 'i', output_index: 0, content_index: 0 };
  const say = (text: string): JsonObject => ({ type: 'response.output_text.delta', ...at, delta: text });
  const done = { type: 'response.output_text.done', ...at, text: '' };
  const end = { type: 'response.completed', response: { id: 'r', output: [] } };

  it('text that came whole does not go on', () => {
    const { out, isRefused } = hear('openai-responses', [
      { type: 'response.output_text.done', ...at, text: SECRET.slice(0, half) },
      say(SECRET.slice(half)),
      end,
    ]);
    expect(out).not.toContain(NEEDLE);
    expect(isRefused).toBe(true);
  });

  it.each([
    ['an early end of the text', [done]],
    ['an early end of the answer', [end]],
    ['a word of another kind', [{ type: 'response.refusal.delta', ...at, delta: '!' }]],
  ])('%s does not cut what is judged', (_, between) => {
    const { out, isRefused } = hear('openai-responses', [say(SECRET.slice(0, half)), ...between, say(SECRET.slice(half)), done, end]);
    expect(joined(out, 'delta')).not.toContain(NEEDLE);
    expect(isRefused).toBe(true);
  });
});
