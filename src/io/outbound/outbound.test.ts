// What leaves the house: by what name, to which address, for how long, and how much may come back.
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo, LookupFunction } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { guardedLookup, outboundHost, OutboundRefusal, outboundUrl } from './guard.ts';
import { createHttpSender } from './http-sender.ts';
import { connectStream } from './stream-socket.ts';

const ANY = ['http', 'https'];

describe('an outbound URL', () => {
  it.each([
    'http://169.254.169.254/latest/meta-data',
    'http://[fe80::1]/',
    'http://[fd00:ec2::254]/',
    'http://[::ffff:169.254.169.254]/',
    'http://0.0.0.0:80/',
    'http://[::]/',
    'http://224.0.0.1/',
    'http://255.255.255.255/',
    // Other ways to write 169.254.169.254, which the URL standard reads as an address.
    'http://2852039166/',
    'http://0xa9fea9fe/',
    'http://0251.0376.0251.0376/',
    'file:///etc/passwd',
    'gopher://example.com/',
    'not a url',
    'https://user:secret@example.com/',
  ])('%s is refused, and no secret is repeated', (url) => {
    expect(() => outboundUrl(url, ANY)).toThrow(OutboundRefusal);
    expect(() => outboundUrl(url, ANY)).not.toThrow(/secret/);
  });

  it.each(['http://127.0.0.1:4318/', 'https://10.1.2.3/', 'https://siem.example/in?x=1', 'http://[::1]:9200/', 'https://[fd12::1]/'])(
    '%s is a place of the operator',
    (url) => expect(outboundHost(outboundUrl(url, ANY))).not.toContain('['),
  );
});

const look = (host: string, options: Parameters<LookupFunction>[1]): Promise<unknown> =>
  new Promise((resolve, reject) => {
    guardedLookup(host, options, (error, found) => (error === null ? resolve(found) : reject(error)));
  });

describe('a name', () => {
  it('is looked up once, and what may not be meant is not handed on', async () => {
    expect(await look('localhost', { family: 4 })).toBe('127.0.0.1');
    expect(await look('localhost', { all: true, family: 4 })).toEqual([{ address: '127.0.0.1', family: 4 }]);
    await expect(look('169.254.169.254', {})).rejects.toBeInstanceOf(OutboundRefusal);
    await expect(look('no-such-name.invalid', {})).rejects.toThrow('no-such-name.invalid');
  });
});

async function serve(listener: RequestListener): Promise<URL> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
}

describe('a sender', () => {
  const send = async (url: URL, timeoutMs = 2_000) => {
    const sender = createHttpSender({ url, timeoutMs });
    onTestFinished(() => sender.close());
    return sender.send({ method: 'POST', path: '/', headers: {}, body: Buffer.from('x') });
  };

  it('gives up after its time, also in the middle of an answer', async () => {
    await expect(send(await serve(() => undefined), 100)).rejects.toThrow('no whole answer in 100 ms');
    const dripping = await serve((_, response) => void response.writeHead(200, { 'content-length': '10' }).write('x'));
    await expect(send(dripping, 100)).rejects.toThrow('no whole answer in 100 ms');
  });

  it('takes no endless answer into its memory', async () => {
    const url = await serve((_, response) => {
      const chunk = Buffer.alloc(1_048_576);
      const pour = (): void => {
        if (!response.destroyed && response.write(chunk)) setImmediate(pour);
      };
      response.on('drain', pour);
      pour();
    });
    await expect(send(url)).rejects.toThrow('larger than');
  });

  it('does not take half an answer for a whole one, and follows no redirect', async () => {
    const half = await serve((request, response) => {
      response.writeHead(200, { 'content-length': '10' }).write('half', () => request.socket.destroy());
    });
    await expect(send(half)).rejects.toThrow();
    let asked = 0;
    const moved = await serve((_, response) => {
      asked += 1;
      response.writeHead(302, { location: '/' }).end();
    });
    expect((await send(moved)).status).toBe(302);
    expect(asked).toBe(1);
  });
});

describe('a stream', () => {
  it('is opened to no address that nothing may be sent to', async () => {
    await expect(connectStream({ host: '169.254.169.254', port: 80, timeoutMs: 1_000 })).rejects.toBeInstanceOf(OutboundRefusal);
    await expect(connectStream({ host: '127.0.0.1', port: 1, timeoutMs: 1_000 })).rejects.toThrow('ECONNREFUSED');
  });
});
