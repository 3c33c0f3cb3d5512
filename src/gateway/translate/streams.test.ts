// Streams in one format, heard in the other: well-formed whatever the upstream's order, and judged however it cuts its text.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../core/types.ts';
import { tokens } from '../../detect/span/planted.fixture.ts';
import { anthropicStream, textBlock, thinkingBlock, toolUseBlock } from '../../../test/support/anthropic-replies.ts';
import { chatChunk, chatUsage, DONE } from '../../../test/support/openai-replies.ts';
import { at, CHANNELS, eventsIn, newInspector, redacted } from '../../../test/support/stream-channels.ts';
import type { FormatId } from '../wire/format.ts';
import { SseParser } from '../sse.ts';
import { crossingOf } from './crossing.ts';
import { WAITING_UNITS_MAX } from './stream-to-messages.ts';

const SECRET = tokens(7).find(({ type }) => /aws/i.test(type))?.value ?? '';

const AT_MS = 1_790_000_000_123;

interface Told {
  readonly events: readonly JsonObject[];
  readonly isComplete: boolean;
}

/** What a caller of `format` hears when the upstream sends this text. */
function hear(format: FormatId, sent: string): Told {
  const adapter = crossingOf(format)?.stream?.({ wantsUsage: true, channels: newInspector(), atMs: AT_MS });
  if (adapter === undefined) throw new Error(`${format} is not crossed`);
  let out = '';
  for (const event of new SseParser(1_000_000).push(Buffer.from(sent))) out += adapter.onEvent(event);
  const { text, isComplete } = adapter.onEnd();
  return { events: eventsIn(out + text + adapter.finale()), isComplete };
}

/** Blocks as Anthropic's clients put them together; throws where the order of events is not Anthropic's. */
function blocksOf(events: readonly JsonObject[]): JsonObject[] {
  const blocks: JsonObject[] = [];
  let open: number | undefined;
  for (const event of events) {
    if (event['type'] === 'content_block_start') {
      if (open !== undefined || event['index'] !== blocks.length) throw new Error('a block begins inside another');
      open = blocks.length;
      blocks.push({ ...(event['content_block'] as JsonObject), said: '' });
    } else if (event['type'] === 'content_block_delta') {
      if (event['index'] !== open) throw new Error('a delta of no open block');
      const delta = event['delta'] as JsonObject;
      const block = blocks.at(-1) as JsonObject;
      block['said'] += String(delta['text'] ?? delta['thinking'] ?? delta['partial_json']);
    } else if (event['type'] === 'content_block_stop') {
      if (event['index'] !== open) throw new Error('another block ends');
      open = undefined;
    }
  }
  if (open !== undefined) throw new Error('a block stays open');
  return blocks;
}

const heardBlocks = (chunks: readonly string[]): (readonly [unknown, unknown])[] => {
  const { events, isComplete } = hear('anthropic-messages', [...chunks, chatUsage(), DONE].join(''));
  expect(isComplete).toBe(true);
  expect(events[0]?.['type']).toBe('message_start');
  expect(events.slice(-2).map(({ type }) => type)).toEqual(['message_delta', 'message_stop']);
  return blocksOf(events).map(({ type, said }) => [type, said]);
};

const call = (index: number, piece: JsonObject): JsonObject => ({ tool_calls: [{ index, ...piece }] });
const opening = (index: number, name = 'f'): JsonObject =>
  call(index, { id: `call_${index}`, type: 'function', function: { name, arguments: '' } });
const more = (index: number, text: string): JsonObject => call(index, { function: { arguments: text } });

describe('a chat stream heard as messages', () => {
  it('has one block after the other: thinking, text, calls', () => {
    const chunks = [
      chatChunk({ role: 'assistant', content: '' }),
      chatChunk({ reasoning_content: 'I think ' }),
      chatChunk({ reasoning_content: 'so' }),
      chatChunk({ content: 'Let me ' }),
      chatChunk({ content: 'look' }),
      chatChunk(opening(0)),
      chatChunk(more(0, '{"city":')),
      chatChunk(more(0, '"Oslo"}')),
      chatChunk(opening(1)),
      chatChunk(more(1, '{}')),
      chatChunk({}, 'tool_calls'),
    ];
    expect(heardBlocks(chunks)).toEqual([
      ['thinking', 'I think so'],
      ['text', 'Let me look'],
      ['tool_use', '{"city":"Oslo"}'],
      ['tool_use', '{}'],
    ]);
  });

  it('a text that was all held back has its block before the call that follows', () => {
    const chunks = [chatChunk({ content: SECRET }), chatChunk(opening(0)), chatChunk(more(0, '{}')), chatChunk({}, 'tool_calls')];
    expect(heardBlocks(chunks)).toEqual([
      ['text', redacted(SECRET)],
      ['tool_use', '{}'],
    ]);
  });

  it('text and call in one chunk keep their order', () => {
    const chunks = [chatChunk({ content: 'Let me look', ...opening(0) }), chatChunk(more(0, '{}')), chatChunk({}, 'tool_calls')];
    expect(heardBlocks(chunks)).toEqual([
      ['text', 'Let me look'],
      ['tool_use', '{}'],
    ]);
  });

  it('text that goes on behind a call is a block of its own, and a secret over both is stopped', () => {
    const chunks = (first: string, second: string): string[] => [
      chatChunk({ content: first }),
      chatChunk(opening(0)),
      chatChunk(more(0, '{}')),
      chatChunk({ content: second }),
      chatChunk({}, 'stop'),
    ];
    expect(heardBlocks(chunks('One', ' two'))).toEqual([
      ['text', 'One'],
      ['tool_use', '{}'],
      ['text', ' two'],
    ]);
    const { events } = hear('anthropic-messages', chunks(SECRET.slice(0, 10), SECRET.slice(10)).join(''));
    expect(JSON.stringify(events)).not.toContain(SECRET.slice(10));
  });

  it('calls that are cut into each other are told one after the other, each whole', () => {
    const chunks = [
      chatChunk({ content: 'Let me look' }),
      chatChunk(opening(0, 'f')),
      chatChunk(more(0, '{"mail":')),
      chatChunk(opening(1, 'g')),
      chatChunk(more(1, '{"city":"Os')),
      chatChunk(more(0, '"x"}')),
      chatChunk(opening(2, 'h')),
      chatChunk(more(1, 'lo"}')),
      chatChunk(more(2, `{"key":"${SECRET}"}`)),
      chatChunk({}, 'tool_calls'),
    ];
    expect(heardBlocks(chunks)).toEqual([
      ['text', 'Let me look'],
      ['tool_use', '{"mail":"x"}'],
      ['tool_use', '{"city":"Oslo"}'],
      ['tool_use', `{"key":"${redacted(SECRET)}"}`],
    ]);
    const { events } = hear('anthropic-messages', [...chunks, chatUsage(), DONE].join(''));
    expect(blocksOf(events).map(({ id, name }) => [id, name])).toEqual([
      [undefined, undefined],
      ['call_0', 'f'],
      ['call_1', 'g'],
      ['call_2', 'h'],
    ]);
    expect(events.at(-2)).toMatchObject({ delta: { stop_reason: 'tool_use' } });
  });

  it('calls of one chunk each, and calls that come piece by piece in turns, are each whole', () => {
    const count = 3;
    const text = '{"city":"Oslo","n":12}';
    const chunks: string[] = [];
    for (let index = 0; index < count; index++) chunks.push(chatChunk(opening(index)));
    for (const letter of text) for (let index = 0; index < count; index++) chunks.push(chatChunk(more(index, letter)));
    expect(heardBlocks([...chunks, chatChunk({}, 'tool_calls')])).toEqual(Array.from({ length: count }, () => ['tool_use', text]));
  });

  it('a call that says too much while another has the word ends the answer, and a call behind text does not go on', () => {
    const chunks = [chatChunk(opening(0)), chatChunk(more(0, '{')), chatChunk(opening(1))];
    const piece = '1'.repeat(WAITING_UNITS_MAX / 4 - 100).replace(/.{6}/g, '"a","b');
    const parts = Array.from({ length: 5 }, () => chatChunk(more(1, piece)));
    expect(() => hear('anthropic-messages', [...chunks, ...parts].join(''))).toThrow(/cut into each other/);
    const late = [chatChunk(opening(0)), chatChunk(more(0, '{')), chatChunk({ content: 'Well' }), chatChunk(more(0, '}'))];
    expect(() => hear('anthropic-messages', late.join(''))).toThrow(/behind the text/);
  });

  it('of a stream that breaks off, no call that waited is told', () => {
    const { events, isComplete } = hear(
      'anthropic-messages',
      [chatChunk(opening(0)), chatChunk(more(0, '{')), chatChunk(opening(1)), chatChunk(more(1, '{}'))].join(''),
    );
    expect(isComplete).toBe(false);
    expect(blocksOf(events)).toHaveLength(1);
  });

  it('says why it ended, and what it used', () => {
    const ends = (finish: string): JsonObject | undefined =>
      hear('anthropic-messages', [chatChunk({ content: 'x' }), chatChunk({}, finish), chatUsage(), DONE].join('')).events.at(-2);
    expect(ends('length')).toMatchObject({ delta: { stop_reason: 'max_tokens' }, usage: { input_tokens: 9, output_tokens: 7 } });
    expect(ends('content_filter')).toMatchObject({ delta: { stop_reason: 'refusal' } });
    expect(ends('some_new_word')).toMatchObject({ delta: { stop_reason: 'end_turn' } });
  });

  it('a stream that breaks off is not complete', () => {
    expect(hear('anthropic-messages', chatChunk({ content: 'x' }))).toMatchObject({ isComplete: false });
    expect(hear('anthropic-messages', chatChunk({ content: 'x' })).events.some(({ type }) => type === 'message_delta')).toBe(false);
  });

  it('whatever order the pieces come in, the blocks are well formed and say what was said', () => {
    const piece = fc.record({
      member: fc.constantFrom('content', 'reasoning_content', 'call', 'next call'),
      text: fc.constantFrom('a', 'word ', '', 'ada', 'go', '12 ', ' '),
    });
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 24 }), (pieces) => {
        let calls = 0;
        let isInCall = false;
        const chunks: string[] = [chatChunk({ role: 'assistant', content: '' })];
        for (const { member, text } of pieces) {
          const isCall = member.endsWith('call');
          // A call goes on only while nothing else has been said: everything else would be interleaved.
          if (isCall && (!isInCall || member === 'next call')) chunks.push(chatChunk(opening(calls++)));
          chunks.push(chatChunk(isCall ? more(calls - 1, text) : { [member]: text }));
          isInCall = isCall || (isInCall && text === '');
        }
        chunks.push(chatChunk({}, 'stop'));
        const blocks = heardBlocks(chunks);
        const said = (type: string): string =>
          blocks
            .filter(([kind]) => kind === type)
            .map(([, text]) => text)
            .join('');
        const sent = (member: string): string =>
          pieces
            .filter((one) => one.member === member)
            .map(({ text }) => text)
            .join('');
        expect(said('text')).toBe(sent('content'));
        expect(said('thinking')).toBe(sent('reasoning_content'));
        expect(blocks.filter(([kind]) => kind === 'tool_use')).toHaveLength(calls);
      }),
      { numRuns: 300 },
    );
  });

  const crossed = CHANNELS.filter(({ format, name }) => format === 'openai-chat' && !/second choice|custom|function call/.test(name));
  it.each(crossed)('$name: however it is cut, a secret is masked', (channel) => {
    const text = `é ${SECRET}, ada.lovelace@example.org…`;
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(text.length), { maxLength: 4 }), (cuts) => {
        const places = [0, ...cuts.sort((a, b) => a - b), text.length];
        const pieces = places.slice(1).map((end, index) => text.slice(places[index], end));
        const data = [...channel.opening, ...pieces.map(channel.delta), ...channel.closing(text)];
        const sent = data.map((event) => `data: ${event === '[DONE]' ? event : JSON.stringify(event)}\n\n`).join('');
        const said = blocksOf(hear('anthropic-messages', sent).events).map((block) => block['said']);
        expect(said).toEqual([redacted(text)]);
      }),
      { numRuns: 60 },
    );
  });
});

describe('a messages stream heard as a chat', () => {
  const heard = (sent: readonly string[]) => {
    const { events, isComplete } = hear('openai-chat', sent.join(''));
    const join = (...path: readonly (string | number)[]): string =>
      events.map((event) => String(at(event, 'choices', 0, 'delta', ...path) ?? '')).join('');
    const calls: Record<string, string> = {};
    for (const event of events) {
      const index = at(event, 'choices', 0, 'delta', 'tool_calls', 0, 'index');
      if (typeof index === 'number')
        calls[index] = (calls[index] ?? '') + String(at(event, 'choices', 0, 'delta', 'tool_calls', 0, 'function', 'arguments') ?? '');
    }
    const finish = events.map((event) => at(event, 'choices', 0, 'finish_reason')).find((reason) => typeof reason === 'string');
    return { content: join('content'), reasoning: join('reasoning_content'), calls, finish, usage: events.at(-1)?.['usage'], isComplete };
  };

  it('has text, reasoning, calls, the reason of its end and its accounts', () => {
    const blocks = [thinkingBlock('hm'), textBlock('Let me look.'), toolUseBlock('t1', 'f', { city: 'Oslo' }), toolUseBlock('t2', 'g', {})];
    expect(heard(anthropicStream(blocks, 'tool_use'))).toEqual({
      content: 'Let me look.',
      reasoning: 'hm',
      calls: { 0: '{"city":"Oslo"}', 1: '{}' },
      finish: 'tool_calls',
      usage: { prompt_tokens: 9, completion_tokens: 7, total_tokens: 16 },
      isComplete: true,
    });
  });

  it('says when it came, which Anthropic does not', () => {
    const { events } = hear('openai-chat', anthropicStream([textBlock('x')]).join(''));
    expect(new Set(events.map(({ created }) => created))).toEqual(new Set([Math.floor(AT_MS / 1_000)]));
  });

  it('keeps two thoughts apart, which were judged one by one', () => {
    const halves = [SECRET.slice(0, 10), SECRET.slice(10)].map(thinkingBlock);
    expect(heard(anthropicStream(halves)).reasoning).toBe(`${SECRET.slice(0, 10)}\n\n${SECRET.slice(10)}`);
  });

  it('a stream that breaks off is not complete', () => {
    expect(heard(anthropicStream([textBlock('x')]).slice(0, -1))).toMatchObject({ isComplete: false });
  });

  const crossed = CHANNELS.filter(({ format }) => format === 'anthropic-messages');
  it.each(crossed)('$name: however it is cut, a secret is masked', (channel) => {
    const text = `é ${SECRET}, ada.lovelace@example.org…`;
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(text.length), { maxLength: 4 }), (cuts) => {
        const places = [0, ...cuts.sort((a, b) => a - b), text.length];
        const pieces = places.slice(1).map((end, index) => text.slice(places[index], end));
        const data = [...channel.opening, ...pieces.map(channel.delta), ...channel.closing(text)];
        const sent = data.map((event) => `data: ${JSON.stringify(event)}\n\n`);
        const { content, reasoning, calls } = heard(sent);
        expect([content, reasoning, calls[0]].filter((said) => said !== '' && said !== undefined)).toEqual([redacted(text)]);
      }),
      { numRuns: 60 },
    );
  });
});
