// A replica that is stopped for a while (SIGSTOP: a paused machine, a frozen container) and goes on: real processes over real servers.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { chatAnswer, chatChunk } from '../support/openai-replies.ts';
import { chat, post, readAll } from '../support/plain-client.ts';
import { freePort, startPostgres } from '../support/postgres.ts';
import { REPLICA_SECRET, startGroup } from '../support/replica-group.ts';
import { WIDE } from '../support/running-gateway.ts';
import { startValkey } from '../support/valkey.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const FROZEN_MS = 8_000;
const pause = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));

async function until(isSo: () => Promise<boolean>, ms: number): Promise<number> {
  const beganMs = performance.now();
  while (!(await isSo())) {
    if (performance.now() - beganMs > ms) throw new Error(`it was not so within ${ms} ms`);
    await pause(20);
  }
  return performance.now() - beganMs;
}

interface Frozen {
  readonly url: string;
  readonly adminUrl: string;
  readonly child: ChildProcess;
}

async function startProcess(upstreamUrl: string, environment: Readonly<Record<string, string>>): Promise<Frozen> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-frozen-'));
  const [port, adminPort] = [await freePort(), await freePort()];
  const config = {
    listen: `127.0.0.1:${port}`,
    admin: { listen: `127.0.0.1:${adminPort}` },
    upstreams: { main: { kind: 'openai-compatible', url: upstreamUrl, trust: 'self-hosted' } },
    replicas: { secret: 'env:REPLICA_SECRET', onCounterLoss: 'refuse', onKillLoss: 'local' },
  };
  writeFileSync(join(folder, 'sallyport.yaml'), JSON.stringify(config));
  const child = spawn(
    process.execPath,
    ['src/app/main.ts', 'up', '--config', join(folder, 'sallyport.yaml'), '--data', join(folder, 'data')],
    {
      cwd: ROOT,
      env: { ...process.env, ...environment, REPLICA_SECRET },
      stdio: 'ignore',
    },
  );
  onTestFinished(async () => {
    const gone = new Promise((resolve) => void child.once('exit', resolve));
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await gone;
    rmSync(folder, { recursive: true, force: true });
  });
  const adminUrl = `http://127.0.0.1:${adminPort}`;
  await until(
    async () =>
      fetch(`${adminUrl}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      ),
    20_000,
  );
  return { url: `http://127.0.0.1:${port}/v1`, adminUrl, child };
}

it('holds up nobody, passes no budget, and obeys within a second what was ordered meanwhile', async () => {
  const [postgres, valkey] = await Promise.all([startPostgres(), startValkey()]);
  onTestFinished(async () => {
    await postgres.stop();
    await valkey.stop();
  });
  const servers = { databaseUrl: await postgres.freshDatabase(), valkeyUrl: valkey.url };
  const made = await startGroup({ count: 1, ...servers });
  const [awake] = made.replicas;
  if (awake === undefined) throw new Error('one replica');
  made.upstream.answer((_, reply) => reply.json(chatAnswer({ content: 'fine' })));
  const frozen = await startProcess(made.upstream.url, { DATABASE_URL: servers.databaseUrl, VALKEY_URL: servers.valkeyUrl });
  // A request is charged a few tokens, and a thousand are set aside for it while it runs.
  const DAY = 4_000;
  const { key, id } = await made.newKey('acme', { ...WIDE, tokens: { day: DAY } });
  const { key: streaming } = await made.newKey('live', WIDE);
  const ask = async (url: string): Promise<number> => {
    const answer = await post({ url, key }, chat('Hello', { max_tokens: 1_000 }));
    await answer.arrayBuffer();
    return answer.status;
  };
  await until(async () => (await ask(frozen.url)) === 200, 3_000);
  for (let turn = 0; turn < 10; turn += 1) expect(await ask(frozen.url)).toBe(200);

  made.upstream.answer(async (_, reply) => {
    reply.open();
    for (let tick = 0; !reply.isGone && tick < 2_000; tick += 1) {
      await reply.write(chatChunk({ content: `tick ${tick} ` }));
      await pause(10);
    }
  });
  const stream = post({ url: frozen.url, key: streaming }, chat('Go.', { stream: true })).then((answer) => readAll(answer));
  await pause(300);
  made.upstream.answer((_, reply) => reply.json(chatAnswer({ content: 'fine' })));

  frozen.child.kill('SIGSTOP');
  const frozenAtMs = performance.now();
  awake.sallyport.rooms.access.killSwitch.order({ scope: 'tenant', subject: 'live', who: 'ada', reason: 'drill' });
  const times: number[] = [];
  while (performance.now() - frozenAtMs < FROZEN_MS) {
    const beganMs = performance.now();
    expect([200, 429]).toContain(await ask(awake.url));
    times.push(performance.now() - beganMs);
    await pause(50);
  }
  expect(Math.max(...times)).toBeLessThan(5_000);

  frozen.child.kill('SIGCONT');
  const thawedAtMs = performance.now();
  expect((await stream).endedAtMs - thawedAtMs).toBeLessThan(3_000);
  await until(
    async () =>
      fetch(`${frozen.adminUrl}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      ),
    3_000,
  );
  const both = await Promise.all(Array.from({ length: 100 }, (_, turn) => ask(turn % 2 === 0 ? awake.url : frozen.url)));
  expect(new Set(both)).toEqual(new Set([200, 429]));
  const rows = await awake.sallyport.rooms.state.db
    .selectFrom('budgetTotals')
    .select(['tokens', 'period'])
    .where('subject', '=', `key:${id}`)
    .execute();
  expect(rows.length).toBeGreaterThan(0);
  for (const { tokens } of rows) expect(tokens).toBeLessThanOrEqual(DAY);
}, 90_000);
