// A Valkey or Redis server for tests: the Debian binary on a free port, in a folder of its own, gone afterwards.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'iovalkey';
import { freePort } from './postgres.ts';

export interface TestValkey {
  readonly port: number;
  readonly url: string;
  /** Ends the server as a crash would: it keeps nothing. */
  kill(): Promise<void>;
  /** Starts it again, empty, on the same port. */
  start(): Promise<void>;
  /** Runs one command and hands on what it answers, a text or a list of texts. */
  run(command: readonly string[], read?: (answer: readonly string[]) => Promise<void>): Promise<void>;
  stop(): Promise<void>;
}

export const VALKEY_PASSWORD = ['test', 'valkey', 'password'].join('-');

export async function startValkey(): Promise<TestValkey> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-valkey-'));
  const port = await freePort();
  let child: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    const settings = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--requirepass', VALKEY_PASSWORD];
    child = spawn(process.env['SALLYPORT_VALKEY'] ?? 'redis-server', [...settings, '--dir', folder], { stdio: 'ignore' });
    child.once('error', (error) => {
      throw new Error('redis-server is not installed', { cause: error });
    });
    for (let tries = 0; tries < 200; tries += 1) {
      if (await isListening(port)) return;
      await new Promise((resolve) => void setTimeout(resolve, 10));
    }
    throw new Error('redis-server did not start');
  };
  const kill = async (): Promise<void> => {
    const ending = child;
    if (ending === undefined || ending.exitCode !== null || ending.signalCode !== null) return;
    const gone = new Promise<void>((resolve) => void ending.once('exit', () => resolve()));
    ending.kill('SIGKILL');
    await gone;
  };
  await start();
  return {
    port,
    url: `redis://:${VALKEY_PASSWORD}@127.0.0.1:${port}/0`,
    kill,
    start,
    async run([name = '', ...rest], read) {
      const client = new Redis({ host: '127.0.0.1', port, password: VALKEY_PASSWORD });
      try {
        const answer: unknown = await client.call(name, rest);
        await read?.([answer].flat().map(String));
      } finally {
        client.disconnect();
      }
    },
    async stop() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1' });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
