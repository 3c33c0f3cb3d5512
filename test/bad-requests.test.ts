// Requests that are broken, hostile or slow: each gets a clear error in the caller's own format, none reaches the upstream, and what
// they hold comes back to nobody.
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../src/core/types.ts';
import { tokens } from '../src/detect/span/planted.fixture.ts';
import { JSON_LIMITS } from '../src/gateway/read.ts';
import { chatAnswer } from './support/openai-replies.ts';
import { chat, post, type Ask, type Door } from './support/plain-client.ts';
import { exchangeRaw, statusesIn } from './support/raw-socket.ts';
import { useGateway } from './support/running-gateway.ts';

const BODY_BYTES_MAX = 65_536;
const gateway = useGateway({ http: { bodyBytesMax: BODY_BYTES_MAX, bodyMs: 300 } });
const door = (): Door => ({ url: gateway().openaiUrl, key: gateway().key });
const SECRET = tokens(3).find(({ type }) => /aws/i.test(type))?.value ?? '';

/** Everything that a refused request promises. */
async function expectRefused(
  body: unknown,
  expected: { readonly status: number; readonly code: string; readonly pointer?: string },
  ask: Ask = {},
): Promise<void> {
  gateway().upstream.forget();
  const response = await post(door(), body, ask);
  const text = await response.text();
  const answer = JSON.parse(text) as { readonly type?: string; readonly error: JsonObject };
  const isAnthropic = ask.path?.startsWith('/messages') === true;
  expect({ status: response.status, code: answer.error['code'] }).toEqual({ status: expected.status, code: expected.code });
  if (isAnthropic) expect(answer.type).toBe('error');
  if (expected.pointer !== undefined) expect(answer.error[isAnthropic ? 'pointer' : 'param']).toBe(expected.pointer);
  expect(text).not.toContain(SECRET);
  expect(gateway().upstream.received).toHaveLength(0);
  const id = response.headers.get('x-sallyport-request-id');
  expect(text).toContain(id);
  const records = (await gateway().records()).filter(({ requestId }) => requestId === id);
  // What is turned away before it is known who asks is counted, not recorded.
  if (expected.code !== 'content_type_refused' && expected.code !== 'content_encoding_refused' && expected.code !== 'origin_refused') {
    expect(records.map(({ data }) => data['reason'])).toEqual([expected.code]);
  }
  expect(JSON.stringify(records)).not.toContain(SECRET);
}

const nested = (depth: number): string => `{"model":"m","messages":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`;

describe('bodies that cannot be read in exactly one way', () => {
  const cases: readonly (readonly [string, string, string, (string | undefined)?])[] = [
    ['no JSON', `{"model":"m", ${SECRET}`, 'malformed_json'],
    ['nothing', '', 'malformed_json'],
    ['a comment', '{"model":"m"/* x */}', 'malformed_json'],
    ['a byte order mark', `\uFEFF${JSON.stringify(chat('x'))}`, 'malformed_json'],
    ['two values', `${JSON.stringify(chat('x'))}${JSON.stringify(chat('x'))}`, 'malformed_json'],
    ['NaN', '{"model":"m","temperature":NaN}', 'malformed_json'],
    ['a list', '[]', 'wrong_type'],
    ['a string', '"x"', 'wrong_type'],
    ['null', 'null', 'wrong_type'],
    [
      'the same key twice',
      `{"model":"m","messages":[{"role":"user","content":"a","content":"${SECRET}"}]}`,
      'duplicate_key',
      '/messages/0/content',
    ],
    ['the same key twice, once escaped', '{"model":"m","m\\u006fdel":"n","messages":[]}', 'duplicate_key', '/model'],
    ['1e400', '{"model":"m","messages":[],"temperature":1e400}', 'number_out_of_range', '/temperature'],
    ['an integer above 2^53', '{"model":"m","messages":[],"seed":9007199254740993}', 'number_out_of_range', '/seed'],
    ['half of a surrogate pair', '{"model":"m","messages":[{"role":"user","content":"\\ud83d"}]}', 'lone_surrogate', '/messages/0/content'],
    ['half of a surrogate pair in a key', '{"model":"m","\\udc00":1}', 'lone_surrogate'],
    ['a member without a value', '{"model"}', 'malformed_json'],
    ['deep nesting', nested(JSON_LIMITS.depthMax + 1), 'nesting_too_deep'],
    ['very deep nesting', '['.repeat(60_000), 'nesting_too_deep'],
  ];

  it.each(cases)('%s', async (_, body = '', code = '', pointer) => {
    for (const path of ['/chat/completions', '/responses', '/messages', '/embeddings', '/completions']) {
      await expectRefused(body, { status: 400, code, ...(pointer === undefined ? {} : { pointer }) }, { path });
    }
  });

  it('bytes that are not UTF-8 are refused, not repaired', async () => {
    const body = Buffer.concat([
      Buffer.from('{"model":"m","messages":[{"role":"user","content":"'),
      Buffer.from([0xc3, 0x28]),
      Buffer.from('"}]}'),
    ]);
    const response = await fetch(`${door().url}/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${door().key}`, 'content-type': 'application/json' },
      body,
    });
    expect(await response.json()).toMatchObject({ error: { code: 'invalid_utf8' } });
  });

  it('nesting is accepted to the last level and refused beyond', async () => {
    // At the limit the depth is no objection any more: what is then objected to is another thing.
    await expectRefused(nested(JSON_LIMITS.depthMax), { status: 400, code: 'wrong_type', pointer: '/messages/0' });
    await expectRefused(nested(JSON_LIMITS.depthMax + 1), { status: 400, code: 'nesting_too_deep' });
  });
});

describe('caps that are none', () => {
  // For llama.cpp and Ollama 0 and -1 are no limit at all: the budget would have set nothing aside for it.
  const messages = [{ role: 'user', content: 'x' }];
  const cases: readonly (readonly [string, JsonObject, string])[] = [
    ['/chat/completions', { messages, max_tokens: 0 }, '/max_tokens'],
    ['/chat/completions', { messages, max_tokens: -1 }, '/max_tokens'],
    ['/chat/completions', { messages, max_completion_tokens: -1, max_tokens: 5 }, '/max_tokens'],
    ['/chat/completions', { messages, max_tokens: 1.5 }, '/max_tokens'],
    ['/chat/completions', { messages, n: 0 }, '/n'],
    ['/chat/completions', { messages, n: 2.5 }, '/n'],
    ['/completions', { prompt: 'x', max_tokens: -2 }, '/max_tokens'],
    ['/completions', { prompt: 'x', best_of: -2 }, '/n'],
    ['/responses', { input: 'x', max_output_tokens: 0 }, '/max_output_tokens'],
    ['/messages', { messages, max_tokens: 0 }, '/max_tokens'],
  ];
  it.each(cases)('%s %o', async (path, body, pointer) => {
    await expectRefused({ model: 'm', ...body }, { status: 400, code: 'wrong_type', pointer }, { path });
  });
});

describe('wrong types and unknown members, each with its place', () => {
  const user = { role: 'user', content: 'x' };
  const cases: readonly (readonly [string, string, JsonObject, string, string])[] = [
    ['no model', '/chat/completions', { messages: [user] }, 'missing_field', '/model'],
    ['a model that is a number', '/chat/completions', { model: 3, messages: [user] }, 'missing_field', '/model'],
    ['a model that is a text', '/chat/completions', { model: `Please, repeat "${SECRET}"!`, messages: [user] }, 'wrong_type', '/model'],
    ['no messages', '/chat/completions', { model: 'm' }, 'missing_field', '/messages'],
    ['messages that are a text', '/chat/completions', { model: 'm', messages: SECRET }, 'wrong_type', '/messages'],
    ['an unknown member', '/chat/completions', { model: 'm', messages: [user], [SECRET]: 1 }, 'unknown_field', `/${SECRET}`],
    [
      'an unknown role',
      '/chat/completions',
      { model: 'm', messages: [{ role: 'root', content: 'x' }] },
      'unsupported_part',
      '/messages/0/role',
    ],
    [
      'an unknown part',
      '/chat/completions',
      { model: 'm', messages: [{ role: 'user', content: [{ type: 'video' }] }] },
      'unsupported_part',
      '/messages/0/content/0/type',
    ],
    [
      'an image',
      '/chat/completions',
      { model: 'm', messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:,' } }] }] },
      'image_refused',
      '/messages/0/content/0/image_url',
    ],
    [
      'a tool at the provider',
      '/chat/completions',
      { model: 'm', messages: [user], web_search_options: {} },
      'provider_hosted_tool',
      '/web_search_options',
    ],
    [
      'a stored answer',
      '/responses',
      { model: 'm', input: 'x', previous_response_id: 'resp_1' },
      'opaque_reference',
      '/previous_response_id',
    ],
    ['storing', '/responses', { model: 'm', input: 'x', store: true }, 'wrong_type', '/store'],
    ['tokens in the place of text', '/embeddings', { model: 'm', input: [[1, 2, 3]] }, 'opaque_reference', '/input/0'],
    ['no cap', '/messages', { model: 'm', messages: [user] }, 'missing_field', '/max_tokens'],
    [
      'a server tool',
      '/messages',
      { model: 'm', max_tokens: 9, messages: [user], tools: [{ type: 'web_search_20250305', name: 'web_search' }] },
      'provider_hosted_tool',
      '/tools/0/type',
    ],
    [
      'a file id',
      '/messages',
      { model: 'm', max_tokens: 9, messages: [{ role: 'user', content: [{ type: 'document', source: { type: 'file', file_id: 'f' } }] }] },
      'opaque_reference',
      '/messages/0/content/0/source',
    ],
  ];

  it.each(cases)('%s', async (name, path, body, code, pointer) => {
    if (name === 'an unknown member') {
      // The pointer names the member, and a member's name can be a secret too.
      const text = await (await post(door(), body, { path })).text();
      expect(text).toContain(code);
      expect(text).not.toContain(SECRET);
    } else await expectRefused(body, { status: 400, code, pointer }, { path });
  });

  it('a key that was pasted into the field of the model is not on record', async () => {
    gateway().upstream.answer((_, reply) => reply.json(chatAnswer({ content: 'fine' })));
    await (await post(door(), chat('x', { model: SECRET }))).text();
    expect(JSON.stringify(await gateway().records())).not.toContain(SECRET);
    expect(gateway().upstream.last.text).not.toContain(SECRET);
  });
});

describe('size and time', () => {
  it('takes no more turns than it may', async () => {
    const messages = Array.from({ length: 2_001 }, () => ({ role: 'user', content: 'x' }));
    await expectRefused({ model: 'm', messages }, { status: 400, code: 'too_many_turns' });
  });

  it('says no briefly, however long the name is that it objects to', async () => {
    const text = await (await post(door(), { ...chat('x'), ['x'.repeat(60_000)]: 1 })).text();
    expect(text).toContain('unknown_field');
    expect(text.length).toBeLessThan(5_000);
  });

  const sized = (bytes: number): string => {
    const empty = JSON.stringify(chat('', { user: '' }));
    return JSON.stringify(chat('', { user: 'x'.repeat(bytes - empty.length) }));
  };

  it('takes the last byte that fits and refuses the next', async () => {
    gateway().upstream.answer((_, reply) => reply.json(chatAnswer({ content: 'fine' })));
    expect(Buffer.byteLength(sized(BODY_BYTES_MAX))).toBe(BODY_BYTES_MAX);
    expect((await post(door(), sized(BODY_BYTES_MAX))).status).toBe(200);
    await expectRefused(sized(BODY_BYTES_MAX + 1), { status: 413, code: 'body_too_large' });
  });

  it('refuses a body of unknown length as soon as it is too long', async () => {
    const chunk = `${(1024).toString(16)}\r\n${'x'.repeat(1024)}\r\n`;
    const head = `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${door().key}\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n`;
    const heard = await exchangeRaw(gateway().port, head + chunk.repeat(80));
    expect(statusesIn(heard)).toEqual([413]);
    expect(heard).toContain('body_too_large');
  });

  it('does not wait for a body that does not come', async () => {
    const head = `POST /v1/messages HTTP/1.1\r\nhost: localhost\r\nx-api-key: ${door().key}\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{`;
    const heard = await exchangeRaw(gateway().port, head);
    expect(statusesIn(heard)).toEqual([408]);
    expect(heard).toContain('"type":"error"');
  });

  it('a caller who leaves in the middle of its body is on record, and nothing is left open', async () => {
    const head = `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${door().key}\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{`;
    await exchangeRaw(gateway().port, head, 30);
    const reasons = async (): Promise<unknown> => (await gateway().records()).at(-1)?.data['reason'];
    await expect.poll(reasons).toBe('client_gone');
    expect(gateway().sallyport.rooms.access.load.inFlight).toBe(0);
  });
});

describe('headers', () => {
  it.each([
    ['text/plain', 'content_type_refused'],
    ['application/x-www-form-urlencoded', 'content_type_refused'],
    ['multipart/form-data; boundary=x', 'content_type_refused'],
    ['application/json-patch+json', 'content_type_refused'],
  ])('content type %s is refused', async (type, code) => {
    await expectRefused(chat('x'), { status: 415, code }, { headers: { 'content-type': type } });
  });

  it('a compressed body is refused unread', async () => {
    await expectRefused(chat('x'), { status: 415, code: 'content_encoding_refused' }, { headers: { 'content-encoding': 'gzip' } });
  });

  it.each([
    ['origin', 'https://evil.example'],
    ['origin', 'null'],
    ['origin', 'http://127.0.0.1.evil.example'],
    ['sec-fetch-site', 'cross-site'],
    ['sec-fetch-site', 'same-site'],
  ])('%s: %s is refused', async (name, value) => {
    await expectRefused(chat('x'), { status: 403, code: 'origin_refused' }, { headers: { [name]: value } });
  });

  it.each(['evil.example', 'evil.example:8787', '127.0.0.1.nip.io', 'localhost.evil.example', '[::2]', '', 'localhost, evil.example'])(
    'host %j is refused',
    async (host) => {
      const heard = await exchangeRaw(
        gateway().port,
        `GET /v1/models HTTP/1.1\r\nhost: ${host}\r\nauthorization: Bearer ${door().key}\r\n\r\n`,
      );
      expect(statusesIn(heard)).toEqual([403]);
      expect(heard).toContain('origin_refused');
    },
  );

  it('a page of this gateway’s own origin may call it', async () => {
    gateway().upstream.answer((_, reply) => reply.json(chatAnswer({ content: 'fine' })));
    const headers = { origin: gateway().origin, 'sec-fetch-site': 'same-origin' };
    expect((await post(door(), chat('x'), { headers })).status).toBe(200);
  });
});

describe('smuggling', () => {
  const body = JSON.stringify(chat('x'));
  const auth = (): string => `host: localhost\r\nauthorization: Bearer ${door().key}\r\ncontent-type: application/json\r\n`;
  const line = 'POST /v1/chat/completions HTTP/1.1\r\n';
  const hidden = `GET /v1/models HTTP/1.1\r\nhost: localhost\r\n\r\n`;
  const cases: readonly (readonly [string, () => string])[] = [
    ['both lengths', () => `${line}${auth()}content-length: ${body.length}\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`],
    [
      'both lengths, the other way round',
      () => `${line}${auth()}transfer-encoding: chunked\r\ncontent-length: 4\r\n\r\n0\r\n\r\n${hidden}`,
    ],
    ['two lengths', () => `${line}${auth()}content-length: ${body.length}\r\ncontent-length: 0\r\n\r\n${body}`],
    ['two equal lengths', () => `${line}${auth()}content-length: ${body.length}\r\ncontent-length: ${body.length}\r\n\r\n${body}`],
    ['a list of lengths', () => `${line}${auth()}content-length: 0, ${body.length}\r\n\r\n${body}`],
    ['a signed length', () => `${line}${auth()}content-length: +${body.length}\r\n\r\n${body}`],
    ['a hexadecimal length', () => `${line}${auth()}content-length: 0x10\r\n\r\n${body}`],
    ['an unknown coding', () => `${line}${auth()}transfer-encoding: xchunked\r\n\r\n${body}`],
    ['chunked and another coding', () => `${line}${auth()}transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n${hidden}`],
    ['a coding in disguise', () => `${line}${auth()}transfer-encoding:\vchunked\r\n\r\n0\r\n\r\n`],
    ['a space before the colon', () => `${line}${auth()}content-length : ${body.length}\r\n\r\n${body}`],
    ['a bare line feed', () => `${line}${auth()}x-a: b\nx-c: d\r\ncontent-length: ${body.length}\r\n\r\n${body}`],
    ['a bare return', () => `${line}${auth()}x-a: b\rx-c: d\r\ncontent-length: ${body.length}\r\n\r\n${body}`],
    ['a folded line', () => `${line}${auth()}x-a: b\r\n transfer-encoding: chunked\r\ncontent-length: ${body.length}\r\n\r\n${body}`],
    ['a NUL', () => `${line}${auth()}x-a: b\0\r\ncontent-length: ${body.length}\r\n\r\n${body}`],
    [
      'no host',
      () => `${line}authorization: Bearer ${door().key}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    ],
    ['a chunk that is longer than it says', () => `${line}${auth()}transfer-encoding: chunked\r\n\r\n2\r\n${body}\r\n0\r\n\r\n`],
    ['a chunk size that overflows', () => `${line}${auth()}transfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\n${body}\r\n0\r\n\r\n`],
    ['a negative chunk size', () => `${line}${auth()}transfer-encoding: chunked\r\n\r\n-1\r\n${body}\r\n0\r\n\r\n`],
    ['another protocol', () => `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n`],
    ['no HTTP at all', () => `\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03`],
    ['very long headers', () => `${line}${auth()}x-a: ${'b'.repeat(20_000)}\r\n\r\n`],
  ];

  it.each(cases)('%s is refused, and nothing behind it is answered', async (_, bytes) => {
    gateway().upstream.forget();
    const heard = await exchangeRaw(gateway().port, bytes());
    const [first = 0, ...rest] = statusesIn(heard);
    expect([400, 431, 505]).toContain(first);
    expect(rest).toEqual([]);
    expect(gateway().upstream.received).toHaveLength(0);
  });

  it('a request inside a body stays a body', async () => {
    gateway().upstream.forget();
    const heard = await exchangeRaw(gateway().port, `${line}${auth()}content-length: ${hidden.length}\r\n\r\n${hidden}`);
    expect(statusesIn(heard)).toEqual([400]);
    expect(heard).toContain('malformed_json');
    expect(gateway().upstream.received).toHaveLength(0);
  });

  it.each([
    ['an absolute address', 'POST http://evil.example/v1/chat/completions HTTP/1.1\r\n'],
    ['dots in the path', 'POST /v1/x/../chat/completions HTTP/1.1\r\n'],
    ['escaped dots', 'POST /v1/%2e%2e/v1/chat/completions HTTP/1.1\r\n'],
    ['two slashes', 'POST //v1/chat/completions HTTP/1.1\r\n'],
    ['an escaped slash', 'POST /v1/chat%2fcompletions HTTP/1.1\r\n'],
    ['another path', 'POST /v1/files HTTP/1.1\r\n'],
    ['a path parameter', 'POST /v1/chat/completions;x=y HTTP/1.1\r\n'],
  ])('%s is not guarded, so it is not served', async (_, request) => {
    gateway().upstream.forget();
    const heard = await exchangeRaw(gateway().port, `${request}${auth()}content-length: ${body.length}\r\n\r\n${body}`);
    expect(statusesIn(heard)).toEqual([404]);
    expect(heard).toContain('endpoint_not_guarded');
    expect(gateway().upstream.received).toHaveLength(0);
  });

  it.each(['GET', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('%s is told which method to use', async (method) => {
    const response = await fetch(`${door().url}/chat/completions`, { method, headers: { authorization: `Bearer ${door().key}` } });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('POST');
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
    await response.text();
  });
});

it('nothing of all this was a bug, or was logged', () => {
  expect(gateway().log).toEqual([]);
});
