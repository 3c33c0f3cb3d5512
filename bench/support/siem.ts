// A SIEM that can be killed: it answers only after the uids of a batch are on its disk. Usage: node siem.ts PORT FILE
import { appendFileSync, fsyncSync, openSync } from 'node:fs';
import { createServer } from 'node:http';

const [port = '0', file = 'uids'] = process.argv.slice(2);
const descriptor = openSync(file, 'a');

createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const events = JSON.parse(Buffer.concat(chunks).toString()) as { metadata: { uid: string } }[];
    appendFileSync(descriptor, events.map(({ metadata }) => `${metadata.uid}\n`).join(''));
    fsyncSync(descriptor);
    response.writeHead(200).end();
  });
}).listen(Number(port), '127.0.0.1');
