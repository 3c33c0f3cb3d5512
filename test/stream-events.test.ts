// What crosses of a stream, event by event: every type that the official SDKs know, and some that nobody knows. Each is either put
// together anew from known members or dropped, and a secret in any string of any event never reaches the caller.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../src/core/types.ts';
import { tokens } from '../src/detect/span/planted.fixture.ts';
import type { FormatId } from '../src/gateway/wire/format.ts';
import { walk } from '../src/gateway/wire/walk.ts';
import { isObject } from '../src/gateway/wire/json-shape.ts';
import { at, eventsIn, formatOf, newAdapter, newInspector, redacted } from './support/stream-channels.ts';

const SECRET = tokens(5).find(({ type }) => /aws/i.test(type))?.value ?? '';
/** Enough of it to be sure, wherever a piece is cut. */
const NEEDLE = SECRET.slice(6, 16);

/** Text of a type declaration file of an SDK: the list of what it knows. */
const declarations = (sdk: string, file: string): string =>
  readFileSync(join(import.meta.dirname, '..', 'node_modules', sdk, file), 'utf8');

type Fate = 'rebuilt' | 'dropped' | 'refused';

/** What each event of OpenAI responses becomes. Tools that ran at the provider are dropped: no guard saw what they read or did. */
const RESPONSES: Readonly<Record<string, Fate>> = {
  'response.audio.delta': 'dropped',
  'response.audio.done': 'dropped',
  'response.audio.transcript.delta': 'dropped',
  'response.audio.transcript.done': 'dropped',
  'response.code_interpreter_call_code.delta': 'dropped',
  'response.code_interpreter_call_code.done': 'dropped',
  'response.code_interpreter_call.completed': 'dropped',
  'response.code_interpreter_call.in_progress': 'dropped',
  'response.code_interpreter_call.interpreting': 'dropped',
  'response.compaction.compacting': 'dropped',
  'response.completed': 'rebuilt',
  'response.content_part.added': 'rebuilt',
  'response.content_part.done': 'rebuilt',
  'response.created': 'rebuilt',
  'response.custom_tool_call_input.delta': 'rebuilt',
  'response.custom_tool_call_input.done': 'rebuilt',
  'response.failed': 'rebuilt',
  'response.file_search_call.completed': 'dropped',
  'response.file_search_call.in_progress': 'dropped',
  'response.file_search_call.searching': 'dropped',
  'response.function_call_arguments.delta': 'rebuilt',
  'response.function_call_arguments.done': 'rebuilt',
  'response.image_generation_call.completed': 'dropped',
  'response.image_generation_call.generating': 'dropped',
  'response.image_generation_call.in_progress': 'dropped',
  'response.image_generation_call.partial_image': 'dropped',
  'response.in_progress': 'rebuilt',
  'response.incomplete': 'rebuilt',
  'response.mcp_call_arguments.delta': 'dropped',
  'response.mcp_call_arguments.done': 'dropped',
  'response.mcp_call.completed': 'dropped',
  'response.mcp_call.failed': 'dropped',
  'response.mcp_call.in_progress': 'dropped',
  'response.mcp_list_tools.completed': 'dropped',
  'response.mcp_list_tools.failed': 'dropped',
  'response.mcp_list_tools.in_progress': 'dropped',
  'response.output_item.added': 'rebuilt',
  'response.output_item.done': 'rebuilt',
  'response.output_text.annotation.added': 'rebuilt',
  'response.output_text.delta': 'rebuilt',
  'response.output_text.done': 'rebuilt',
  'response.queued': 'rebuilt',
  'response.reasoning_summary_part.added': 'rebuilt',
  'response.reasoning_summary_part.done': 'rebuilt',
  'response.reasoning_summary_text.delta': 'rebuilt',
  'response.reasoning_summary_text.done': 'rebuilt',
  'response.reasoning_text.delta': 'rebuilt',
  'response.reasoning_text.done': 'rebuilt',
  'response.refusal.delta': 'rebuilt',
  'response.refusal.done': 'rebuilt',
  'response.shell_call_command.added': 'dropped',
  'response.shell_call_command.delta': 'dropped',
  'response.shell_call_command.done': 'dropped',
  'response.shell_call_output_content.delta': 'dropped',
  'response.shell_call_output_content.done': 'dropped',
  'response.web_search_call.completed': 'dropped',
  'response.web_search_call.in_progress': 'dropped',
  'response.web_search_call.searching': 'dropped',
  'response.steer.accepted': 'dropped',
  'response.steer.failed': 'dropped',
  'response.steer.pending': 'dropped',
  'response.steer': 'dropped',
  'response.never_heard_of.delta': 'dropped',
  '': 'dropped',
};

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

const stringsOf = (...words: readonly string[]): JsonObject => Object.fromEntries(words.map((word) => [word, `${word}-1`]));

/** A part, item or response that has every member some kind of it has. */
const part = (type: string): JsonObject => ({
  type,
  ...stringsOf('text', 'refusal', 'transcript', 'data', 'stray'),
  annotations: [{ type: 'url_citation', ...stringsOf('url', 'title', 'file_id', 'filename', 'quote'), start_index: 0, end_index: 3 }],
  logprobs: [{ token: 'a', logprob: -1, bytes: [97], top_logprobs: [{ token: 'b', logprob: -2, bytes: [98] }] }],
});
const item = (type: string): JsonObject => ({
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
const ITEMS = ['message', 'reasoning', 'function_call', 'custom_tool_call', 'web_search_call', 'mcp_call', 'never_heard_of'];
const response = (): JsonObject => ({
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
const responsesEvent = (type: string, itemType = 'message'): JsonObject => ({
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

interface Played {
  readonly out: string;
  readonly types: readonly string[];
  readonly fate: Fate;
}

/** Plays events one after the other; the fate is that of the last one, before the stream ends. */
function play(format: FormatId, events: readonly JsonObject[]): Played {
  const adapter = newAdapter(format, newInspector());
  let out = '';
  let last = '';
  try {
    for (const event of events) {
      last = adapter.onEvent({ name: event['type'] as string, data: JSON.stringify(event) });
      out += last;
    }
  } catch (error) {
    return { out: out + (error as Error).message, types: [], fate: 'refused' };
  }
  const rest = adapter.onEnd().text + adapter.finale();
  const heard = last + rest;
  return { out: out + rest, types: eventsIn(heard).map((event) => event['type'] as string), fate: heard === '' ? 'dropped' : 'rebuilt' };
}

/** Copies of a value, each with the secret in the place of one of its strings. */
function* planted(value: Json, path = ''): Generator<readonly [string, Json]> {
  if (typeof value === 'string') yield [path, SECRET];
  else if (Array.isArray(value)) {
    for (const [index, element] of value.entries())
      for (const [where, copy] of planted(element, `${path}/${index}`)) yield [where, value.with(index, copy)];
  } else if (isObject(value)) {
    for (const [key, member] of Object.entries(value))
      for (const [where, copy] of planted(member, `${path}/${key}`)) yield [where, { ...value, [key]: copy }];
  }
}

function expectNoLeak(format: FormatId, before: readonly JsonObject[], event: JsonObject, after: readonly JsonObject[] = []): number {
  let count = 0;
  for (const [where, copy] of planted(event)) {
    const { out } = play(format, [...before, copy as JsonObject, ...after]);
    if (out.includes(NEEDLE)) expect(`${JSON.stringify(event['type'])} lets the string at ${where} through`).toBe('masked or dropped');
    count++;
  }
  return count;
}

it('the planted secret is one that the guards know', () => {
  expect(redacted(SECRET)).not.toContain(SECRET.slice(4));
});

describe('OpenAI responses', () => {
  it('knows every event of the SDK', () => {
    const types = [...declarations('openai', 'resources/responses/responses.d.ts').matchAll(/^    type: '(response\.[a-z_.]+)';/gm)];
    expect([...new Set(types.map(([, type]) => type))].filter((type) => !(type !== undefined && type in RESPONSES))).toEqual([]);
    expect(types.length).toBeGreaterThan(50);
  });

  it.each(Object.entries(RESPONSES))('%s: %s', (type, fate) => {
    const { types, fate: seen } = play('openai-responses', [responsesEvent(type)]);
    expect(seen).toBe(fate);
    // What comes out is the same event, with no type of its own making.
    if (fate === 'rebuilt') expect([...new Set(types)]).toEqual([type]);
  });

  it('an item of a tool that ran at the provider is dropped, in the stream and in the finished response', () => {
    for (const type of [
      'web_search_call',
      'file_search_call',
      'code_interpreter_call',
      'computer_call',
      'image_generation_call',
      'mcp_call',
      'mcp_list_tools',
      'compaction',
      'local_shell_call',
      'program',
      'never_heard_of',
    ]) {
      const { out } = play('openai-responses', [
        responsesEvent('response.output_item.added', type),
        responsesEvent('response.output_item.done', type),
        { type: 'response.completed', response: { ...response(), output: [item(type)] } },
      ]);
      expect(out).not.toContain(type);
    }
  });

  it('passes on no stray member', () => {
    for (const type of Object.keys(RESPONSES)) {
      for (const kind of ITEMS) {
        const { out } = play('openai-responses', [responsesEvent(type, kind)]);
        expect(out).not.toMatch(/stray|encrypted_content|obfuscation|previous_response_id|instructions|logprobs/);
      }
    }
  });

  it('lets no secret through, in whichever string of whichever event it stands', () => {
    let count = 0;
    for (const type of Object.keys(RESPONSES)) {
      const kinds = type.startsWith('response.output_item') ? ITEMS : ['message'];
      for (const kind of kinds) count += expectNoLeak('openai-responses', [], responsesEvent(type, kind));
    }
    expect(count).toBeGreaterThan(3_000);
  });

  it('an error event ends the stream, and its words do not cross', () => {
    const { fate, types } = play('openai-responses', [{ type: 'error', ...stringsOf('code', 'message', 'param'), sequence_number: 1 }]);
    expect({ fate, types }).toEqual({ fate: 'dropped', types: [] });
  });
});

describe('OpenAI chat completions', () => {
  const call = {
    ...stringsOf('id', 'type', 'stray'),
    index: 0,
    function: stringsOf('name', 'arguments', 'stray'),
    custom: stringsOf('name', 'input'),
  };
  const delta: JsonObject = {
    ...stringsOf('content', 'refusal', 'reasoning', 'reasoning_content', 'role', 'stray'),
    function_call: stringsOf('name', 'arguments', 'stray'),
    tool_calls: [call],
    audio: stringsOf('id', 'data', 'transcript'),
    annotations: [{ type: 'url_citation', url_citation: stringsOf('url', 'title') }],
  };
  const logprob = (token: string): JsonObject => ({
    token,
    logprob: -1,
    bytes: [...Buffer.from(token)],
    top_logprobs: [{ token: 'b', logprob: -2, bytes: [98] }],
  });
  const chunk = (choice: JsonObject): JsonObject => ({
    ...stringsOf('id', 'object', 'model', 'system_fingerprint', 'service_tier', 'obfuscation', 'stray'),
    created: 1,
    choices: [{ index: 0, ...choice, stray: 'stray-1' }],
    usage: { prompt_tokens: 1, completion_tokens: 2, stray: 'stray-1' },
    moderation: stringsOf('category'),
  });
  const full = chunk({ delta, finish_reason: null, logprobs: { content: [logprob('content-1')], refusal: [logprob('refusal-1')] } });

  it('knows every member of a delta of the SDK, or drops it', () => {
    const file = declarations('openai', 'resources/chat/completions/completions.d.ts');
    const body = /interface Delta \{([\s\S]*?)\n {8}\}/.exec(file)?.[1] ?? '';
    const names = [...body.matchAll(/^ {12}([a-z_]+)\??:/gm)].map(([, name]) => name ?? '');
    expect(names).toContain('content');
    expect(names.filter((name) => !(name in delta))).toEqual([]);
  });

  it('puts known members together anew and drops the others', () => {
    const { out } = play('openai-chat', [full]);
    const [first] = eventsIn(out);
    expect(first).toMatchObject({
      id: 'id-1',
      choices: [{ index: 0, delta: { role: 'assistant', tool_calls: [{ index: 0, id: 'id-1' }] } }],
    });
    const content = eventsIn(out).map((event) => (at(event, 'choices', 0, 'delta', 'content') ?? '') as string);
    expect(content.join('')).toBe('content-1');
    expect(out).not.toMatch(/stray|audio|transcript|annotations|obfuscation|moderation/);
  });

  it('lets no secret through, in whichever string it stands', () => {
    expect(expectNoLeak('openai-chat', [], full)).toBeGreaterThan(30);
    expect(expectNoLeak('openai-chat', [], chunk({ delta: {}, finish_reason: 'stop' }))).toBeGreaterThan(5);
    const bare = chunk({ delta: { content: 'a' }, finish_reason: null, logprobs: { content: [logprob('a')], refusal: null } });
    expect(JSON.stringify(play('openai-chat', [bare]).out)).toContain('top_logprobs');
    expectNoLeak('openai-chat', [], bare);
  });

  it('lets no bytes of a log probability say what its token does not', () => {
    const spoken = {
      ...logprob('a'),
      bytes: [...Buffer.from(SECRET)],
      top_logprobs: [{ token: 'b', logprob: -2, bytes: [...Buffer.from(SECRET)] }],
    };
    const { out } = play('openai-chat', [
      chunk({ delta: { content: 'a' }, finish_reason: null, logprobs: { content: [spoken], refusal: null } }),
    ]);
    expect(out).not.toContain(String([...Buffer.from(SECRET)].slice(0, 8)));
  });
});

describe('OpenAI completions', () => {
  const chunk: JsonObject = {
    ...stringsOf('id', 'object', 'model', 'system_fingerprint', 'stray'),
    created: 1,
    choices: [
      {
        index: 0,
        ...stringsOf('text', 'stray'),
        finish_reason: null,
        logprobs: { tokens: ['a'], text_offset: [0], top_logprobs: [{ a: -1 }] },
      },
    ],
  };

  it('puts known members together anew and lets no secret through', () => {
    const { out } = play('openai-completions', [chunk]);
    expect(
      eventsIn(out)
        .map((event) => at(event, 'choices', 0, 'text') as string)
        .join(''),
    ).toBe('text-1');
    expect(play('openai-completions', [chunk]).out).not.toMatch(/stray|tokens/);
    expect(expectNoLeak('openai-completions', [], chunk)).toBeGreaterThan(7);
  });
});

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
    const end = [{ type: 'content_block_stop', index: 0 }];
    let count = 0;
    for (const [type, event] of Object.entries(samples)) {
      count += expectNoLeak(
        'anthropic-messages',
        type === 'message_start' ? [] : [start, ...(type === 'content_block_start' ? [] : [textOpen])],
        event,
        end,
      );
    }
    for (const type of Object.keys(BLOCKS)) count += expectNoLeak('anthropic-messages', [start], block(type), end);
    for (const type of Object.keys(DELTAS)) count += expectNoLeak('anthropic-messages', [start, textOpen], delta(type), end);
    expect(count).toBeGreaterThan(200);
  });
});

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
        content: Object.keys(BLOCKS).map((type) => ({
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
      formatOf(id).tidy?.(body, inspector.wasMasked);
      expect(body).not.toHaveProperty('stray');
      if (JSON.stringify(body).includes(NEEDLE)) expect(`${id} lets the string at ${where} through`).toBe('masked or dropped');
    }
  });
});
