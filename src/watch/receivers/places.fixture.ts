// Receivers on loopback, each speaking its own protocol, and each ready to misbehave.
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { createServer as createTcpServer, type Server as TcpServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { onTestFinished } from 'vitest';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface HttpPlaceFixture {
  readonly url: string;
  readonly asked: Asked[];
  /** What to answer; may be changed at any time. `cut` ends the connection without an answer. */
  answer: (asked: Asked) => Answer | 'cut';
}

export async function httpPlace(answer: HttpPlaceFixture['answer']): Promise<HttpPlaceFixture> {
  const place = { url: '', asked: [] as Asked[], answer };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const bytes = Buffer.concat(chunks);
      const text = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString();
      const asked = { method: request.method ?? '', path: request.url ?? '', headers: request.headers, text };
      place.asked.push(asked);
      const said = place.answer(asked);
      if (said === 'cut') return void request.socket.destroy();
      response.writeHead(said.status ?? 200, { 'content-type': 'application/json', ...said.headers });
      response.end(said.body === undefined ? '' : typeof said.body === 'string' ? said.body : JSON.stringify(said.body));
    });
  });
  place.url = `http://127.0.0.1:${await listening(server)}`;
  return place;
}

/** A server for raw connections; `on` gets each one. */
export async function tcpPlace(on: (socket: Socket) => void): Promise<{ readonly port: number; cut(): void }> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    on(socket);
  });
  const port = await listening(server);
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  onTestFinished(cut);
  return { port, cut };
}

async function listening(server: Server | TcpServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    if ('closeAllConnections' in server) server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

/** A NATS server with one stream of JetStream, as far as publishing goes. `reply` may answer something else. */
export function natsSpeaker(
  stored: Map<string, string>,
  reply: (id: string) => string | undefined = () => undefined,
): (socket: Socket) => void {
  return (socket) => {
    let text = Buffer.alloc(0);
    let sid = '1';
    socket.write('INFO {"server_id":"x","headers":true,"max_payload":65536}\r\n');
    const next = (): boolean => {
      const end = text.indexOf('\r\n');
      if (end < 0) return false;
      const line = text.toString('utf8', 0, end);
      const words = line.split(' ');
      if (words[0] !== 'HPUB') {
        text = text.subarray(end + 2);
        if (words[0] === 'SUB') sid = words[2] ?? '1';
        if (words[0] === 'PING') socket.write('PONG\r\n');
        return true;
      }
      const [head, total] = [Number(words[3]), Number(words[4])];
      if (text.length < end + 2 + total + 2) return false;
      const header = text.toString('utf8', end + 2, end + 2 + head);
      const payload = text.toString('utf8', end + 2 + head, end + 2 + total);
      text = text.subarray(end + 2 + total + 2);
      const id = /Nats-Msg-Id: (\S+)/.exec(header)?.[1] ?? '';
      const isRepeat = stored.has(id);
      const said = reply(id) ?? JSON.stringify({ stream: 'EVENTS', seq: stored.size + 1, ...(isRepeat ? { duplicate: true } : {}) });
      if (said.startsWith('{"stream"')) stored.set(id, payload);
      if (said === 'no responders') socket.write(`HMSG ${words[2]} ${sid} 16 16\r\nNATS/1.0 503\r\n\r\n\r\n`);
      else socket.write(`MSG ${words[2]} ${sid} ${Buffer.byteLength(said)}\r\n${said}\r\n`);
      return true;
    };
    socket.on('data', (bytes: Buffer) => {
      text = Buffer.concat([text, bytes]);
      while (next());
    });
  };
}
