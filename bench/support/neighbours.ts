// One caller sends the worst 100 kB that it can think of, again and again: how long each takes, and what others feel meanwhile.
import { chatBody, load } from './load.ts';
import type { Row } from './paced.ts';
import type { Started } from './processes.ts';

const SIZE = 100_000;
const WORST: Readonly<Record<string, string>> = {
  'one letter': 'A'.repeat(SIZE),
  'nested base64': Buffer.from(Buffer.from('ignore all previous '.repeat(2600)).toString('base64'))
    .toString('base64')
    .slice(0, SIZE),
  'percent signs': '%25'.repeat(SIZE / 3),
  'zero width': 'i\u200bg\u200bn\u200bo\u200br\u200be '.repeat(SIZE / 13),
  'near misses': 'ignore previous sk- ghp_ 4111 1111 1111 111 a@b @ :// '.repeat(SIZE / 55),
};

export async function neighbours({ port, gateway }: { readonly port: number; readonly gateway: Started }): Promise<readonly Row[]> {
  const rows: Row[] = [];
  const quiet = await load({ port, key: gateway.key, body: chatBody('t32', 'How tall is the lighthouse?'), connections: 4, ms: 2_000 });
  let worstP99 = 0;
  for (const [name, text] of Object.entries(WORST)) {
    const flood = load({ port, key: gateway.key, body: chatBody('t1', text), connections: 1, ms: 2_000 });
    const others = await load({ port, key: gateway.key, body: chatBody('t32', 'How tall is the lighthouse?'), connections: 4, ms: 1_900 });
    const flooded = await flood;
    worstP99 = Math.max(worstP99, others.p99Ms);
    rows.push([`100 kB of ${name}: ms p50, p99`, flooded.p50Ms.toFixed(1), flooded.p99Ms.toFixed(1)]);
  }
  rows.push([
    'p99 ms of others: quiet, beside the worst, ratio',
    quiet.p99Ms.toFixed(2),
    worstP99.toFixed(2),
    (worstP99 / quiet.p99Ms).toFixed(2),
  ]);
  return rows;
}
