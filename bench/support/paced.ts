// Streams that arrive at the pace of a model: what the gateway adds to the first token, and to each one after it. Every token carries
// the moment at which the upstream wrote it; its delay ends with the event that brings its first new character.
import { request } from 'node:http';
import { chatBody, quantile } from './load.ts';
import { pause } from './processes.ts';
import { msSince, steadyUs } from './stamp.ts';

const TOKENS = 64;
const GAP_MS = 5;
const STREAM_MS = TOKENS * GAP_MS;
const ROUNDS = 4;

export type Row = readonly [string, ...(string | number)[]];

interface Shape {
  readonly name: string;
  readonly users: number;
  /** Streams of each user in one round, one after the other. */
  readonly streams: number;
  readonly isStaggered: boolean;
}

const SHAPES: readonly Shape[] = [
  { name: '1 stream', users: 1, streams: 4, isStaggered: true },
  { name: '8 streams, as users start them', users: 8, streams: 2, isStaggered: true },
  { name: '16 streams, as users start them', users: 16, streams: 2, isStaggered: true },
  { name: '16 streams in one instant', users: 16, streams: 1, isStaggered: false },
];

export interface Path {
  readonly port: number;
  readonly key?: string;
}

/** Both ways in turn, so that noise falls on both alike. The columns are: direct, through the gateway, added. */
export async function pacedStreams({ direct, gateway }: { readonly direct: Path; readonly gateway: Path }): Promise<readonly Row[]> {
  const rows: Row[] = [];
  // A gateway that has just started compiles; nobody means that.
  await oneRound(gateway, { name: '', users: 4, streams: 2, isStaggered: true });
  for (const shape of SHAPES) {
    const seen = { direct: [] as Timed[], gateway: [] as Timed[] };
    for (let round = 0; round < ROUNDS; round++) {
      seen.direct.push(...(await oneRound(direct, shape)));
      seen.gateway.push(...(await oneRound(gateway, shape)));
    }
    const compare = (what: string, of: (list: readonly Timed[]) => number): Row => {
      const [before, after] = [of(seen.direct), of(seen.gateway)];
      return [`${shape.name}: ${what}`, before.toFixed(2), after.toFixed(2), (after - before).toFixed(2)];
    };
    const firsts = (list: readonly Timed[]): number[] => list.map(({ firstMs }) => firstMs);
    const delays = (list: readonly Timed[]): number[] => list.flatMap(({ delaysMs }) => delaysMs);
    rows.push(
      compare('first token ms p50', (list) => quantile(firsts(list), 0.5)),
      compare('delay of a token ms p50', (list) => quantile(delays(list), 0.5)),
      compare('delay of a token ms p99', (list) => quantile(delays(list), 0.99)),
    );
  }
  return rows;
}

async function oneRound(path: Path, { users, streams, isStaggered }: Shape): Promise<readonly Timed[]> {
  const perUser = await Promise.all(
    Array.from({ length: users }, async (_, at) => {
      const seen: Timed[] = [];
      // Parts of the golden ratio fall evenly and never into step with the pace of the tokens.
      if (isStaggered) await pause(((at * 0.618_034) % 1) * STREAM_MS);
      for (let nth = 0; nth < streams; nth++) seen.push(await oneStream(path));
      return seen;
    }),
  );
  return perUser.flat();
}

interface Timed {
  /** From the request to the first text. */
  readonly firstMs: number;
  readonly delaysMs: readonly number[];
}

function oneStream({ port, key }: Path): Promise<Timed> {
  const body = chatBody(`t${TOKENS}-i${GAP_MS}-stamped`, 'Tell me about the weather at sea.', { stream: true });
  return new Promise((resolve, reject) => {
    const startUs = steadyUs();
    const arrivals: Arrival[] = [];
    let text = '';
    let rest = '';
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
          const atUs = steadyUs();
          const lines = (rest + data.toString('latin1')).split('\n');
          rest = lines.pop() ?? '';
          for (const line of lines) text += /"content":"([^"]*)"/.exec(line)?.[1] ?? '';
          arrivals.push({ atUs, units: text.length });
        });
        answer.on('error', reject);
        answer.on('end', () => {
          try {
            resolve(timed(startUs, text, arrivals));
          } catch (error) {
            reject(error);
          }
        });
      },
    );
    call.on('error', reject);
    call.end(body);
  });
}

interface Arrival {
  readonly atUs: number;
  /** Length of the text that had come by then. */
  readonly units: number;
}

function timed(startUs: number, text: string, arrivals: readonly Arrival[]): Timed {
  const words = text.split(' ');
  if (words.length !== TOKENS) throw new Error(`${words.length} of ${TOKENS} tokens came`);
  const delaysMs: number[] = [];
  let place = 0;
  let nth = 0;
  for (const word of words) {
    while ((arrivals[nth]?.units ?? Infinity) <= place) nth++;
    delaysMs.push(msSince(word, arrivals[nth]?.atUs ?? Number.NaN));
    // The blank before a word is the first character of its token.
    place += place === 0 ? word.length : word.length + 1;
  }
  const first = arrivals.find(({ units }) => units > 0)?.atUs ?? Number.NaN;
  return { firstMs: (first - startUs) / 1000, delaysMs };
}
