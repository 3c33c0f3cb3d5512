// When traffic should not be sent here, and that a start without a preset key leaves an operator with one.
import { mkdtempSync, rmSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../config/load.ts';
import { startSallyport } from '../serve/sallyport.ts';
import { adminKeyWords, ensureAdminKey } from './admin-key.ts';
import { readiness } from './readiness.ts';

async function withGateway(work: (sallyport: Awaited<ReturnType<typeof startSallyport>>, folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-ready-'));
  const config = parseConfig(JSON.stringify({ listen: '127.0.0.1:0' }), 'test.yaml');
  const sallyport = await startSallyport({ config, dataFolder: folder, environment: {}, log: pino({ level: 'silent' }) });
  try {
    await work(sallyport, folder);
  } finally {
    await sallyport.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One answer on a connection of its own, which ends with it. */
function openStream(port: number, key: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json', connection: 'close' };
    const sent = request({ host: '127.0.0.1', port, path: '/v1/chat/completions', method: 'POST', headers, agent: false }, resolve);
    sent.on('error', reject);
    sent.end(JSON.stringify({ model: 'demo-slow', stream: true, messages: [{ role: 'user', content: 'Hello' }] }));
  });
}

describe('readiness', () => {
  it('is gone while answers under way are being finished, and the admin plane still says so', async () => {
    await withGateway(async (sallyport) => {
      const { key } = await sallyport.rooms.keyStore.createKey({ tenant: 'acme', who: 'test' });
      await sallyport.rooms.access.refresh();
      const stream = await openStream(sallyport.data.port, key);
      const stopping = sallyport.stop();
      const ready = await fetch(`http://127.0.0.1:${sallyport.admin.port}/readyz`);
      expect([ready.status, await ready.json()]).toEqual([503, { status: 'not ready', reasons: ['the gateway is shutting down'] }]);
      expect(stream.readableEnded).toBe(false);
      stream.destroy();
      await stopping;
    });
  });

  it('is gone while the ledger cannot record', async () => {
    await withGateway(async ({ rooms }) => {
      expect(readiness({ rooms, isDraining: () => false })).toEqual([]);
      await rooms.ledger.close();
      expect(readiness({ rooms, isDraining: () => false })).toEqual(['the ledger cannot record (closed)']);
    });
  });
});

describe('the first admin key', () => {
  it('is shown once to a terminal, opens the plane, and is not made again', async () => {
    await withGateway(async ({ rooms, admin }, dataFolder) => {
      const options = { rooms, dataFolder, isPreset: false, isTerminal: true };
      const made = await ensureAdminKey(options);
      const key = made.state === 'made' ? made.key : '';
      expect(adminKeyWords(made)).toContain(key);
      const listed = await fetch(`http://127.0.0.1:${admin.port}/api/keys`, { headers: { authorization: `Bearer ${key}` } });
      expect(listed.status).toBe(200);
      expect(await ensureAdminKey(options)).toEqual({ state: 'known' });
    });
  });
});
