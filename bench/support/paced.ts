// A stream that arrives at the pace of a model: what the gateway adds to the first token, and to each one after it.
// The delay of a token is from the upstream's event to the event that releases its first new text.
import { request } from 'node:http';
import { chatBody, quantile } from './load.ts';

const TOKENS = 64;
const GAP_MS = 5;
const STREAMS = 16;
const ROUNDS = 4;

export type Row = readonly [string, ...(string | number)[]];

export async function pacedStreams(at: {
  readonly direct: number;
  readonly gateway: number;
  readonly key: string;
}): Promise<readonly Row[]> {
  const direct: Timed[] = [];
  const guarded: Timed[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    direct.push(...(await Promise.all(Array.from({ length: STREAMS }, () => oneStream(at.direct)))));
    guarded.push(...(await Promise.all(Array.from({ length: STREAMS }, () => oneStream(at.gateway, at.key)))));
  }
  const first = (list: readonly Timed[]): number =>
    quantile(
      list.map((stream) => stream.firstMs),
      0.5,
    );
  const gaps = (list: readonly Timed[], q: number): number =>
    quantile(
      list.flatMap((stream) => stream.lagsMs),
      q,
    );
  return [
    [
      'first token ms p50 (direct, gateway, added)',
      first(direct).toFixed(2),
      first(guarded).toFixed(2),
      (first(guarded) - first(direct)).toFixed(2),
    ],
    [
      'lag behind the pace ms p50',
      gaps(direct, 0.5).toFixed(2),
      gaps(guarded, 0.5).toFixed(2),
      (gaps(guarded, 0.5) - gaps(direct, 0.5)).toFixed(2),
    ],
    [
      'lag behind the pace ms p99',
      gaps(direct, 0.99).toFixed(2),
      gaps(guarded, 0.99).toFixed(2),
      (gaps(guarded, 0.99) - gaps(direct, 0.99)).toFixed(2),
    ],
    ['events with text a stream', (direct[0]?.events ?? 0).toFixed(0), (guarded[0]?.events ?? 0).toFixed(0)],
  ];
}

interface Timed {
  readonly firstMs: number;
  /** How much later than the first event plus its place times the pace each event came. */
  readonly lagsMs: readonly number[];
  readonly events: number;
}

function oneStream(port: number, key?: string): Promise<Timed> {
  const body = chatBody(`t${TOKENS}-i${GAP_MS}`, 'Tell me about the weather at sea.', { stream: true });
  return new Promise((resolve, reject) => {
    const startMs = performance.now();
    const times: number[] = [];
    const call = request(
      {
        port,
        host: '127.0.0.1',
        method: 'POST',
        path: '/v1/chat/completions',
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
        },
      },
      (answer) => {
        answer.on('data', (data: Buffer) => {
          const texts = data.toString('latin1').match(/"content":"[^"]/g)?.length ?? 0;
          for (let at = 0; at < texts; at++) times.push(performance.now());
        });
        answer.on('end', () => {
          const [first = Number.NaN] = times;
          resolve({ firstMs: first - startMs, lagsMs: times.map((time, at) => time - first - at * GAP_MS), events: times.length });
        });
      },
    );
    call.on('error', reject);
    call.end(body);
  });
}
