// Signing in to the console over real loopback HTTP, as a browser does it: cookie, origin, header, limits, record.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startAdminHarness, type AdminHarness, type Reply } from '../src/app/admin/admin.fixture.ts';
import { createPages } from '../src/app/admin/pages.ts';
import { Sessions } from '../src/app/admin/session/sessions.ts';
import { SignInLimit, TRIES_MAX } from '../src/app/admin/session/sign-in-limit.ts';

const HOUR_MS = 3_600_000;
let harness: AdminHarness;
let origin: string;

beforeAll(async () => {
  harness = await startAdminHarness();
  origin = `http://127.0.0.1:${harness.sallyport.admin.port}`;
});

afterAll(() => harness.stop());

const OWN = { 'x-sallyport-console': '1' };
const signIn = (key: string): Promise<Reply> => harness.call('POST', '/api/session', { body: { key: harness.keys[key] ?? key } });
const cookieOf = (reply: Reply): string => reply.headers.get('set-cookie')?.split(';', 1)[0] ?? '';
/** As the console's own page asks. */
const asPage = (cookie: string): Record<string, string> => ({ cookie, origin, ...OWN, 'sec-fetch-site': 'same-origin' });

async function kindsBy(who: string): Promise<readonly string[]> {
  await harness.sallyport.rooms.ledger.checkpoint();
  const kinds: string[] = [];
  for await (const { event } of harness.sallyport.rooms.ledger.events()) if (event.data['who'] === who) kinds.push(event.kind);
  return kinds;
}

/** `fetch` says of itself how it was called; a browser's navigation needs a plainer client. */
const statusOf = (path: string, headers: Record<string, string>): Promise<number> =>
  new Promise((resolve, reject) => {
    const sent = request(`${origin}${path}`, { headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.on('error', reject);
    sent.end();
  });

describe('signing in with a key', () => {
  it('gives a cookie that no script reads, no other site sends and no plain network carries', async () => {
    const reply = await signIn('auditor');
    expect(reply.json).toEqual({ principal: { role: 'auditor', scope: 'global', tenant: null, label: '', via: 'key' } });
    expect(reply.headers.get('set-cookie')).toMatch(
      /^__Host-sallyport=[\w-]{43}; Path=\/; Max-Age=43200; HttpOnly; Secure; SameSite=Strict$/,
    );
    expect(reply.headers.get('cache-control')).toBe('no-store');
  });

  it('opens what the role of the key opens, and nothing else', async () => {
    const cookie = cookieOf(await signIn('auditor'));
    expect((await harness.call('GET', '/api/keys', { headers: { cookie } })).status).toBe(200);
    const refused = await harness.call('POST', '/api/kill', { headers: asPage(cookie), body: { scope: 'everything', reason: 'no' } });
    expect(refused.json.code).toBe('role_required');
    const own = cookieOf(await signIn('acme'));
    const keys = (await harness.call('GET', '/api/keys', { headers: { cookie: own } })).json.keys;
    expect(new Set(keys.map(({ tenant }: { tenant: string }) => tenant))).toEqual(new Set(['acme']));
  });

  it('says who is signed in, how to sign in, and where the data plane is', async () => {
    const cookie = cookieOf(await signIn('acme'));
    const { json } = await harness.call('GET', '/api/session', { headers: { cookie } });
    expect(json).toMatchObject({
      principal: { role: 'operator', scope: 'tenant', tenant: 'acme', via: 'key' },
      signIn: { key: true, oidc: null },
      dataPlane: { url: `http://127.0.0.1:${harness.sallyport.data.port}` },
      needsFirstRun: true,
    });
    expect((await harness.call('GET', '/api/session')).json).toMatchObject({ principal: null, needsFirstRun: false });
    await harness.chat(harness.keys['caller'] ?? '', 'Good morning');
    expect((await harness.call('GET', '/api/session', { headers: { cookie } })).json.needsFirstRun).toBe(false);
  });

  it('is refused for a caller’s key, a wrong one and none', async () => {
    expect((await signIn('caller')).json.code).toBe('wrong_plane');
    expect((await signIn('sp_nonsense')).json.code).toBe('mistyped_key');
    expect((await harness.call('POST', '/api/session', { body: {} })).json.pointer).toBe('/key');
  });
});

describe('a cookie', () => {
  it('changes nothing without the header and the origin of our own page', async () => {
    const cookie = cookieOf(await signIn('preset'));
    const order = { scope: 'tenant', subject: 'nobody', reason: 'test' };
    const without = (headers: Record<string, string>) => harness.call('POST', '/api/kill', { headers, body: order });
    expect((await without({ cookie, origin })).json.code).toBe('console_header_missing');
    expect((await without({ cookie, ...OWN })).json.code).toBe('console_header_missing');
    expect((await without({ cookie, ...OWN, origin: 'http://evil.example' })).json.code).toBe('origin_refused');
    expect((await without({ cookie, ...OWN, origin: 'http://127.0.0.1:1' })).json.code).toBe('origin_refused');
    expect((await without({ ...asPage(cookie), 'sec-fetch-site': 'cross-site' })).json.code).toBe('origin_refused');
    expect(harness.sallyport.rooms.access.killSwitch.status().standing).toEqual([]);
    expect((await without(asPage(cookie))).status).toBe(201);
    await harness.call('POST', '/api/resume', { headers: asPage(cookie), body: order });
  });

  it('is worth nothing after signing out', async () => {
    const cookie = cookieOf(await signIn('auditor'));
    const out = await harness.call('DELETE', '/api/session', { headers: asPage(cookie) });
    expect([out.status, out.headers.get('set-cookie')]).toEqual([204, expect.stringContaining('Max-Age=0')]);
    expect((await harness.call('GET', '/api/keys', { headers: { cookie } })).json.code).toBe('session_ended');
    expect((await harness.call('GET', '/api/session', { headers: { cookie } })).json.principal).toBeNull();
  });

  it('ends with its key', async () => {
    const made = (await harness.call('POST', '/api/keys', { key: 'preset', body: { tenant: 'brief', role: 'auditor' } })).json;
    const cookie = cookieOf(await signIn(made.key));
    expect((await harness.call('GET', '/api/keys', { headers: { cookie } })).status).toBe(200);
    await harness.call('POST', `/api/keys/${made.id}/revoke`, { key: 'preset', body: { reason: 'left the company' } });
    expect((await harness.call('GET', '/api/keys', { headers: { cookie } })).status).toBe(401);
    expect((await harness.call('GET', '/api/session', { headers: { cookie } })).json.principal).toBeNull();
  });

  it('that somebody made up opens nothing', async () => {
    for (const value of ['', 'x', 'A'.repeat(43), `${'A'.repeat(43)}; __Host-sallyport=B`]) {
      const reply = await harness.call('GET', '/api/keys', { headers: { cookie: `__Host-sallyport=${value}` } });
      expect(reply.status).toBe(401);
    }
  });
});

describe('the record', () => {
  it('names who signed in, out, and tried', async () => {
    const kinds = await kindsBy('auditor key preset');
    expect(kinds).toEqual([]);
    expect(await kindsBy('operator key preset')).toContain('admin.signed_in');
    const refusals: unknown[] = [];
    for await (const { event } of harness.sallyport.rooms.ledger.events())
      if (event.kind === 'admin.sign_in_refused') refusals.push(event.data['code']);
    expect(refusals).toEqual(expect.arrayContaining(['wrong_plane', 'mistyped_key']));
  });
});

describe('guessing', () => {
  it('is slow: ten tries a minute from one network', () => {
    let nowMs = 0;
    const limit = new SignInLimit({ nowMs: () => nowMs, steadyMs: () => nowMs });
    for (let tries = 0; tries < TRIES_MAX; tries++) limit.take(`2001:db8:1:2::${tries}`);
    expect(() => limit.take('2001:db8:1:2:ffff::1')).toThrow('More than 10 tries');
    limit.take('2001:db8:1:3::1');
    for (let tries = 0; tries < 3 * TRIES_MAX; tries++) {
      limit.take('192.0.2.7');
      limit.wasRight('192.0.2.7');
    }
    nowMs = 60_000;
    limit.take('2001:db8:1:2::1');
  });

  it('of an address is answered with 429 and a time', async () => {
    let reply = await signIn('sp_nonsense');
    for (let tries = 0; tries < TRIES_MAX && reply.status !== 429; tries++) reply = await signIn('sp_nonsense');
    expect([reply.json.code, Number(reply.headers.get('retry-after')) > 0]).toEqual(['sign_in_limited', true]);
  });
});

describe('sessions', () => {
  const clock = { now: 0, nowMs: () => clock.now, steadyMs: () => clock.now };
  let drawn = 0;
  const random = { bytes: (count: number) => new Uint8Array(count).fill((drawn += 1)) };

  it('fall asleep after two hours, end after twelve, and earlier with their key', () => {
    const sessions = new Sessions({ clock, random });
    const { token, seconds } = sessions.open({ via: 'key', key: 'k' });
    expect(seconds).toBe(43_200);
    for (let hours = 1; hours < 12; hours++) {
      clock.now = hours * HOUR_MS;
      expect(sessions.find(token)).toBeDefined();
    }
    clock.now = 12 * HOUR_MS;
    expect(sessions.find(token)).toBeUndefined();
    const idle = sessions.open({ via: 'key', key: 'k' }).token;
    clock.now += 2 * HOUR_MS;
    expect(sessions.find(idle)).toBeUndefined();
    expect(sessions.open({ via: 'key', key: 'k' }, clock.now + 5_000).seconds).toBe(5);
  });

  it('are bounded in number, the oldest goes first', () => {
    const sessions = new Sessions({ clock, random: { bytes: (count) => crypto.getRandomValues(new Uint8Array(count)) } });
    const first = sessions.open({ via: 'key', key: 'k' }).token;
    const second = sessions.open({ via: 'key', key: 'k' }).token;
    for (let more = 0; more < 999; more++) sessions.open({ via: 'key', key: 'k' });
    expect([sessions.find(first), sessions.find(second) !== undefined]).toEqual([undefined, true]);
  });
});

describe('the console’s files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-pages-'));
  const script = `console.log(${'1'.repeat(2_000)})`;
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>Sallyport</title>');
  writeFileSync(join(folder, 'assets', 'app-1a2b.js'), script);
  const pages = createPages(folder);
  const html = { accept: 'text/html,*/*' };
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('carry a policy without inline script, frames or other origins', async () => {
    const { headers } = await pages.find('/', html);
    expect(headers['content-security-policy']).toContain("default-src 'self'");
    expect(headers['content-security-policy']).not.toContain('unsafe');
    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'content-type': 'text/html; charset=utf-8', 'x-frame-options': 'DENY' });
  });

  it('are kept for ever where the name holds a hash, and packed for who can unpack', async () => {
    const plain = await pages.find('/assets/app-1a2b.js', {});
    expect(plain.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect(Buffer.from(plain.bytes).toString()).toBe(script);
    const packed = await pages.find('/assets/app-1a2b.js', { 'accept-encoding': 'br, gzip' });
    expect(packed.headers['content-encoding']).toBe('gzip');
    expect(packed.bytes.length).toBe(gzipSync(script).length);
  });

  it('answer any page of the router, and nothing outside their folder', async () => {
    expect(Buffer.from((await pages.find('/requests/req_1', html)).bytes).toString()).toContain('Sallyport');
    await expect(pages.find('/requests/req_1', { accept: 'application/json' })).rejects.toMatchObject({ code: 'not_found' });
    for (const path of ['/../package.json', '/%2e%2e/package.json', '/assets/../../x', '/assets', '//etc/passwd', '/assets/app-1a2b.js/..'])
      await expect(pages.find(path, {})).rejects.toMatchObject({ status: 404 });
    await expect(createPages(join(folder, 'none')).find('/', html)).rejects.toMatchObject({ code: 'console_not_built' });
  });

  it('are those of one build, also when the next one takes its place; one that is being written is not kept', async () => {
    const place = mkdtempSync(join(tmpdir(), 'sallyport-builds-'));
    const build = (hash: string): void => {
      rmSync(join(place, 'assets'), { recursive: true, force: true });
      mkdirSync(join(place, 'assets'));
      writeFileSync(join(place, 'index.html'), `<script type="module" src="/assets/index-${hash}.js"></script>`);
    };
    const write = (name: string, text: string): void => writeFileSync(join(place, 'assets', name), text);
    const textOf = async (path: string): Promise<string> => Buffer.from((await builds.find(path, html)).bytes).toString();
    const builds = createPages(place);
    build('aaaaaaaa');
    write('index-aaaaaaaa.js', 'import("./live-aaaaaaaa.js")');
    // A part is still missing: what is there is shown, and looked for again.
    await expect(textOf('/assets/live-aaaaaaaa.js')).rejects.toMatchObject({ code: 'not_found' });
    write('live-aaaaaaaa.js', 'live');
    expect(await textOf('/assets/live-aaaaaaaa.js')).toBe('live');
    build('bbbbbbbb');
    write('index-bbbbbbbb.js', '1');
    expect(await textOf('/')).toContain('index-aaaaaaaa.js');
    expect(await textOf('/assets/index-aaaaaaaa.js')).toContain('live-aaaaaaaa');
    expect(await textOf('/assets/live-aaaaaaaa.js')).toBe('live');
    await expect(textOf('/assets/index-bbbbbbbb.js')).rejects.toMatchObject({ code: 'not_found' });
    rmSync(place, { recursive: true, force: true });
    expect(await textOf('/')).toContain('index-aaaaaaaa.js');
  });

  it('may be visited from a link elsewhere; the API may not', async () => {
    const visit = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', accept: 'text/html' };
    expect(await statusOf('/requests', visit)).not.toBe(403);
    expect(await statusOf('/api/session', visit)).toBe(403);
  });
});
