// Receivers as they are in the world: syslog and HTTP behind TLS with a private authority, and a real NATS server that is killed.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createHttpsServer } from 'node:https';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { systemRandom } from '../../src/io/random.ts';
import { BatchDelivery } from '../../src/watch/receivers/batch-delivery.ts';
import { everyEvent } from '../../src/watch/receivers/every-record.fixture.ts';
import { parseCef, parseSyslog } from '../../src/watch/receivers/foreign-schemas.fixture.ts';
import { openReceiver } from '../../src/watch/receivers/open-receiver.ts';
import type { Receiver } from '../../src/watch/receivers/receiver.ts';
import type { ReceiverSettings } from '../../src/watch/receivers/settings.ts';

/** Whether a program is here. Missing on a developer's machine, its journeys are skipped; missing in CI, they fail. */
function has(program: string, ...args: readonly string[]): boolean {
  try {
    execFileSync(program, args, { stdio: 'ignore', env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin` } });
    return true;
  } catch {
    if (process.env['CI'] !== undefined) throw new Error(`${program} is missing: .ci/run installs it`);
    console.warn(`journeys skipped: ${program} is not installed here`);
    return false;
  }
}

const folder = mkdtempSync(join(tmpdir(), 'sallyport-receivers-'));
const pem = (name: string): string => readFileSync(join(folder, name), 'utf8');
const openssl = (...args: readonly string[]): void => void execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
const EVENTS = everyEvent();
const SHARED = { name: 'siem', startAt: 'beginning', timeoutMs: 5_000 } as const;

const pause = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));

function open(settings: ReceiverSettings): Receiver {
  const receiver = openReceiver(settings, {
    productVersion: '0.1.0',
    instance: 'x',
    pause: (ms) => new Promise((resolve) => void setTimeout(resolve, ms).unref()),
    steadyMs: () => performance.now(),
    random: () => systemRandom.bytes(16),
  });
  onTestFinished(() => receiver.close());
  return receiver;
}

function makeCertificates(): void {
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  for (const authority of ['ca', 'other'])
    openssl('req', '-x509', ...curve, '-days', '1', '-subj', `/CN=${authority}`, '-keyout', `${authority}.key`, '-out', `${authority}.pem`);
  for (const name of ['server', 'client']) {
    openssl(
      'req',
      ...curve,
      '-subj',
      `/CN=${name}`,
      '-addext',
      'subjectAltName=IP:127.0.0.1',
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.csr`,
    );
    const signing = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '1', '-copy_extensions', 'copy'];
    openssl('x509', '-req', '-in', `${name}.csr`, ...signing, '-out', `${name}.pem`);
  }
}

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const hasOpenssl = has('openssl', 'version');
if (hasOpenssl) beforeAll(makeCertificates);

describe.skipIf(!hasOpenssl)('behind TLS', () => {
  const server = (): object => ({
    key: pem('server.key'),
    cert: pem('server.pem'),
    ca: pem('ca.pem'),
    requestCert: true,
    rejectUnauthorized: true,
  });
  const ours = (): ReceiverSettings['tls'] => ({ ca: pem('ca.pem'), cert: pem('client.pem'), key: pem('client.key') });

  async function syslogServer(): Promise<{ readonly port: number; readonly bytes: () => Buffer }> {
    let bytes = Buffer.alloc(0);
    const listener = createTlsServer(server(), (socket: TLSSocket) => {
      socket.on('error', () => undefined);
      socket.on('data', (chunk: Buffer) => void (bytes = Buffer.concat([bytes, chunk])));
    });
    await new Promise<void>((resolve) => void listener.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void listener.close());
    return { port: (listener.address() as AddressInfo).port, bytes: () => bytes };
  }

  const syslog = (port: number, tls: ReceiverSettings['tls']) =>
    open({ ...SHARED, kind: 'syslog', host: '127.0.0.1', port, isTls: true, tls, hostname: 'gate', settleMs: 50 });

  it('syslog carries CEF in frames, to a server that knows us by our certificate', async () => {
    const { port, bytes } = await syslogServer();
    const receiver = syslog(port, ours());
    expect(await receiver.check()).toEqual({ state: 'ok', detail: 'takes a TLS connection' });
    expect(await new BatchDelivery(receiver, EVENTS).attempt()).toEqual([]);
    const found: string[] = [];
    for (let at = 0, all = bytes(); at < all.length;) {
      const space = all.indexOf(' ', at);
      const end = space + 1 + Number(all.toString('latin1', at, space));
      const { extension } = parseCef(parseSyslog(all.toString('utf8', space + 1, end)).text);
      found.push(`${extension['deviceExternalId']}:${extension['externalId']}`);
      at = end;
    }
    expect(found).toEqual(EVENTS.map(({ uid }) => uid));
  });

  it('nothing is sent to a server of another authority, or whose name is not the one that is meant', async () => {
    const { port, bytes } = await syslogServer();
    await expect(new BatchDelivery(syslog(port, { ...ours(), ca: pem('other.pem') }), EVENTS).attempt()).rejects.toThrow(
      'cannot be reached',
    );
    const named = open({ ...SHARED, kind: 'syslog', host: 'localhost', port, isTls: true, tls: ours(), hostname: 'gate', settleMs: 50 });
    await expect(new BatchDelivery(named, EVENTS).attempt()).rejects.toThrow('cannot be reached');
    expect(bytes().length).toBe(0);
  });

  it('HTTP receivers present our certificate, too', async () => {
    const seen: string[] = [];
    const listener = createHttpsServer(server(), (request, response) => {
      seen.push((request.socket as TLSSocket).getPeerCertificate().subject.CN as string);
      request.resume().on('end', () => response.writeHead(204).end());
    });
    await new Promise<void>((resolve) => void listener.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void listener.close());
    const url = `https://127.0.0.1:${(listener.address() as AddressInfo).port}/`;
    const http = { ...SHARED, kind: 'http', url, headers: {}, gzip: true, body: 'array' } as const;
    expect(await new BatchDelivery(open({ ...http, tls: ours() }), EVENTS).attempt()).toEqual([]);
    expect(seen).toEqual(['client']);
    await expect(new BatchDelivery(open({ ...http, tls: { ca: pem('ca.pem') } }), EVENTS).attempt()).rejects.toThrow('cannot be reached');
  });
});

describe.skipIf(!has('nats-server', '--version'))('a NATS server', () => {
  const TOKEN = ['nats', 'token', 'of', 'the', 'test'].join('-');
  const port = 20_000 + (process.pid % 20_000);

  async function start(...more: readonly string[]): Promise<ChildProcess> {
    const args = ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', join(folder, 'nats'), '--auth', TOKEN, ...more];
    const server = spawn('nats-server', args, { stdio: 'ignore', env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin` } });
    onTestFinished(async () => {
      server.kill('SIGKILL');
      await gone(server);
    });
    for (let tries = 0; tries < 200; tries++) {
      if (await isListening()) return server;
      await pause(25);
    }
    throw new Error('nats-server does not listen');
  }

  const gone = (server: ChildProcess): Promise<unknown> =>
    server.exitCode === null && server.signalCode === null
      ? new Promise((resolve) => void server.once('exit', resolve))
      : Promise.resolve();

  const isListening = (): Promise<boolean> =>
    new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.destroy();
        resolve(true);
      });
      socket.on('error', () => resolve(false));
    });

  /** One question to JetStream's own interface. */
  function ask(subject: string, body: unknown): Promise<string> {
    return new Promise((resolve, reject) => {
      const payload = JSON.stringify(body);
      const socket = connect(port, '127.0.0.1');
      let text = '';
      socket.on('error', reject);
      socket.on('data', (bytes: Buffer) => {
        text += bytes.toString();
        if (/\nMSG |^MSG /.test(text) && text.trimEnd().endsWith('}')) socket.end(() => resolve(text.slice(text.lastIndexOf('\r\n{') + 2)));
      });
      socket.write(`CONNECT ${JSON.stringify({ auth_token: TOKEN, verbose: false, pedantic: false })}\r\nSUB _INBOX.test 1\r\n`);
      socket.write(`PUB ${subject} _INBOX.test ${Buffer.byteLength(payload)}\r\n${payload}\r\n`);
    });
  }

  const nats = (subject = 'sallyport.events', token = TOKEN, ca = '') => {
    const tls = ca === '' ? {} : { ca: pem(ca) };
    return open({ ...SHARED, kind: 'nats', host: '127.0.0.1', port, isTls: ca !== '', tls, subject, auth: { token } });
  };

  it.skipIf(!hasOpenssl)(
    'is greeted in the clear, told nothing before TLS, and nothing at all where its authority is another',
    async () => {
      await start('--tls', '--tlscert', join(folder, 'server.pem'), '--tlskey', join(folder, 'server.key'));
      await expect(nats().check()).rejects.toThrow('wants TLS');
      await expect(nats('sallyport.events', TOKEN, 'other.pem').check()).rejects.toThrow('cannot be reached');
      expect(await nats('nowhere', TOKEN, 'ca.pem').check()).toMatchObject({ detail: 'no stream keeps nowhere' });
    },
  );

  it('keeps every event once, through kills and repeats, and says where no stream is', async () => {
    let server = await start();
    await ask('$JS.API.STREAM.CREATE.SALLYPORT', {
      name: 'SALLYPORT',
      subjects: ['sallyport.events'],
      storage: 'file',
      duplicate_window: 600_000_000_000,
    });
    expect(await nats().check()).toEqual({ state: 'ok', detail: 'the stream SALLYPORT keeps sallyport.events' });
    expect(await nats('elsewhere').check()).toMatchObject({ state: 'fail', detail: 'no stream keeps elsewhere' });
    await expect(new BatchDelivery(nats('elsewhere'), EVENTS).attempt()).rejects.toThrow('no stream');
    await expect(nats('sallyport.events', 'wrong').check()).rejects.toThrow(/cannot be reached/);
    const receiver = nats();
    for (let round = 0; round < 5; round++) {
      const delivery = new BatchDelivery(receiver, EVENTS);
      const killing = pause(round * 2).then(() => server.kill('SIGKILL'));
      await delivery.attempt().catch(() => undefined);
      await killing;
      await gone(server);
      server = await start();
      expect(await new BatchDelivery(receiver, EVENTS).attempt()).toEqual([]);
    }
    const info = JSON.parse(await ask('$JS.API.STREAM.INFO.SALLYPORT', {})) as { state: { messages: number } };
    expect(info.state.messages).toBe(EVENTS.length);
  });
});
