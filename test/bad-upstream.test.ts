// Upstreams that are broken or hostile: each failure is a clear error in the caller's own format and on record, takes bounded memory,
// and nothing that was not judged crosses.
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../src/core/types.ts';
import { tokens } from '../src/detect/span/planted.fixture.ts';
import { event, messageStart } from './support/anthropic-replies.ts';
import { chatAnswer, chatChunk, chatStream, DONE, openaiErrorBody, sse } from './support/openai-replies.ts';
import { chat, post, readAll, type Door } from './support/plain-client.ts';
import { freshGateway, UPSTREAM_KEY, useGateway } from './support/running-gateway.ts';
import type { Reply, Script } from './support/scripted-upstream.ts';

const MEBIBYTE = 1_048_576;
const ANSWER_BYTES_MAX = 2 * MEBIBYTE;
const EVENT_CHARS_MAX = 65_536;
const gateway = useGateway({
  http: { answerBytesMax: ANSWER_BYTES_MAX, eventCharsMax: EVENT_CHARS_MAX },
});
const SECRET = tokens(3).find(({ type }) => /aws/i.test(type))?.value ?? '';
const door = (): Door => ({ url: gateway().openaiUrl, key: gateway().key });

interface Outcome {
  readonly status: number;
  readonly text: string;
  readonly isBroken: boolean;
  readonly closed: JsonObject | undefined;
}

/** One request, and what became of it. */
async function ask(
  script: Script,
  how: { readonly isStreamed?: boolean; readonly path?: '/chat/completions' | '/messages' } = {},
): Promise<Outcome> {
  const { isStreamed = false, path = '/chat/completions' } = how;
  gateway().upstream.answer(script);
  const response = await post(door(), chat('Hello', { ...(isStreamed ? { stream: true } : {}), max_tokens: 50 }), { path });
  const { text, isBroken } = await readAll(response);
  const id = response.headers.get('x-sallyport-request-id');
  const find = async (): Promise<JsonObject | undefined> =>
    (await gateway().records()).find(({ requestId, kind }) => requestId === id && kind === 'request.closed')?.data;
  await expect.poll(find).toBeDefined();
  // The breaker would turn away the next case.
  gateway().sallyport.rooms.access.reportUpstream('main', 'answered');
  return { status: response.status, text, isBroken, closed: await find() };
}

/** The error in an answer or at the end of a stream. */
const errorIn = (text: string): JsonObject => {
  const last = text.trimEnd().split('\n\n').at(-1) ?? '';
  const data = /^data: (.*)$/m.exec(last)?.[1] ?? last;
  return (JSON.parse(data) as { readonly error: JsonObject }).error;
};

function expectInvalid({ status, text, closed }: Outcome, code = 'upstream_invalid', expectedStatus = 502): void {
  expect({ status, code: errorIn(text)['code'] }).toEqual({ status: expectedStatus, code });
  expect(text).not.toContain(SECRET);
  expect(text).not.toContain(UPSTREAM_KEY);
  expect(closed).toMatchObject({ reason: code, status: expectedStatus });
}

const html = Buffer.from(`<html>${SECRET}</html>`);
const json = { headers: { 'content-type': 'application/json' } };
const head = (more = ''): string => `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n${more}\r\n`;

describe('whole answers', () => {
  const cases: readonly (readonly [string, Script])[] = [
    ['a page', (_, reply) => reply.bytes(html, { headers: { 'content-type': 'text/html' } })],
    ['nothing', (_, reply) => reply.bytes(new Uint8Array(), json)],
    ['JSON of another kind', (_, reply) => reply.json({ hello: SECRET })],
    ['an error with status 200', (_, reply) => reply.json({ error: { message: SECRET } })],
    ['a list', (_, reply) => reply.json([SECRET])],
    ['a string', (_, reply) => reply.json(SECRET)],
    ['null', (_, reply) => reply.json(null)],
    ['half of the JSON', (_, reply) => reply.bytes(Buffer.from(`{"choices":[{"message":{"content":"${SECRET}`), json)],
    ['two values', (_, reply) => reply.bytes(Buffer.from(`{}{"a":"${SECRET}"}`), json)],
    ['a stream that was not asked for', (_, reply) => reply.events(chatStream([SECRET]))],
    ['no answer', (_, reply) => reply.drop()],
    ['a status line that is none', (_, reply) => reply.raw(`${SECRET}\r\n\r\n`)],
    ['less than it says', (_, reply) => reply.raw(`${head('content-length: 5000\r\n')}{"a":"${SECRET}"}`)],
    ['a broken chunk', (_, reply) => reply.raw(`${head('transfer-encoding: chunked\r\n')}zz\r\n${SECRET}\r\n`)],
    ['an end in the middle of the chunks', (_, reply) => reply.raw(`${head('transfer-encoding: chunked\r\n')}5\r\n{"a":\r\n`)],
    ['two lengths', (_, reply) => reply.raw(`${head('content-length: 2\r\ncontent-length: 40\r\n')}{}`)],
    [
      'gzip',
      (_, reply) =>
        reply.bytes(gzipSync(JSON.stringify(chatAnswer({ content: SECRET }))), {
          headers: { ...json.headers, 'content-encoding': 'gzip' },
        }),
    ],
    [
      'very deep JSON',
      (_, reply) =>
        reply.bytes(
          Buffer.from(
            `{"choices":[{"message":{"annotations":${'['.repeat(100_000)}${']'.repeat(100_000)}}}],"content":[{"type":"tool_use","input":${'['.repeat(100_000)}${']'.repeat(100_000)}}]}`,
          ),
          json,
        ),
    ],
    ...[301, 302, 303, 307, 308].map(
      (status) =>
        [
          `a redirect (${status})`,
          (_, reply) => reply.bytes(html, { status, headers: { location: `http://127.0.0.1:1/${SECRET}` } }),
        ] as const satisfies readonly [string, Script],
    ),
  ];

  it.each(cases)('%s', async (_, script) => {
    for (const path of ['/chat/completions', '/messages'] as const) {
      gateway().upstream.forget();
      const outcome = await ask(script, { path });
      expectInvalid(outcome);
      if (path === '/messages') expect(JSON.parse(outcome.text)).toMatchObject({ type: 'error', error: { type: 'api_error' } });
      // A redirect leads nowhere, and nothing is tried twice.
      expect(gateway().upstream.received).toHaveLength(1);
    }
  });

  it('more than it says: what is beyond the length is never part of an answer', async () => {
    const body = JSON.stringify(chatAnswer({ content: 'fine' }));
    const { text } = await ask((_, reply) =>
      reply.raw(`${head(`content-length: ${body.length}\r\n`)}${body}HTTP/1.1 200 OK\r\ncontent-length: 60\r\n\r\n{"content":"${SECRET}"}`),
    );
    expect(text).toContain('fine');
    expect(text).not.toContain(SECRET);
    const next = await ask((_, reply) => reply.json(chatAnswer({ content: 'next' })));
    expect(next.text).toContain('next');
    expect(next.text).not.toContain(SECRET);
  });

  it('progress before the answer is no answer', async () => {
    const body = JSON.stringify(chatAnswer({ content: 'fine' }));
    const { status, text } = await ask((_, reply) =>
      reply.raw(`HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n${head(`content-length: ${body.length}\r\n`)}${body}`),
    );
    expect({ status, hasText: text.includes('fine') }).toEqual({ status: 200, hasText: true });
  });

  it('bytes that are not UTF-8 cannot hide a text from the guards', async () => {
    const bytes = Buffer.concat([
      Buffer.from('{"choices":[{"index":0,"message":{"content":"'),
      Buffer.from([0xff, 0xfe]),
      Buffer.from(`${SECRET}"}}]}`),
    ]);
    const { text } = await ask((_, reply) => reply.bytes(bytes, json));
    expect(text).not.toContain(SECRET);
  });

  it('the same key twice: what was judged is what is sent', async () => {
    const { text } = await ask((_, reply) =>
      reply.bytes(Buffer.from(`{"choices":[{"index":0,"message":{"content":"fine","content":"${SECRET}"}}]}`), json),
    );
    expect(text).not.toContain(SECRET);
  });

  it.each([400, 404, 429, 500, 503])('its own words on a %d are judged like any text', async (status) => {
    const { text, status: said } = await ask((_, reply) => reply.json(openaiErrorBody(`Your key ${SECRET} is bad: "hello"`), status));
    expect(said).toBe(status);
    expect(text).not.toContain(SECRET);
    expect(text).toContain('is bad');
  });

  it.each([401, 402, 403, 405, 418])('its %d is not the caller’s, and its words do not cross', async (status) => {
    const { text, status: said } = await ask((_, reply) =>
      reply.json(openaiErrorBody(`Incorrect API key provided: ${UPSTREAM_KEY}`), status),
    );
    expect(said).toBe(502);
    expect(text).not.toContain('Incorrect');
    expect(text).not.toContain(UPSTREAM_KEY);
  });

  it('no header of the upstream crosses that is not on the list', async () => {
    gateway().upstream.answer((_, reply) =>
      reply.json(chatAnswer({ content: 'fine' }), 200, {
        'set-cookie': `a=${SECRET}`,
        'x-request-id': SECRET,
        'x-sallyport-verdict': 'allow-all',
        server: 'x',
        location: '/',
      }),
    );
    const response = await post(door(), chat('Hello'));
    await response.text();
    expect([...response.headers.keys()].filter((name) => /cookie|^x-request-id|^server|location/.test(name))).toEqual([]);
    expect(response.headers.get('x-sallyport-verdict')).toBe('allow');
  });
});

describe('streams', () => {
  const opening = chatChunk({ content: 'So ' });
  const cases: readonly (readonly [string, Script])[] = [
    ['an end without an end', (_, reply) => reply.events([opening, chatChunk({ content: 'far' })])],
    ['half an event at the end', (_, reply) => reply.events([opening, chatChunk({ content: SECRET }).slice(0, -12)])],
    ['an event that is no JSON', (_, reply) => reply.events([opening, `data: {"${SECRET}\n\n`, DONE])],
    ['an event that is a list', (_, reply) => reply.events([opening, `data: ["${SECRET}"]\n\n`, DONE])],
    [
      'bytes that are not UTF-8',
      async (_, reply) => reply.open().write(Buffer.concat([Buffer.from(opening), Buffer.from([0x64, 0xff, 0x0a])])),
    ],
    ['an error of the upstream', (_, reply) => reply.events([opening, sse({ error: { message: SECRET } }), DONE])],
    [
      'a reset',
      async (_, reply) => {
        await reply.open().write(opening);
        reply.drop();
      },
    ],
    [
      'very many tool calls',
      (_, reply) => reply.events([opening, chatChunk({ tool_calls: [{ index: 5_000, function: { arguments: SECRET } }] }), DONE]),
    ],
    [
      'very many choices',
      (_, reply) => reply.events([...Array.from({ length: 200 }, (_one, index) => chatChunk({ content: 'x' }, null, index)), DONE]),
    ],
  ];

  it.each(cases)('%s', async (_, script) => {
    const { text, closed } = await ask(script, { isStreamed: true });
    expect(errorIn(text)['code']).toBe('upstream_invalid');
    expect(text.split('"error"')).toHaveLength(2);
    expect(text).not.toContain(SECRET);
    expect(text).not.toContain('[DONE]');
    expect(closed).toMatchObject({ reason: 'upstream_invalid' });
  });

  it('an answer that is no stream is an error, not a stream', async () => {
    expectInvalid(await ask((_, reply) => reply.json(chatAnswer({ content: SECRET })), { isStreamed: true }));
  });

  it('Anthropic: an early end and an error are told in its own format', async () => {
    for (const events of [
      [messageStart()],
      [messageStart(), event({ type: 'error', error: { type: 'overloaded_error', message: SECRET } })],
    ]) {
      const { text, closed } = await ask((_, reply) => reply.events(events), { isStreamed: true, path: '/messages' });
      const isStream = text.includes('event: error\n');
      expect(isStream || JSON.parse(text)).toBeTruthy();
      expect(text).toContain('"type":"error"');
      expect(text).not.toContain(SECRET);
      expect(closed).toMatchObject({ reason: 'upstream_invalid' });
    }
  });
});

describe('memory', () => {
  /** Writes for ever; resolves with the bytes that were taken before the other side had enough. */
  async function pour(reply: Reply, piece: Buffer, boundBytes: number): Promise<number> {
    let bytes = 0;
    while (!reply.isGone && bytes < boundBytes) {
      await Promise.race([reply.write(piece), new Promise((resolve) => void setTimeout(resolve, 1_000))]);
      bytes += piece.byteLength;
    }
    return bytes;
  }
  /** What sockets of both sides hold beyond what was read. */
  const SLACK_BYTES = 8 * MEBIBYTE;
  const BOUND_BYTES = 64 * MEBIBYTE;

  it.each([
    [
      'one event of 10 MB',
      true,
      (reply: Reply) =>
        reply
          .open()
          .write('data: {"a":"')
          .then(() => pour(reply, Buffer.alloc(65_536, 'x'), BOUND_BYTES)),
    ],
    ['one line without an end', true, (reply: Reply) => pour(reply.open(), Buffer.alloc(65_536, 'x'), BOUND_BYTES)],
    ['an event of very many lines', true, (reply: Reply) => pour(reply.open(), Buffer.from('data: x\n'.repeat(8_192)), BOUND_BYTES)],
    [
      'an answer without an end',
      false,
      (reply: Reply) => {
        reply.raw('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n{"a":"', false);
        return pour(reply, Buffer.alloc(65_536, 'x'), BOUND_BYTES);
      },
    ],
  ] as const)('%s is cut off early', async (_, isStreamed, script) => {
    const taken = Promise.withResolvers<number>();
    const { text } = await ask(
      async (_received, reply) => {
        taken.resolve(await script(reply));
      },
      { isStreamed },
    );
    expect(errorIn(text)['code']).toBe('upstream_invalid');
    expect(await taken.promise).toBeLessThan(ANSWER_BYTES_MAX + SLACK_BYTES);
  });

  it('a stream that nobody reads waits at the upstream', async () => {
    const taken = Promise.withResolvers<number>();
    gateway().upstream.answer(async (_, reply) => {
      const chunk = Buffer.from(chatChunk({ content: 'word '.repeat(400) }));
      let bytes = 0;
      // Once the gateway takes no more, a write does not come back.
      const isTaken = (): Promise<boolean> =>
        Promise.race([reply.write(chunk).then(() => true), new Promise<boolean>((resolve) => void setTimeout(() => resolve(false), 700))]);
      reply.open();
      while (!reply.isGone && bytes < BOUND_BYTES && (await isTaken())) bytes += chunk.byteLength;
      taken.resolve(bytes);
    });
    const control = new AbortController();
    const response = await post(door(), chat('Go.', { stream: true }), { signal: control.signal });
    expect(response.status).toBe(200);
    expect(await taken.promise).toBeLessThan(SLACK_BYTES * 2);
    control.abort();
    await gateway().upstream.last.closed;
  });
});

describe('a caller who reads nothing', () => {
  it('is dropped in time, and so is its upstream', async () => {
    const slow = await freshGateway({ http: { clientStallMs: 300 } });
    slow.upstream.answer(async (_, reply) => {
      reply.open();
      while (!reply.isGone)
        await Promise.race([
          reply.write(chatChunk({ content: 'word '.repeat(2_000) })),
          new Promise((resolve) => void setTimeout(resolve, 50)),
        ]);
    });
    const body = JSON.stringify(chat('Go.', { stream: true }));
    const socket = connect(slow.port, '127.0.0.1');
    socket.pause();
    const isDropped = new Promise<true>((resolve) => void socket.on('error', () => resolve(true)).on('close', () => resolve(true)));
    socket.write(
      `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${slow.key}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    await expect.poll(() => slow.upstream.received.length, { timeout: 5_000 }).toBe(1);
    await slow.upstream.last.closed;
    const reason = async (): Promise<unknown> => (await slow.records()).findLast(({ kind }) => kind === 'request.closed')?.data['reason'];
    await expect.poll(reason).toBe('client_too_slow');
    // A caller that does not read hears of it when it writes; empty lines before a request mean nothing (RFC 9112 section 2.2).
    const knocking = setInterval(() => socket.write('\r\n'), 50);
    expect(await Promise.race([isDropped, new Promise((resolve) => void setTimeout(() => resolve('still connected'), 2_000))])).toBe(true);
    clearInterval(knocking);
    socket.destroy();
  });
});

it('nothing of all this was a bug, or was logged', () => {
  expect(gateway().log).toEqual([]);
});
