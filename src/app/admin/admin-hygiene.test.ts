// What the admin plane does with strangers: pages of other sites, bodies that are none, and whatever comes in.
import { request } from 'node:http';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startAdminHarness, type AdminHarness } from './admin.fixture.ts';
import { API_ROUTES } from './routes.ts';

let harness: AdminHarness;
const call: AdminHarness['call'] = (...asked) => harness.call(...asked);

beforeAll(async () => {
  harness = await startAdminHarness();
});

afterAll(async () => {
  await harness.stop();
});

describe('hygiene', () => {
  const withHeaders = (headers: Record<string, string>): Promise<number> =>
    new Promise((resolve, reject) => {
      const { port } = harness.sallyport.admin;
      const sent = request({ host: '127.0.0.1', port, path: '/healthz', headers }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      sent.on('error', reject);
      sent.end();
    });

  it.each([
    ['a rebound host name', { host: 'evil.example' }, 403],
    ['a page of another site', { origin: 'https://evil.example' }, 403],
    ['a page on another port of this machine', { origin: 'http://127.0.0.1:3000' }, 403],
    ['a cross-site fetch', { 'sec-fetch-site': 'cross-site' }, 403],
    ['a fetch of its own', { 'sec-fetch-site': 'same-origin' }, 200],
  ])('judges %s by its headers', async (_what, headers, status) => {
    expect(await withHeaders(headers)).toBe(status);
  });

  it('takes JSON bodies only', async () => {
    const reply = await call('POST', '/api/keys', { key: 'preset', body: '{}', headers: { 'content-type': 'text/plain' } });
    expect([reply.status, reply.json.code]).toEqual([415, 'content_type_refused']);
  });

  it.each([
    ['{"tenant":"a","tenant":"b"}', 'duplicate_key'],
    ['{"tenant":', 'malformed_json'],
    ['{"tenant":"a","colour":"red"}', 'bad_argument'],
    ['{"tenant":"UPPER"}', 'tenant_name_refused'],
    [`{"tenant":"${'x'.repeat(300_000)}"}`, 'body_too_large'],
  ])('refuses the body %.40s', async (body, code) => {
    const reply = await call('POST', '/api/keys', { key: 'preset', body });
    expect(reply.json.code).toBe(code);
    expect(reply.headers.get('content-type')).toBe('application/problem+json');
    expect(reply.json.status).toBe(reply.status);
  });

  it('answers unknown paths and methods with problems that name the way out', async () => {
    expect((await call('GET', '/api/nothing', { key: 'preset' })).json.code).toBe('not_found');
    const reply = await call('DELETE', '/api/keys', { key: 'preset' });
    expect([reply.status, reply.headers.get('allow')]).toEqual([405, 'GET, POST']);
  });
});

describe('whatever comes in', () => {
  const path = fc.oneof(
    fc.webPath().map((one) => `/api${one}`),
    fc.constantFrom(...API_ROUTES.filter(({ path }) => path !== '/api/live').map((route) => route.path)),
    fc.tuple(fc.constantFrom('/api/keys', '/api/findings', '/api/requests/x'), fc.webQueryParameters()).map((two) => two.join('?')),
  );
  const body = fc.option(fc.oneof(fc.json({ maxDepth: 3 }), fc.string()), { nil: undefined });

  it('is answered, and never as a bug', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom('GET', 'POST', 'PUT', 'DELETE'), path, body, async (method, at, sent) => {
        const reply = await call(method, at, { key: 'acme', ...(method === 'GET' ? {} : { body: sent }) });
        expect([at, reply.status < 500]).toEqual([at, true]);
      }),
      { numRuns: 300 },
    );
  });
});
