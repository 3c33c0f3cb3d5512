// TLS and mTLS on the data plane, a private authority and an outbound proxy towards the upstream, with certificates made on the spot.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createProxyServer, request as plainRequest } from 'node:http';
import { createServer as createTlsServer, request } from 'node:https';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type RunningGateway, type Settings } from '../support/running-gateway.ts';

const hasOpenssl = (() => {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    if (process.env['CI'] !== undefined) throw new Error('openssl is missing: .ci/run installs it');
    console.warn('TLS journeys skipped: openssl is not installed here');
    return false;
  }
})();

const folder = mkdtempSync(join(tmpdir(), 'sallyport-tls-'));
const path = (name: string): string => join(folder, name);
const openssl = (...args: readonly string[]): void => void execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });

function makeCertificates(): void {
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl('req', '-x509', ...curve, '-days', '1', '-subj', '/CN=test authority', '-keyout', 'ca.key', '-out', 'ca.pem');
  for (const name of ['server', 'client']) {
    openssl(
      'req',
      ...curve,
      '-subj',
      `/CN=${name}`,
      '-addext',
      'subjectAltName=IP:127.0.0.1,DNS:localhost',
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.csr`,
    );
    openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      '-CA',
      'ca.pem',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-days',
      '1',
      '-copy_extensions',
      'copy',
      '-out',
      `${name}.pem`,
    );
  }
  openssl('req', '-x509', ...curve, '-days', '1', '-subj', '/CN=stranger', '-keyout', 'stranger.key', '-out', 'stranger.pem');
}

const read = (name: string): string => readFileSync(path(name), 'utf8');
const BODY = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hello' }] });
const ANSWER = JSON.stringify({
  id: 'c',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'hello' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
});

interface Caller {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** The status of a chat request over TLS, or the code of the error that ended it. */
function statusOver(gateway: RunningGateway, caller: Caller): Promise<number | string> {
  return new Promise((resolve) => {
    const call = request(
      {
        host: '127.0.0.1',
        port: gateway.port,
        path: '/v1/chat/completions',
        method: 'POST',
        ...caller,
        headers: { authorization: `Bearer ${gateway.key}`, 'content-type': 'application/json' },
      },
      (answer) => {
        answer.resume();
        answer.on('end', () => resolve(answer.statusCode ?? 0));
      },
    );
    call.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    call.end(BODY);
  });
}

function statusPlain(gateway: RunningGateway): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const call = plainRequest(
      {
        host: '127.0.0.1',
        port: gateway.port,
        path: '/v1/chat/completions',
        method: 'POST',
        headers: { authorization: `Bearer ${gateway.key}`, 'content-type': 'application/json' },
      },
      (answer) => {
        let text = '';
        answer.on('data', (data: Buffer) => (text += data.toString()));
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
      },
    );
    call.on('error', reject);
    call.end(BODY);
  });
}

const stops: (() => Promise<unknown>)[] = [];
async function gatewayWith(settings: Settings): Promise<RunningGateway> {
  const gateway = await startGateway(settings);
  stops.push(() => gateway.stop());
  return gateway;
}

describe.skipIf(!hasOpenssl)('TLS', () => {
  let upstreamPort = 0;
  let proxyPort = 0;
  const tunnels: string[] = [];

  beforeAll(async () => {
    makeCertificates();
    const upstream = createTlsServer(
      { cert: read('server.pem'), key: read('server.key'), ca: read('ca.pem'), requestCert: true, rejectUnauthorized: false },
      (incoming, outgoing) => {
        incoming.resume();
        incoming.on('end', () => outgoing.writeHead(200, { 'content-type': 'application/json' }).end(ANSWER));
      },
    );
    await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
    upstreamPort = (upstream.address() as AddressInfo).port;
    const proxy = createProxyServer();
    proxy.on('connect', (incoming, socket) => {
      tunnels.push(incoming.url ?? '');
      const [host = '', port = ''] = (incoming.url ?? '').split(':');
      const onward = connect(Number(port), host, () => {
        socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
        onward.pipe(socket).pipe(onward);
      });
      onward.on('error', () => socket.destroy());
      socket.on('error', () => onward.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    proxyPort = (proxy.address() as AddressInfo).port;
    stops.push(
      () => new Promise((resolve) => upstream.close(resolve)),
      async () => proxy.close(),
    );
  });

  afterAll(async () => {
    for (const stop of stops) await stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const towards = (more: object) => ({
    upstreams: { main: { kind: 'openai-compatible', url: `https://127.0.0.1:${upstreamPort}/v1`, ...more } },
  });

  it('serves callers who trust its certificate', async () => {
    const gateway = await gatewayWith({ tls: { cert: path('server.pem'), key: path('server.key') }, ...towards({ ca: path('ca.pem') }) });
    expect(await statusOver(gateway, { ca: read('ca.pem') })).toBe(200);
    expect(await statusOver(gateway, {})).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
  });

  it('asks for a certificate of the named authority, and takes no other', async () => {
    const gateway = await gatewayWith({
      tls: { cert: path('server.pem'), key: path('server.key'), clientCa: path('ca.pem') },
      ...towards({ ca: path('ca.pem') }),
    });
    expect(await statusOver(gateway, { ca: read('ca.pem'), cert: read('client.pem'), key: read('client.key') })).toBe(200);
    expect(await statusOver(gateway, { ca: read('ca.pem') })).not.toBe(200);
    expect(await statusOver(gateway, { ca: read('ca.pem'), cert: read('stranger.pem'), key: read('stranger.key') })).not.toBe(200);
  });

  it('does not talk to an upstream whose certificate it cannot check', async () => {
    const { status, text } = await statusPlain(await gatewayWith(towards({})));
    expect([status, text.includes('upstream_unreachable')]).toEqual([502, true]);
  });

  it('reaches an upstream of a private authority, with its own certificate', async () => {
    const gateway = await gatewayWith(
      towards({ ca: path('ca.pem'), clientCertificate: { cert: path('client.pem'), key: path('client.key') } }),
    );
    expect((await statusPlain(gateway)).status).toBe(200);
  });

  it('goes through the outbound proxy', async () => {
    const gateway = await gatewayWith(towards({ ca: path('ca.pem'), proxy: `http://127.0.0.1:${proxyPort}` }));
    expect((await statusPlain(gateway)).status).toBe(200);
    expect(tunnels).toContain(`127.0.0.1:${upstreamPort}`);
  });
});
