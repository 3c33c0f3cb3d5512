// Bytes on a socket exactly as a test writes them, for what no HTTP client would send.
import { connect } from 'node:net';

/** After the first bytes of an answer: as long as a second one could take. */
const QUIET_MS = 60;

/** Sends the bytes and gives all that comes back until the other side closes, falls quiet, or has said nothing for `silenceMs`. */
export function exchangeRaw(port: number, bytes: string | Uint8Array, silenceMs = 3_000): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let heard = '';
    const finish = (): void => {
      socket.destroy();
      resolve(heard);
    };
    socket.setTimeout(silenceMs, finish);
    socket.on('data', (chunk: Buffer) => {
      heard += chunk.toString('latin1');
      socket.setTimeout(QUIET_MS, finish);
    });
    socket.on('close', finish);
    socket.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNRESET' || error.code === 'EPIPE' ? finish() : reject(error),
    );
    socket.on('connect', () => socket.write(bytes));
  });
}

/** Status codes of the answers in what came back, in order. */
export const statusesIn = (heard: string): number[] => [...heard.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status));
