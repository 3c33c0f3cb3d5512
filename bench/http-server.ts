// Why the data plane stands on node:http: the same echo on node:http and, where it is installed, on Fastify, in one run.
import { createServer } from 'node:http';
import { load } from './support/load.ts';

const PORT = 9195;
const BODY = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hello '.repeat(30) }] });

interface Echo {
  readonly name: string;
  start(): Promise<() => Promise<void>>;
}

const plain: Echo = {
  name: 'node:http',
  start: () =>
    new Promise((resolve) => {
      const server = createServer((incoming, outgoing) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('end', () => {
          const text = JSON.stringify(JSON.parse(Buffer.concat(chunks).toString()));
          outgoing.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
          outgoing.end(text);
        });
      });
      server.listen(PORT, '127.0.0.1', () => resolve(() => new Promise((done) => server.close(() => done()))));
    }),
};

async function fastifyEcho(): Promise<Echo | undefined> {
  const name = 'fastify';
  try {
    const { default: fastify } = (await import(name)) as {
      default: () => {
        post(path: string, handler: (request: { body: unknown }) => unknown): void;
        listen(at: object): Promise<unknown>;
        close(): Promise<void>;
      };
    };
    return {
      name,
      async start() {
        const app = fastify();
        app.post('/v1/chat/completions', (request) => request.body);
        await app.listen({ port: PORT, host: '127.0.0.1' });
        return () => app.close();
      },
    };
  } catch {
    console.log('fastify is not installed here: "npm i --no-save fastify" adds it to this bench');
    return undefined;
  }
}

for (let round = 0; round < 2; round++) {
  for (const echo of [plain, await fastifyEcho()]) {
    if (echo === undefined) continue;
    const stop = await echo.start();
    const result = await load({ port: PORT, body: BODY, connections: 32, ms: 3_000, pid: process.pid });
    console.log(
      `${echo.name.padEnd(12)} ${result.perSecond.toFixed(0).padStart(8)} requests a second  ${result.cpuUs.toFixed(0).padStart(6)} µs (with the client)`,
    );
    await stop();
  }
}
