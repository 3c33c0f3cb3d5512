// A proxy that does nothing but parse the JSON: what node:http itself costs, the yardstick of every ratio.
import { Agent, createServer, request } from 'node:http';

const [port = '9300', upstreamPort = '9100'] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true, maxSockets: 512 });

createServer({ noDelay: true }, (incoming, outgoing) => {
  const chunks: Buffer[] = [];
  incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
  incoming.on('end', () => {
    const body = Buffer.concat(chunks);
    JSON.parse(body.toString());
    const call = request(
      {
        host: '127.0.0.1',
        port: Number(upstreamPort),
        path: incoming.url,
        method: 'POST',
        agent,
        headers: { 'content-type': 'application/json', 'content-length': body.length },
      },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      },
    );
    call.on('error', () => outgoing.destroy());
    call.end(body);
  });
}).listen(Number(port), '127.0.0.1', () => console.log('ready'));
