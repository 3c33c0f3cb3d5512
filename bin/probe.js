// Asks the admin plane of the gateway in this container: `node bin/probe.js readyz`. Exit 0 when it says yes. Small, because it runs every two seconds.
import { get } from 'node:http';

const [path = 'readyz', port = '8788'] = process.argv.slice(2);
const asked = get({ host: '127.0.0.1', port: Number(port), path: `/${path}`, timeout: 2_000 }, (answer) => {
  answer.resume();
  process.exit(answer.statusCode === 200 ? 0 : 1);
});
asked.on('timeout', () => asked.destroy(new Error('no answer in 2 s')));
asked.on('error', (error) => {
  console.error(`sallyport: ${error.message}`);
  process.exit(1);
});
