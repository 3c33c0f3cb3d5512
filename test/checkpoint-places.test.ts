// Checkpoints on their way out: to a webhook, to a bucket that checks the signature as S3 does, to a log server.
import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openCheckpoint } from '../src/ledger/note.ts';
import { freshGateway, UPSTREAM_KEY, type RunningGateway } from './support/running-gateway.ts';

interface Got {
  readonly request: IncomingMessage;
  readonly text: string;
}

async function httpServer(status: (got: Got) => number): Promise<{ readonly url: string; readonly got: Got[] }> {
  const got: Got[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const one = { request, text: Buffer.concat(chunks).toString() };
      got.push(one);
      response.writeHead(status(one)).end();
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, got };
}

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** As the other side computes it, from the request that arrived: AWS Signature Version 4. */
function isSigned({ request, text }: Got): boolean {
  const match =
    /^AWS4-HMAC-SHA256 Credential=([a-z-]+)\/(\d{8})\/([a-z0-9-]+)\/s3\/aws4_request, SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})$/.exec(
      request.headers.authorization ?? '',
    );
  if (match === null) return false;
  const [, id = '', day = '', region = '', names = '', signature = ''] = match;
  if (id !== UPSTREAM_KEY || request.headers['x-amz-content-sha256'] !== sha256(text)) return false;
  const headers = names.split(';').map((name) => `${name}:${String(request.headers[name]).trim()}\n`);
  const canonical = [request.method, request.url, '', headers.join(''), names, sha256(text)].join('\n');
  const toSign = ['AWS4-HMAC-SHA256', request.headers['x-amz-date'], `${day}/${region}/s3/aws4_request`, sha256(canonical)].join('\n');
  const key = hmac(hmac(hmac(hmac(`AWS4${UPSTREAM_KEY}`, day), region), 's3'), 'aws4_request');
  return hmac(key, toSign).toString('hex') === signature;
}

const settings = (...checkpointPlaces: readonly object[]) => ({ ledger: { checkpointPlaces } });

const gatewayWith = (...places: readonly object[]): Promise<RunningGateway> => freshGateway(settings(...places));

const isOurs = async (gateway: RunningGateway, note: string): Promise<boolean> =>
  (await openCheckpoint(note, gateway.sallyport.rooms.ledger.verifierKey)) !== undefined;

describe('a checkpoint', () => {
  it('is posted to a webhook as the signed note that it is', async () => {
    const hook = await httpServer(() => 204);
    const gateway = await gatewayWith({ kind: 'webhook', url: `${hook.url}/notes?from=gate` });
    const { size } = await gateway.sallyport.rooms.ledger.checkpoint();
    const last = hook.got.at(-1);
    expect(last?.request).toMatchObject({ method: 'POST', url: '/notes?from=gate' });
    expect(await isOurs(gateway, last?.text ?? '')).toBe(true);
    expect(last?.text.split('\n')[1]).toBe(String(size));
  });

  it('is put into a bucket under a name of its own, signed for it', async () => {
    const bucket = await httpServer((got) => (isSigned(got) ? 200 : 403));
    const place = {
      kind: 's3',
      endpoint: bucket.url,
      bucket: 'witness',
      region: 'eu-central-1',
      accessKeyId: 'env:UPSTREAM_KEY',
      secretAccessKey: 'env:UPSTREAM_KEY',
    };
    const gateway = await gatewayWith(place);
    const { size } = await gateway.sallyport.rooms.ledger.checkpoint();
    expect(gateway.sallyport.rooms.ledger.status()).toMatchObject({ publishOwed: 0, publishFailures: 0 });
    expect(bucket.got[0]?.request).toMatchObject({ method: 'PUT', url: `/witness/sallyport/${String(size).padStart(16, '0')}.checkpoint` });
    expect(await isOurs(gateway, bucket.got[0]?.text ?? '')).toBe(true);
  });

  it('is a message of RFC 5424 for a log server', async () => {
    const bytes = Promise.withResolvers<string>();
    const server = createTcpServer((socket) => {
      let text = '';
      socket.on('data', (chunk: Buffer) => void (text += chunk.toString()));
      socket.on('end', () => bytes.resolve(text));
      socket.on('error', () => undefined);
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const gateway = await gatewayWith({ kind: 'syslog', host: '127.0.0.1', port: (server.address() as AddressInfo).port, tls: false });
    await gateway.sallyport.rooms.ledger.checkpoint();
    const [, length = '', message = ''] = /^(\d+) (.*)$/s.exec(await bytes.promise) ?? [];
    expect(Buffer.byteLength(message)).toBe(Number(length));
    const note = /^<109>1 \S+Z \S+ sallyport - checkpoint - (\S+)$/.exec(message)?.[1] ?? '';
    expect(await isOurs(gateway, Buffer.from(note, 'base64').toString())).toBe(true);
  });

  it('is offered again to a place that was away', async () => {
    let isUp = false;
    const hook = await httpServer(() => (isUp ? 200 : 503));
    const gateway = await gatewayWith({ kind: 'webhook', url: hook.url });
    const { ledger } = gateway.sallyport.rooms;
    await ledger.checkpoint();
    expect(ledger.status().publishOwed).toBe(1);
    isUp = true;
    await ledger.tick();
    expect(ledger.status().publishOwed).toBe(0);
    expect(await gateway.sallyport.metrics.text()).toContain('sallyport_ledger_publish_owed 0');
  });
});
