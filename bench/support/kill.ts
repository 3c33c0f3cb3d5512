// From a kill order on disk, given by another process, to the last byte of a thousand open streams, with the machine busy.
import { spawn } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { chatBody, load } from './load.ts';
import type { Row } from './paced.ts';
import { pause, type Started } from './processes.ts';

const LAUNCHER = join(import.meta.dirname, '..', '..', 'bin', 'sallyport.js');

export async function killLatency({
  port,
  gateway,
  streams,
}: {
  readonly port: number;
  readonly gateway: Started;
  readonly streams: number;
}): Promise<readonly Row[]> {
  const open = Array.from({ length: streams }, () => new OpenStream(port, gateway.key));
  await pause(4_000);
  const live = open.filter((stream) => stream.hasText && !stream.isOver);
  const busy = load({ port, key: gateway.key, body: chatBody('t32', 'Keep busy.'), connections: 16, ms: 3_000 }).catch(() => undefined);
  await pause(1_000);
  const orderedMs = await order(gateway.dataFolder);
  await pause(3_000);
  await busy;
  const last = Math.max(...live.map((stream) => stream.lastByteMs));
  const cut = live.filter((stream) => stream.isOver).length;
  for (const stream of open) stream.close();
  return [[`kill order to last byte, ${live.length} streams (ms, streams cut)`, (last - orderedMs).toFixed(0), cut]];
}

/** Gives the order as `sallyport kill` does, and the moment at which its file was on disk. */
function order(dataFolder: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [LAUNCHER, 'kill', '--everything', '--reason', 'bench', '--data', dataFolder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    child.stdout.once('data', () => resolve(performance.now()));
    child.once('error', reject);
    child.once('exit', (code) => (code === 0 ? resolve(performance.now()) : reject(new Error(`kill ended with ${code}`))));
  });
}

class OpenStream {
  lastByteMs = 0;
  hasText = false;
  isOver = false;
  readonly #socket: Socket;

  constructor(port: number, key: string) {
    const body = chatBody('t4000-i20', 'A long story, please.', { stream: true, max_tokens: 4000 });
    this.#socket = connect({ port, host: '127.0.0.1' });
    this.#socket.write(
      `POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncontent-type: application/json\r\nauthorization: Bearer ${key}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
    this.#socket.on('data', (data) => {
      this.lastByteMs = performance.now();
      const text = data.toString('latin1');
      if (text.includes('"content":"')) this.hasText = true;
      if (text.includes('"error"') || text.endsWith('0\r\n\r\n')) this.isOver = true;
    });
    this.#socket.on('close', () => (this.isOver = true));
    this.#socket.on('error', () => (this.isOver = true));
  }

  close(): void {
    this.#socket.destroy();
  }
}
