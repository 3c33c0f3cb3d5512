// Events on their way to a SIEM from a whole gateway: through its own thread, past requests that never wait for it.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { chatAnswer } from './support/openai-replies.ts';
import { chat, post } from './support/plain-client.ts';
import { freshGateway, type RunningGateway } from './support/running-gateway.ts';

interface Siem {
  readonly url: string;
  readonly server: Server;
  readonly uids: string[];
  /** Answers nothing at all while it is true. */
  isHung: boolean;
  status: number;
}

const servers: Server[] = [];

async function startSiem(): Promise<Siem> {
  const siem = { url: '', uids: [] as string[], isHung: false, status: 200 };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (siem.isHung) return;
      if (siem.status === 200) {
        const events = JSON.parse(gunzipSync(Buffer.concat(chunks)).toString()) as { metadata: { uid: string } }[];
        siem.uids.push(...events.map(({ metadata }) => metadata.uid));
      }
      response.writeHead(siem.status).end();
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  siem.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`;
  return Object.assign(siem, { server });
}

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

const ask = async ({ openaiUrl, key, upstream }: RunningGateway): Promise<number> => {
  upstream.answer((_, reply) => reply.json(chatAnswer({ content: 'fine' })));
  const answer = await post({ url: openaiUrl, key }, chat('Good morning.'));
  await answer.text();
  return answer.status;
};

async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = performance.now() + 15_000;
  while (!(await what())) {
    if (performance.now() > endMs) throw new Error('it never came to pass');
    await new Promise((resolve) => void setTimeout(resolve, 20));
  }
}

const settings = (siem: Siem) => ({ events: { receivers: { siem: { kind: 'http', url: siem.url, timeoutMs: 1_000 } } } });

const arrived = async (gateway: RunningGateway, siem: Siem): Promise<void> =>
  until(() => {
    const { durableCount } = gateway.sallyport.rooms.ledger.status();
    const last = Math.max(-1, ...siem.uids.map((uid) => Number(/:(\d+)/.exec(uid)?.[1])));
    return last + 1 >= durableCount - 1;
  });

describe('events for a SIEM', () => {
  it('arrive, each once, and are counted by name', async () => {
    const siem = await startSiem();
    const gateway = await freshGateway(settings(siem));
    for (let at = 0; at < 5; at++) expect(await ask(gateway)).toBe(200);
    await arrived(gateway, siem);
    expect(new Set(siem.uids).size).toBe(siem.uids.length);
    await until(async () => /sallyport_receiver_behind_records\{receiver="siem"\} 0/.test(await gateway.sallyport.metrics.text()));
    expect(await gateway.sallyport.metrics.text()).toMatch(/sallyport_receiver_up\{receiver="siem"\} 1/);
    await gateway.stop();
    expect(gateway.log).toEqual([]);
  });

  it('wait in the ledger while the SIEM hangs, and no request waits with them', async () => {
    const siem = await startSiem();
    siem.isHung = true;
    const gateway = await freshGateway(settings(siem));
    for (let at = 0; at < 10; at++) expect(await ask(gateway)).toBe(200);
    await until(() => gateway.log.some((line) => line.includes('no whole answer in 1000 ms')));
    expect(await ask(gateway)).toBe(200);
    siem.isHung = false;
    await arrived(gateway, siem);
    expect(siem.uids.length).toBeGreaterThan(10);
    await gateway.stop();
  });

  it('go to a SIEM that a reload names, and no more to the one before', async () => {
    const [first, second] = [await startSiem(), await startSiem()];
    const gateway = await freshGateway(settings(first));
    await ask(gateway);
    await arrived(gateway, first);
    gateway.sallyport.reload(gateway.configOf(settings(second)), 'test');
    await ask(gateway);
    await arrived(gateway, second);
    const before = first.uids.length;
    await ask(gateway);
    await arrived(gateway, second);
    expect(first.uids.length).toBe(before);
    await gateway.stop();
  });

  it('need no thread where nobody wants them', async () => {
    const gateway = await freshGateway();
    expect(await gateway.sallyport.metrics.text()).not.toContain('sallyport_receiver_up{');
    await gateway.stop();
  });

  it.each(['http://169.254.169.254/', 'https://user:pass@siem.example/'])('are never sent to %s, and neither is a request', async (url) => {
    const gateway = await freshGateway();
    const receivers = gateway.configOf({ events: { receivers: { siem: { kind: 'http', url } } } });
    expect(() => gateway.sallyport.reload(receivers, 'test')).toThrow('events.receivers.siem names a place that nothing is sent to');
    const upstreams = gateway.configOf({ upstreams: { main: { kind: 'openai-compatible', url } } });
    expect(() => gateway.sallyport.reload(upstreams, 'test')).toThrow('upstreams.main names a place');
  });

  it('take their secrets from the environment or a file, and from nowhere else', async () => {
    const gateway = await freshGateway();
    const splunk = (token: string) => ({ events: { receivers: { splunk: { kind: 'splunk', url: 'https://127.0.0.1:8088', token } } } });
    expect(() => gateway.configOf(splunk('not-a-reference'))).toThrow('a secret has no place in this file');
    expect(() => gateway.sallyport.reload(gateway.configOf(splunk('env:NO_SUCH_TOKEN')), 'test')).toThrow('NO_SUCH_TOKEN');
    await gateway.stop();
  });
});
