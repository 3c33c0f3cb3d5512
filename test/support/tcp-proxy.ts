// A line between a gateway and a real server that can be slow, still, or dead without saying so.
import { createConnection, createServer, type Socket } from 'node:net';

export interface TcpProxy {
  readonly port: number;
  /** Every answer takes so much longer from now on. */
  delay(ms: number): void;
  /** Nothing passes any more; connections stand, and new ones are taken. */
  hold(): void;
  /** What was held goes on. */
  release(): void;
  /** Connections that stand now never say anything again, as when the machine behind them lost its power; new ones work. */
  strand(): void;
  close(): Promise<void>;
}

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
  isStranded: boolean;
}

export async function startProxy(target: number): Promise<TcpProxy> {
  const pairs = new Set<Pair>();
  let isHeld = false;
  let delayMs = 0;
  let waiting: (() => void)[] = [];
  const server = createServer((near) => {
    const far = createConnection({ host: '127.0.0.1', port: target });
    const pair: Pair = { near, far, isStranded: false };
    pairs.add(pair);
    const pass = (to: Socket, bytes: Buffer, ms: number): void => {
      const write = (): void => void (pair.isStranded || to.destroyed || to.write(bytes));
      if (isHeld) waiting.push(write);
      else if (ms === 0) write();
      else setTimeout(write, ms);
    };
    near.on('data', (bytes: Buffer) => pass(far, bytes, 0));
    far.on('data', (bytes: Buffer) => pass(near, bytes, delayMs));
    const end = (): void => {
      pairs.delete(pair);
      far.destroy();
      if (!pair.isStranded) near.destroy();
    };
    for (const socket of [near, far]) socket.on('error', end).on('close', end);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    delay: (ms) => (delayMs = ms),
    hold: () => (isHeld = true),
    release() {
      isHeld = false;
      for (const write of waiting.splice(0)) write();
      waiting = [];
    },
    strand() {
      for (const pair of pairs) pair.isStranded = true;
    },
    async close() {
      const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
      for (const { near, far } of pairs) [near, far].forEach((socket) => socket.destroy());
      await closed;
    },
  };
}
