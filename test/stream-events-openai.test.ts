// What crosses of a stream of OpenAI's, event by event: every type that the official SDK knows, and some that nobody knows. Each is
// either put together anew from known members or dropped, and a secret in any string of any event never reaches the caller.
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../src/core/types.ts';
import { ITEMS, item, response, responsesEvent } from './support/responses-samples.ts';
import table from './support/openai-responses-events.json' with { type: 'json' };
import { at, eventsIn, redacted } from './support/stream-channels.ts';
import { declarations, leaksOf, play, SECRET, stringsOf, type Fate } from './support/stream-events.ts';

/** What each event of OpenAI responses becomes. Tools that ran at the provider are dropped: no guard saw what they read or did. */
const RESPONSES = table as Readonly<Record<string, Fate>>;

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
    const tries = Object.keys(RESPONSES).flatMap((type) =>
      (type.startsWith('response.output_item') ? ITEMS : ['message']).map((kind) =>
        leaksOf('openai-responses', responsesEvent(type, kind)),
      ),
    );
    expect(tries.flatMap(({ leaks }) => leaks)).toEqual([]);
    expect(tries.reduce((sum, { tried }) => sum + tried, 0)).toBeGreaterThan(3_000);
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
    const { leaks, tried } = leaksOf('openai-chat', full);
    expect(leaks).toEqual([]);
    expect(tried).toBeGreaterThan(30);
    expect(leaksOf('openai-chat', chunk({ delta: {}, finish_reason: 'stop' })).leaks).toEqual([]);
    const bare = chunk({ delta: { content: 'a' }, finish_reason: null, logprobs: { content: [logprob('a')], refusal: null } });
    expect(JSON.stringify(play('openai-chat', [bare]).out)).toContain('top_logprobs');
    expect(leaksOf('openai-chat', bare).leaks).toEqual([]);
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
    expect(leaksOf('openai-completions', chunk)).toMatchObject({ leaks: [] });
  });
});
