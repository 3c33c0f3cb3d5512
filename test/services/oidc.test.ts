// Signing in with OpenID Connect against a real provider (oidc-provider) on loopback: code with PKCE, groups to roles, and every way in
// which it must not work.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import Provider from 'oidc-provider';
import { chromium } from 'playwright-core';
import { CHROMIUM, hasChromium } from '../support/console-browser.ts';
import { startGateway, type RunningGateway } from '../support/running-gateway.ts';

const SECRET = ['a', 'secret', 'of', 'this', 'test', 'run', '0123456789'].join('-');
const PEOPLE: Readonly<Record<string, { readonly email: string; readonly groups: unknown }>> = {
  alice: { email: 'alice@example.org', groups: ['everyone', 'security'] },
  bob: { email: 'bob@example.org', groups: ['acme-ops'] },
  carol: { email: 'carol@example.org', groups: 'auditors' },
  mallory: { email: 'mallory@example.org', groups: ['everyone'] },
  trudy: { email: 'trudy\u202e\u001b[31m', groups: { security: true } },
};

let provider: Server;
let serve: (request: IncomingMessage, response: ServerResponse) => void = (_request, response) => void response.writeHead(503).end();
let gateway: RunningGateway;
let admin: string;
let issuer: string;
/** What the provider was asked for. */
let asked: URL | undefined;

const settings = (more: object) => ({
  admin: {
    listen: '127.0.0.1:0',
    oidc: {
      issuer,
      clientId: 'sallyport',
      clientSecret: SECRET,
      label: 'Example login',
      grants: [
        { group: 'security', role: 'operator' },
        { group: 'acme-ops', role: 'operator', tenant: 'acme' },
        { group: 'auditors', role: 'auditor' },
      ],
      ...more,
    },
  },
});

beforeAll(async () => {
  provider = createServer((request, response) => serve(request, response));
  await new Promise<void>((resolve) => {
    provider.listen(0, '127.0.0.1', resolve);
  });
  const address = provider.address();
  if (address === null || typeof address === 'string') throw new Error('the provider has no port');
  // Another host than that of the gateway: to a browser, another site.
  issuer = `http://localhost:${address.port}`;
  gateway = await startGateway(settings({ sessionMinutes: 30 }));
  admin = `http://127.0.0.1:${gateway.sallyport.admin.port}`;
});

/** The provider as it was told to be; before that it answers 503. */
function openProvider(): void {
  const real = new Provider(issuer, {
    clients: [
      {
        client_id: 'sallyport',
        client_secret: SECRET,
        redirect_uris: [`${admin}/auth/oidc/callback`],
        response_types: ['code'],
        grant_types: ['authorization_code'],
        token_endpoint_auth_method: 'client_secret_basic',
      },
    ],
    // Groups come with the user info alone, as from providers that keep ID tokens short.
    claims: { openid: ['sub'], email: ['email'], profile: ['name', 'groups'] },
    pkce: { required: () => true },
    cookies: { keys: ['keys', 'of', 'this', 'test'] },
    features: { devInteractions: { enabled: true } },
    findAccount: (_context, id) => ({ accountId: id, claims: async () => ({ sub: id, ...PEOPLE[id] }) }),
  });
  const callback = real.callback();
  serve = (request, response) => {
    if (request.url?.startsWith('/auth?') === true) asked = new URL(request.url, issuer);
    void callback(request, response);
  };
}

afterAll(async () => {
  await gateway.stop();
  provider.closeAllConnections();
  await new Promise((resolve) => {
    provider.close(resolve);
  });
});

/** A browser, as far as cookies and redirects go. */
class Browser {
  readonly #cookies = new Map<string, string>();

  async go(url: string, form?: Record<string, string>): Promise<Response> {
    const { host } = new URL(url);
    const own = [...this.#cookies].filter(([name]) => name.startsWith(`${host} `)).map(([name, value]) => `${name.split(' ')[1]}=${value}`);
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: own.join('; '), accept: 'text/html' },
      ...(form === undefined ? {} : { method: 'POST', body: new URLSearchParams(form) }),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [pair = ''] = cookie.split(';');
      const at = pair.indexOf('=');
      this.#cookies.set(`${host} ${pair.slice(0, at)}`, pair.slice(at + 1));
    }
    return response;
  }

  /** Follows redirects until something answers, or until the given address is named. */
  async follow(response: Response, base: string, until: string): Promise<string> {
    let [location, from] = [response.headers.get('location'), base];
    for (let turns = 0; turns < 20 && location !== null; turns++) {
      const url = new URL(location, from).href;
      if (url.startsWith(until)) return url;
      const next = await this.go(url);
      [location, from] = [next.headers.get('location'), url];
      if (location === null && url.includes('/interaction/')) return url;
    }
    throw new Error('the redirects lead nowhere');
  }

  /** Signs in at the provider as somebody; returns where the provider sends the browser back to. */
  async signIn(person: string): Promise<string> {
    const start = await this.go(`${admin}/auth/oidc/start`);
    const callback = `${admin}/auth/oidc/callback`;
    const login = await this.follow(start, admin, callback);
    if (login.startsWith(callback)) return login;
    const consent = await this.follow(await this.go(login, { prompt: 'login', login: person, password: 'any' }), login, callback);
    if (consent.startsWith(callback)) return consent;
    return await this.follow(await this.go(consent, { prompt: 'consent' }), consent, callback);
  }

  /** A change, as the console's own page makes it. */
  async change(path: string, body: object): Promise<Response> {
    const own = [...this.#cookies].filter(([name]) => name.startsWith(`${new URL(admin).host} `));
    const cookie = own.map(([name, value]) => `${name.split(' ')[1]}=${value}`).join('; ');
    const headers = { cookie, origin: admin, 'x-sallyport-console': '1', 'content-type': 'application/json' };
    return await fetch(`${admin}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  }

  async session(): Promise<{ readonly principal: Record<string, unknown> | null; readonly signIn: object }> {
    return (await (await this.go(`${admin}/api/session`)).json()) as never;
  }

  async comeIn(person: string): Promise<Response> {
    return await this.go(await this.signIn(person));
  }
}

describe('before the provider answers', () => {
  it('the sign-in says so, and a key still works', async () => {
    const reply = await new Browser().go(`${admin}/auth/oidc/start`);
    expect([reply.status, reply.headers.get('location')]).toEqual([302, '/?error=oidc_unavailable']);
    openProvider();
  });
});

describe('signing in', () => {
  it('asks for a code with PKCE, state and nonce', async () => {
    const browser = new Browser();
    const start = await browser.go(`${admin}/auth/oidc/start`);
    expect(start.status).toBe(302);
    expect(start.headers.get('set-cookie')).toMatch(
      /^__Host-sallyport-journey=[\w-]{43}; Path=\/; Max-Age=600; HttpOnly; Secure; SameSite=Lax$/,
    );
    await browser.signIn('alice');
    const query = Object.fromEntries(asked?.searchParams ?? []);
    expect(query).toMatchObject({
      response_type: 'code',
      code_challenge_method: 'S256',
      client_id: 'sallyport',
      scope: 'openid profile email',
    });
    expect([query['state'], query['nonce'], query['code_challenge']].every((value) => (value?.length ?? 0) >= 32)).toBe(true);
  });

  it.each([
    ['alice', { role: 'operator', scope: 'global', tenant: null, label: 'alice@example.org', via: 'oidc' }],
    ['bob', { role: 'operator', scope: 'tenant', tenant: 'acme', label: 'bob@example.org', via: 'oidc' }],
    ['carol', { role: 'auditor', scope: 'global', tenant: null, label: 'carol@example.org', via: 'oidc' }],
  ])('gives %s what the groups may do', async (person, principal) => {
    const browser = new Browser();
    const reply = await browser.comeIn(person);
    expect([reply.status, reply.headers.get('location')]).toEqual([302, '/']);
    expect(reply.headers.get('set-cookie')).toMatch(
      /^__Host-sallyport=[\w-]{43}; Path=\/; Max-Age=(?:1800|179\d); HttpOnly; Secure; SameSite=Strict$/,
    );
    const session = await browser.session();
    expect(session).toMatchObject({ principal, signIn: { key: true, oidc: { label: 'Example login' } } });
  });

  it('holds people to their role and tenant', async () => {
    const browser = new Browser();
    await browser.comeIn('bob');
    expect((await browser.go(`${admin}/api/keys`)).status).toBe(200);
    expect((await browser.go(`${admin}/api/keys?tenant=globex`)).status).toBe(403);
    expect((await browser.go(`${admin}/api/ledger`)).status).toBe(403);
  });

  it('ends with the suspension of the tenant, and does not begin during it', async () => {
    const browser = new Browser();
    await gateway.newKey('acme');
    await browser.comeIn('bob');
    const chief = new Browser();
    await chief.comeIn('alice');
    const order = (verb: string): Promise<Response> => chief.change(`/api/tenants/acme/${verb}`, { reason: 'test' });
    expect((await order('suspend')).status).toBe(200);
    expect((await browser.session()).principal).toBeNull();
    expect((await new Browser().comeIn('bob')).headers.get('location')).toBe('/?error=tenant_suspended');
    await order('resume');
    expect((await new Browser().comeIn('bob')).headers.get('location')).toBe('/');
  });

  it.each(['mallory', 'trudy'])('keeps %s out, whose groups grant nothing', async (person) => {
    const browser = new Browser();
    const reply = await browser.comeIn(person);
    expect(reply.headers.get('location')).toBe('/?error=oidc_not_granted');
    expect((await browser.session()).principal).toBeNull();
  });

  it('is on record, by a name that is no address', async () => {
    await gateway.sallyport.rooms.ledger.checkpoint();
    const events = (await gateway.records()).filter(({ kind }) => kind.startsWith('admin.'));
    expect(events.find(({ data }) => data['label'] === 'bob@example.org')).toMatchObject({ kind: 'admin.signed_in', tenant: 'acme' });
    expect(events.map(({ data }) => data['who']).filter((who) => who !== undefined)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^operator key oidc_[0-9a-f]{16}$/),
        expect.stringMatching(/^operator key oidc_\w+ of acme$/),
      ]),
    );
    expect(events.filter(({ kind }) => kind === 'admin.sign_in_refused').map(({ data }) => data['code'])).toContain('oidc_not_granted');
  });
});

describe.skipIf(!hasChromium())('a real browser', { timeout: 60_000 }, () => {
  it('comes back from another site, signed in by a strict cookie over plain http on loopback', async () => {
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
    try {
      const page = await (await browser.newContext()).newPage();
      await page.goto(`${admin}/auth/oidc/start`);
      await page.locator('[name=login]').fill('alice');
      await page.locator('[name=password]').fill('any');
      await page.locator('[type=submit]').click();
      await page.locator('[type=submit]').click();
      await page.waitForURL(`${admin}/**`);
      const session = await page.evaluate(async () => (await (await fetch('/api/session')).json()) as { principal: unknown });
      expect(session.principal).toMatchObject({ label: 'alice@example.org', via: 'oidc' });
      expect(await page.evaluate('document.cookie')).toBe('');
    } finally {
      await browser.close();
    }
  });
});

describe('the session', () => {
  it('ends with the ID token where nothing else is configured', async () => {
    const { sallyport } = gateway;
    sallyport.reload(gateway.configOf(settings({})), 'test');
    const reply = await new Browser().comeIn('alice');
    const seconds = Number(/Max-Age=(\d+)/.exec(reply.headers.get('set-cookie') ?? '')?.[1]);
    sallyport.reload(gateway.configOf(settings({ sessionMinutes: 30 })), 'test');
    // What oidc-provider gives an ID token.
    expect([seconds > 3_500, seconds <= 3_600]).toEqual([true, true]);
  });

  it('ends when a reload takes its grant away, or another provider, and outlives any other reload', async () => {
    const { sallyport } = gateway;
    const [alice, carol] = [new Browser(), new Browser()];
    await alice.comeIn('alice');
    await carol.comeIn('carol');
    const reload = (more: object): void => sallyport.reload(gateway.configOf(settings({ sessionMinutes: 30, ...more })), 'test');
    reload({});
    expect((await alice.go(`${admin}/api/keys`)).status).toBe(200);
    reload({
      grants: [
        { group: 'auditors', role: 'auditor' },
        { group: 'security', role: 'auditor' },
      ],
    });
    expect((await alice.go(`${admin}/api/keys`)).status).toBe(401);
    expect((await carol.go(`${admin}/api/keys`)).status).toBe(200);
    reload({ issuer: `${issuer}/other` });
    expect((await carol.session()).principal).toBeNull();
    reload({});
  });

  it('never shows a code to another provider than the one that gave it', async () => {
    const browser = new Browser();
    const url = await browser.signIn('alice');
    gateway.sallyport.reload(gateway.configOf(settings({ issuer: `${issuer}/other` })), 'test');
    expect((await browser.go(url)).headers.get('location')).toBe('/?error=oidc_refused');
    gateway.sallyport.reload(gateway.configOf(settings({ sessionMinutes: 30 })), 'test');
  });
});

describe('what must not work', () => {
  const outcome = async (url: string, browser: Browser): Promise<string | null> => (await browser.go(url)).headers.get('location');

  it('a code that another browser brings', async () => {
    const url = await new Browser().signIn('alice');
    expect(await outcome(url, new Browser())).toBe('/?error=oidc_refused');
  });

  it('a code that is used twice', async () => {
    const browser = new Browser();
    const url = await browser.signIn('alice');
    expect(await outcome(url, browser)).toBe('/');
    expect(await outcome(url, browser)).toBe('/?error=oidc_refused');
  });

  it.each([
    ['another state', 'state', 'x'.repeat(43)],
    ['another issuer', 'iss', 'http://evil.example'],
    ['another code', 'code', 'stolen'],
  ])('%s', async (_what, name, value) => {
    const browser = new Browser();
    const url = new URL(await browser.signIn('alice'));
    url.searchParams.set(name, value);
    expect(await outcome(url.href, browser)).toBe('/?error=oidc_refused');
    expect((await browser.session()).principal).toBeNull();
  });

  it('an error of the provider in the place of a code', async () => {
    const browser = new Browser();
    await browser.go(`${admin}/auth/oidc/start`);
    expect(await outcome(`${admin}/auth/oidc/callback?error=access_denied&error_description=%3Cscript%3E`, browser)).toBe(
      '/?error=oidc_refused',
    );
  });

  it('a gateway that has no provider', async () => {
    const plain = await startGateway();
    const reply = await fetch(`http://127.0.0.1:${plain.sallyport.admin.port}/auth/oidc/start`);
    expect([reply.status, ((await reply.json()) as { code: string }).code]).toEqual([404, 'oidc_not_configured']);
    await plain.stop();
  });
});
