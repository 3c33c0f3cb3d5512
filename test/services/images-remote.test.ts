// Pictures that a request names by URL, fetched by the gateway from a real HTTPS server on loopback: through the guard of addresses, the
// list of hosts, and an authority made on the spot.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/core/types.ts';
import { anthropicAnswer, textBlock } from '../support/anthropic-replies.ts';
import { chatAnswer } from '../support/openai-replies.ts';
import { plainPng } from '../support/pictures.ts';
import { post } from '../support/plain-client.ts';
import { useGateway } from '../support/running-gateway.ts';

const MINUTE = 60_000;
const gateway = useGateway();
const folder = mkdtempSync(join(tmpdir(), 'sallyport-pictures-'));
const file = (name: string): string => join(folder, name);

let server: Server | undefined;
let port = 0;
const asked: IncomingMessage[] = [];
let serve: (request: IncomingMessage, response: ServerResponse) => void = () => {};

beforeAll(async () => {
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'];
  for (const [name, subject] of [['server', 'localhost'], ['stranger', 'stranger']] as const) // prettier-ignore
    execFileSync(
      'openssl',
      ['req', '-x509', ...curve, '-subj', `/CN=${subject}`, '-addext', `subjectAltName=DNS:${subject}`, '-keyout', file(`${name}.key`), '-out', file(`${name}.pem`)],
      { stdio: 'ignore' },
    ); // prettier-ignore
  server = createServer({ key: readFileSync(file('server.key')), cert: readFileSync(file('server.pem')) }, (request, response) => {
    asked.push(request);
    serve(request, response);
  });
  await new Promise<void>((resolve) => void server?.listen(0, 'localhost', resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(async () => {
  await new Promise((resolve) => void server?.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  asked.length = 0;
  gateway().upstream.forget();
});

const OWN = ['127.0.0.0/8', '::1'];
function configure(images: JsonObject): void {
  gateway().sallyport.reload(gateway().configOf({ images: { remoteCa: file('server.pem'), ...images } }), 'test');
}
const here = (): string => `localhost:${port}`;
const sends = (bytes: Uint8Array, type = 'image/png'): void => {
  serve = (_, response) => void response.writeHead(200, { 'content-type': type }).end(bytes);
};

const askFor = (url: string): Promise<Response> => {
  gateway().upstream.answer((_, reply) => reply.json(chatAnswer({ content: 'A picture.' })));
  return post(
    { url: gateway().openaiUrl, key: gateway().key },
    { model: 'm', messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url } }] }] },
  );
};
const codeOf = async (response: Response): Promise<unknown> => ((await response.json()) as { error?: JsonObject }).error?.['code'];

describe('a picture of a listed host in a network of the operator', () => {
  it(
    'is fetched once, with nothing of ours, made anew, and sent on as bytes',
    async () => {
      configure({ remoteHosts: [here()], remoteNetworks: OWN });
      sends(await plainPng(90, 60), 'text/html');
      const response = await askFor(`https://${here()}/pictures/one.png?size=large`);
      expect(response.status).toBe(200);
      expect(asked.map(({ method, url }) => [method, url])).toEqual([['GET', '/pictures/one.png?size=large']]);
      expect(Object.keys(asked[0]?.headers ?? {}).sort()).toEqual(['accept', 'connection', 'host']);
      const [, sent = ''] = /data:image\/png;base64,([A-Za-z0-9+/=]+)/.exec(gateway().upstream.last.text) ?? [];
      expect(await sharp(Buffer.from(sent, 'base64')).metadata()).toMatchObject({ format: 'png', width: 90, height: 60 });
      expect(gateway().upstream.last.text).not.toContain(here());
    },
    MINUTE,
  );

  it(
    'in Anthropic’s format too',
    async () => {
      configure({ remoteHosts: [here()], remoteNetworks: OWN });
      sends(await plainPng());
      gateway().upstream.answer((_, reply) => reply.json(anthropicAnswer([textBlock('A picture.')])));
      const content = [{ type: 'image', source: { type: 'url', url: `https://${here()}/a.png` } }];
      const response = await post(
        { url: gateway().openaiUrl, key: gateway().key },
        { model: 'm', max_tokens: 9, messages: [{ role: 'user', content }] },
        { path: '/messages', headers: { 'anthropic-version': '2023-06-01' } },
      );
      expect(response.status).toBe(200);
      expect(gateway().upstream.last.text).toContain('"type":"base64"');
    },
    MINUTE,
  );
});

describe('nobody is asked', () => {
  const NETWORKS = { remoteNetworks: OWN };
  it.each<readonly [string, JsonObject, () => string]>([
    ['in a network that is not opened', {}, () => `https://${here()}/a.png`],
    ['on a port that is not listed', { remoteHosts: ['localhost'], ...NETWORKS }, () => `https://${here()}/a.png`],
    ['under another name', NETWORKS, () => `https://127.0.0.1:${port}/a.png`],
    ['in plain text', NETWORKS, () => `http://${here()}/a.png`],
    ['with credentials', NETWORKS, () => `https://user:word@${here()}/a.png`],
    ['whose authority is not known', { ...NETWORKS, remoteCa: file('stranger.pem') }, () => `https://${here()}/a.png`],
  ])('%s', async (_, images, url) => {
    configure({ remoteHosts: [here()], ...images });
    sends(await plainPng());
    expect(await codeOf(await askFor(url()))).toBe('image_refused');
    expect([asked.length, gateway().upstream.received.length]).toEqual([0, 0]);
  });

  it('where clouds keep the credentials of a machine, opened or not', async () => {
    configure({ remoteHosts: ['169.254.169.254'], remoteNetworks: ['169.254.0.0/16'] });
    const startedMs = performance.now();
    expect(await codeOf(await askFor('https://169.254.169.254/latest/meta-data'))).toBe('image_refused');
    expect(performance.now() - startedMs).toBeLessThan(1_000);
  });
});

describe('an answer that is no picture is refused, and not told apart', () => {
  it.each<readonly [string, (request: IncomingMessage, response: ServerResponse) => void]>([
    ['a redirect', (_, response) => void response.writeHead(302, { location: 'https://localhost/' }).end()],
    ['an error', (_, response) => void response.writeHead(404).end('no')],
    ['more than is taken', (_, response) => void response.writeHead(200).end(Buffer.alloc(8_388_609))],
    ['one that breaks off', (_, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('half');
      setImmediate(() => response.destroy());
    }], // prettier-ignore
  ])('%s', async (_, answer) => {
    configure({ remoteHosts: [here()], remoteNetworks: OWN });
    serve = answer;
    const response = await askFor(`https://${here()}/a.png`);
    const { error } = (await response.json()) as { error: JsonObject };
    expect([response.status, error['code'], asked.length]).toEqual([400, 'image_refused', 1]);
    expect(String(error['message'])).toContain('could not be fetched');
    expect(gateway().upstream.received).toHaveLength(0);
  });

  it('a page', async () => {
    configure({ remoteHosts: [here()], remoteNetworks: OWN });
    sends(Buffer.from('<!doctype html><html>'));
    expect(await (await askFor(`https://${here()}/a.png`)).text()).toContain('no picture');
  });
});

it('an authority that cannot be read stops a reload', () => {
  expect(() => configure({ remoteCa: file('none.pem') })).toThrow(/none\.pem/);
});
