// A gateway with its admin plane for tests: keys of every role under short names.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { parseConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { startSallyport, type Sallyport } from '../serve/sallyport.ts';

const PRESET = ['preset', 'admin', 'key', 'of', 'this', 'test', 'run', '0123456789'].join('-');

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // Tests look into answers freely.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly json: any;
}

interface CallOptions {
  /** A short name, or a key itself. */
  readonly key?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface AdminHarness {
  readonly sallyport: Sallyport;
  readonly folder: string;
  /** Keys by short name: preset, auditor, approver, acme, globex, caller. */
  readonly keys: Readonly<Record<string, string>>;
  /** Id of the key `caller`, of the tenant globex. */
  readonly callerId: string;
  /** What a reload reads. */
  config: Config;
  call(method: string, path: string, options?: CallOptions): Promise<Reply>;
  chat(key: string, content: string): Promise<Response>;
  stop(): Promise<void>;
}

const ADMINS = [
  ['auditor', 'auditor', 'global', 'default'],
  ['approver', 'approver', 'global', 'default'],
  ['acme', 'operator', 'tenant', 'acme'],
  ['globex', 'operator', 'tenant', 'globex'],
] as const;

export async function startAdminHarness(): Promise<AdminHarness> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-admin-'));
  const keys: Record<string, string> = { preset: PRESET };
  const held = { config: parseConfig(JSON.stringify({ listen: '127.0.0.1:0' }), 'test.yaml') };
  const sallyport = await startSallyport({
    config: held.config,
    dataFolder: folder,
    environment: { SALLYPORT_ADMIN_KEY: PRESET },
    log: pino({ level: 'silent' }),
    readConfig: () => held.config,
  });
  const call = caller(`http://127.0.0.1:${sallyport.admin.port}`, keys);
  for (const [name, role, scope, tenant] of ADMINS) {
    keys[name] = (await call('POST', '/api/keys', { key: 'preset', body: { tenant, role, scope } })).json.key;
  }
  const made = (await call('POST', '/api/keys', { key: 'preset', body: { tenant: 'globex', label: 'planted' } })).json;
  keys['caller'] = made.key;
  return Object.assign(held, {
    sallyport,
    folder,
    keys,
    callerId: String(made.id),
    call,
    chat: (key: string, content: string) => chat(sallyport.data.port, key, content),
    async stop() {
      await sallyport.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  });
}

function caller(url: string, keys: Readonly<Record<string, string>>): AdminHarness['call'] {
  return async (method, path, { key, body, headers } = {}) => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        ...(key === undefined ? {} : { authorization: `Bearer ${keys[key] ?? key}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = /^application\/(?:problem\+)?json/.test(response.headers.get('content-type') ?? '');
    return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : undefined };
  };
}

const chat = (port: number, key: string, content: string): Promise<Response> =>
  fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'demo', messages: [{ role: 'user', content }] }),
  });
