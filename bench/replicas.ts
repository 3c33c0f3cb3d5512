// Several replicas over one PostgreSQL and one Valkey: `npm run bench -- replicas`. Needs the Debian package redis-server.
// First a budget raced by four replicas with Valkey ended twice, then what both servers cost a request, beside a gateway on its own file.
import { startPostgres } from '../test/support/postgres.ts';
import { startValkey } from '../test/support/valkey.ts';
import { chatBody, load, type LoadResult } from './support/load.ts';
import { pinSelf, startGateway, startScript, stopAll, type Started } from './support/processes.ts';
import { raceReserves } from './support/reserve-race.ts';

const UPSTREAM = 9390;
const ALONE = 9392;
const SHARED = 9394;
const QUICK = process.argv.includes('--quick');
const RESERVES = QUICK ? 100_000 : 1_000_000;
const ROUNDS = QUICK ? 3 : 7;
const MS = QUICK ? 2_000 : 5_000;

const row = (name: string, ...cells: readonly (string | number)[]): void =>
  console.log([name.padEnd(58), ...cells.map((cell) => String(cell).padStart(12))].join(' '));
const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

const BODY = chatBody('t32', 'Please summarise the quarterly shipping report for the northern region in two plain sentences. '.repeat(2));

const measure = ({ key, pid }: Started, port: number, connections: number): Promise<LoadResult> =>
  load({ port, key, body: BODY, connections, ms: MS, pid });

const postgres = await startPostgres();
const valkey = await startValkey();
try {
  await raceRows();
  await costRows();
} finally {
  await stopAll();
  await postgres.stop();
  await valkey.stop();
}

async function raceRows(): Promise<void> {
  const found = await raceReserves({
    replicas: 4,
    databaseUrl: await postgres.freshDatabase(),
    valkeyUrl: valkey.url,
    reserves: RESERVES,
    async onTenth(tenth) {
      if (tenth !== 3 && tenth !== 6) return;
      await valkey.kill();
      await valkey.start();
    },
  });
  row(`${RESERVES} reserves of 4 replicas, Valkey ended twice`, `${(found.ms / 1_000).toFixed(1)} s`);
  row('  taken, refused', found.taken, found.refused);
  row('  moments over the budget', found.over);
  row('  refused in vain', found.inVain, `${((100 * found.inVain) / RESERVES).toFixed(4)} %`);
  row('  failed for other reasons', found.lost);
  row('  left of the budget at the end', found.leftOver);
}

/** Interleaved rounds, so that noise falls on both alike; medians. */
async function costRows(): Promise<void> {
  pinSelf('1');
  await startScript('upstream.ts', 1, [String(UPSTREAM)]);
  const alone = await startGateway(ALONE, UPSTREAM);
  const shared = await startGateway(SHARED, UPSTREAM, '0', {
    environment: {
      DATABASE_URL: await postgres.freshDatabase(),
      VALKEY_URL: valkey.url,
      SALLYPORT_REPLICA_SECRET: 'a secret of the bench, and of nobody else',
    },
    more: 'replicas: { secret: "env:SALLYPORT_REPLICA_SECRET", onCounterLoss: refuse, onKillLoss: refuse }\n',
  });
  row('', 'own file', 'shared', 'ratio');
  for (const [name, connections] of [
    ['CPU µs a request, 32 connections', 32],
    ['CPU µs a request, 1 connection', 1],
  ] as const) {
    const results = { alone: [] as LoadResult[], shared: [] as LoadResult[] };
    for (let round = 0; round < ROUNDS; round += 1) {
      results.alone.push(await measure(alone, ALONE, connections));
      results.shared.push(await measure(shared, SHARED, connections));
    }
    const us = { alone: median(results.alone.map(({ cpuUs }) => cpuUs)), shared: median(results.shared.map(({ cpuUs }) => cpuUs)) };
    row(name, us.alone.toFixed(0), us.shared.toFixed(0), (us.shared / us.alone).toFixed(2));
    const p50 = { alone: median(results.alone.map(({ p50Ms }) => p50Ms)), shared: median(results.shared.map(({ p50Ms }) => p50Ms)) };
    row('  p50 ms', p50.alone.toFixed(2), p50.shared.toFixed(2));
    row('  refused', ...Object.values(results).map((list) => list.reduce((sum, { refused }) => sum + refused, 0)));
  }
}
