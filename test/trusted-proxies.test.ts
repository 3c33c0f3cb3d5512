// A gateway behind a proxy: whose word about a caller is taken, what it is good for, and what goes no further.
import { request } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../src/core/types.ts';
import { chatAnswer } from './support/openai-replies.ts';
import { chat } from './support/plain-client.ts';
import { freshGateway, useGateway, type RunningGateway } from './support/running-gateway.ts';

interface Answer {
  readonly status: number;
  readonly code: string | undefined;
  readonly retryAfter: string | undefined;
  readonly id: string | undefined;
}

/** With a Host header of the test's own, which fetch does not let through. */
function ask(port: number, key: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const asked = request(
    {
      port,
      host: '127.0.0.1',
      path: '/v1/chat/completions',
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    },
    (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => {
        const { error } = JSON.parse(text) as { readonly error?: JsonObject };
        resolve({
          status: response.statusCode ?? 0,
          code: error?.['code'] as string | undefined,
          retryAfter: response.headers['retry-after'],
          id: response.headers['x-sallyport-request-id'] as string | undefined,
        });
      });
    },
  );
  asked.on('error', reject);
  asked.end(JSON.stringify(chat('hello')));
  return promise;
}

const listen = (gateway: RunningGateway): void => gateway.upstream.answer((_, reply) => reply.json(chatAnswer({ content: 'hi' })));

const openedBy = async (gateway: RunningGateway, { id }: Answer): Promise<JsonObject | undefined> =>
  (await gateway.records()).find(({ kind, requestId }) => kind === 'request.opened' && requestId === id)?.data;

describe('behind a listed proxy', () => {
  const gateway = useGateway({
    http: { trustedProxies: ['loopback'] },
    allowedHosts: ['gw.example'],
    limits: { failedKeysPerMinute: 2 },
    events: { clientAddress: true },
  });
  const send = (headers: Readonly<Record<string, string>> = {}, key = gateway().key): Promise<Answer> => {
    listen(gateway());
    return ask(gateway().port, key, headers);
  };
  afterEach(() => gateway().upstream.forget());

  it('the caller is the rightmost address that is not listed, whatever stands before it', async () => {
    for (const headers of [
      { 'x-forwarded-for': '203.0.113.9' },
      { 'x-forwarded-for': '198.51.100.1, 203.0.113.9, 127.0.0.1' },
      { forwarded: 'for=198.51.100.1, for="203.0.113.9:4711"' },
    ]) {
      const answer = await send(headers);
      expect(answer.status).toBe(200);
      expect(await openedBy(gateway(), answer)).toMatchObject({ clientAddress: '203.0.113.9' });
    }
  });

  it('nothing that was forwarded goes upstream', async () => {
    await send({
      'x-forwarded-for': '203.0.113.9',
      'x-forwarded-host': 'gw.example',
      'x-forwarded-proto': 'https',
      'x-real-ip': '203.0.113.9',
    });
    const [received] = gateway().upstream.received;
    expect(Object.keys(received?.headers ?? {}).filter((name) => /forwarded|real-ip|^via$/.test(name))).toEqual([]);
    expect(JSON.stringify(received?.headers)).not.toContain('203.0.113.9');
  });

  it.each([
    [{ 'x-forwarded-for': 'nobody' }, 400, 'forwarded_malformed'],
    [{ 'x-forwarded-for': Array(33).fill('203.0.113.9').join(',') }, 400, 'forwarded_malformed'],
    [{ forwarded: 'for=2001:db8::1' }, 400, 'forwarded_malformed'],
    [{ 'x-forwarded-for': '203.0.113.9', forwarded: 'for=203.0.113.8' }, 400, 'forwarded_contradicts'],
    [{ 'x-forwarded-host': 'gw.example', host: 'inner.cluster' }, 200, undefined],
    [{ 'x-forwarded-host': 'evil.example' }, 403, 'origin_refused'],
    [{ 'x-forwarded-host': 'gw.example, evil.example' }, 403, 'origin_refused'],
    [{ host: 'inner.cluster' }, 403, 'origin_refused'],
    [{ 'x-forwarded-host': 'gw.example', 'x-forwarded-proto': 'https', origin: 'https://gw.example' }, 200, undefined],
    [{ 'x-forwarded-host': 'gw.example', 'x-forwarded-proto': 'https', origin: 'http://gw.example' }, 403, 'origin_refused'],
    [{ 'x-forwarded-host': 'gw.example', 'x-forwarded-proto': 'https', origin: 'https://evil.example' }, 403, 'origin_refused'],
  ])('%j is answered %i %s', async (headers, status, code) => {
    expect(await send(headers)).toMatchObject({ status, code });
  });

  it('keys that fail count against the address behind the proxy, not against the proxy', async () => {
    const from = (address: string, key?: string): Promise<Answer> => send({ 'x-forwarded-for': address }, key);
    const wrong = 'sp_0000000000000_wrong';
    expect([await from('203.0.113.20', wrong), await from('203.0.113.20', wrong)].map(({ status }) => status)).toEqual([401, 401]);
    const refused = await from('203.0.113.20', wrong);
    expect(refused).toMatchObject({ status: 429, code: 'too_many_failed_keys', retryAfter: '30' });
    expect((await from('203.0.113.20')).status).toBe(429);
    expect((await from('203.0.113.21')).status).toBe(200);
    expect(gateway().upstream.received).toHaveLength(1);
    const told = (await gateway().records()).filter(({ kind }) => kind === 'access.guessing');
    expect(told.map(({ data }) => data)).toEqual([{ client: expect.any(String), clientAddress: '203.0.113.20', perMinute: 2 }]);
  });
});

describe('the admin plane behind a listed proxy', () => {
  const gateway = useGateway({
    http: { trustedProxies: ['127.0.0.1'] },
    allowedHosts: ['ops.example'],
    limits: { failedKeysPerMinute: 2 },
  });
  const look = async (headers: Readonly<Record<string, string>>): Promise<number> => {
    const { status } = await fetch(`http://127.0.0.1:${gateway().sallyport.admin.port}/api/keys`, { headers });
    return status;
  };

  it('takes a page of the forwarded host and protocol for its own, and no other', async () => {
    const forwarded = { 'x-forwarded-host': 'ops.example', 'x-forwarded-proto': 'https' };
    expect(await look({ ...forwarded, origin: 'https://ops.example', 'x-forwarded-for': '203.0.113.1' })).toBe(401);
    expect(await look({ ...forwarded, origin: 'http://ops.example', 'x-forwarded-for': '203.0.113.1' })).toBe(403);
    expect(await look({ ...forwarded, origin: 'https://ops.example:8443', 'x-forwarded-for': '203.0.113.1' })).toBe(403);
  });

  it('counts failed keys by the address behind the proxy, on one account with the data plane', async () => {
    const wrong = { authorization: 'Bearer sp_0000000000000_wrong', 'x-forwarded-for': '203.0.113.2' };
    expect([await look(wrong), (await ask(gateway().port, 'wrong', wrong)).status, await look(wrong)]).toEqual([401, 401, 429]);
    expect(await look({ ...wrong, 'x-forwarded-for': '203.0.113.3' })).toBe(401);
  });
});

describe('from anybody else', () => {
  it('forwarded headers are not read, however they are written', async () => {
    const gateway = await freshGateway({ http: { trustedProxies: ['192.0.2.0/24'] } });
    listen(gateway);
    const plain = await openedBy(gateway, await ask(gateway.port, gateway.key));
    for (const headers of [
      { 'x-forwarded-for': '203.0.113.9' },
      { 'x-forwarded-for': 'nobody' },
      { forwarded: 'for="' },
      { 'x-forwarded-for': '203.0.113.9', forwarded: 'for=203.0.113.8' },
    ]) {
      const answer = await ask(gateway.port, gateway.key, headers);
      expect(answer.status).toBe(200);
      expect((await openedBy(gateway, answer))?.['client']).toBe(plain?.['client']);
    }
    expect(await ask(gateway.port, gateway.key, { host: 'evil.example', 'x-forwarded-host': 'localhost' })).toMatchObject({ status: 403 });
    expect(JSON.stringify(gateway.upstream.received.map((received) => received.headers))).not.toMatch(/203\.0\.113|forwarded/);
  });

  it('the record names the address and does not hold it, with another name for each tenant', async () => {
    const gateway = await freshGateway();
    listen(gateway);
    const other = await gateway.newKey('other');
    const names: unknown[] = [];
    for (const key of [gateway.key, gateway.key, other.key])
      names.push((await openedBy(gateway, await ask(gateway.port, key)))?.['client']);
    expect(names).toEqual([expect.stringMatching(/^[0-9a-f]{16}$/), names[0], expect.stringMatching(/^[0-9a-f]{16}$/)]);
    expect(names[2]).not.toBe(names[0]);
    expect(JSON.stringify(await gateway.records())).not.toContain('127.0.0.1');
  });

  it('the sixty-first wrong key of a minute is told to wait, unless the configuration says otherwise', async () => {
    const gateway = await freshGateway();
    listen(gateway);
    const statuses: number[] = [];
    for (let nth = 0; nth < 61; nth++) statuses.push((await ask(gateway.port, 'sp_0000000000000_wrong')).status);
    expect(statuses).toEqual([...Array(60).fill(401), 429]);
  });
});
