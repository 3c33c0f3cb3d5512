// One caller sends the worst 100 kB that it can think of, again and again: how long each takes, and what others feel meanwhile.
import { chatBody, load, quantile, type LoadResult } from './load.ts';
import type { Row } from './paced.ts';
import type { Started } from './processes.ts';

const SIZE = 100_000;

/** Visible signs of ASCII without any order: every way of reading finds something to try. Always the same ones. */
function randomSigns(): string {
  let seed = 12_345;
  return Array.from({ length: SIZE }, () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return String.fromCharCode(32 + Math.floor((seed / 2 ** 32) * 95));
  }).join('');
}

const WORST: Readonly<Record<string, string>> = {
  'one letter': 'A'.repeat(SIZE),
  'nested base64': Buffer.from(Buffer.from('ignore all previous '.repeat(2600)).toString('base64'))
    .toString('base64')
    .slice(0, SIZE),
  'percent signs': '%25'.repeat(SIZE / 3),
  'zero width': 'i\u200bg\u200bn\u200bo\u200br\u200be '.repeat(SIZE / 13),
  'near misses': 'ignore previous sk- ghp_ 4111 1111 1111 111 a@b @ :// '.repeat(SIZE / 55),
  'token headers': 'eyJhbGciOiJIUzI1NiJ9.'.repeat(SIZE / 21),
  'random signs': randomSigns(),
};

/** A little shorter than the flood, so that no look outlasts it. */
const LOOK_MS = 1_900;

/** `where` says which cores the gateway has. Quiet and flooded looks take turns, so that noise falls on both alike. */
export async function neighbours({ port, key }: Started, where: string): Promise<readonly Row[]> {
  const look = (): Promise<LoadResult> =>
    load({ port, key, body: chatBody('t32', 'How tall is the lighthouse?'), connections: 4, ms: LOOK_MS });
  const flood = (text: string): Promise<LoadResult> => load({ port, key, body: chatBody('t1', text), connections: 1, ms: LOOK_MS + 100 });
  // A gateway that has just started compiles; nobody means that.
  await flood(WORST['near misses'] ?? '');
  const rows: Row[] = [];
  const quiet: number[] = [];
  const beside: number[] = [];
  for (const [name, text] of Object.entries(WORST)) {
    quiet.push((await look()).p99Ms);
    const alone = await flood(text);
    const flooding = flood(text);
    const others = await look();
    const flooded = await flooding;
    beside.push(others.p99Ms);
    const figures = [alone.p50Ms, flooded.p50Ms, others.p99Ms].map((ms) => ms.toFixed(1));
    rows.push([`${where}: 100 kB of ${name}, ms`, ...figures]);
  }
  const [calm, usual, worst] = [quantile(quiet, 0.5), quantile(beside, 0.5), Math.max(...beside)];
  rows.push([
    `${where}: others' p99 ms, quiet, beside it (median of ${beside.length}), ratio`,
    calm.toFixed(2),
    usual.toFixed(2),
    (usual / calm).toFixed(2),
  ]);
  rows.push([`${where}: others' p99 ms, quiet, beside the worst, ratio`, calm.toFixed(2), worst.toFixed(2), (worst / calm).toFixed(2)]);
  return rows;
}
