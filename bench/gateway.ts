// The gateway's figures on the built code, each beside the do-nothing proxy of the same run: `npm run bench -- gateway`.
// Cores: gateway and floor on 0, upstream and client on 1. On a noisy machine trust the ratios.
import { cpus } from 'node:os';
import { watchCompany } from './support/company.ts';
import { chatBody, cpuMsOf, load, residentMbOf, type LoadResult } from './support/load.ts';
import { pause, pinMainThread, pinSelf, startGateway, startScript, stopAll, type Started } from './support/processes.ts';
import { pacedStreams } from './support/paced.ts';
import { killLatency } from './support/kill.ts';
import { neighbours } from './support/neighbours.ts';

const UPSTREAM = 9190;
const FLOOR = 9191;
const GATEWAY = 9192;
// Beside each gateway stands its admin plane, one port on.
const FREER = 9195;
const ALL_CORES = `0-${cpus().length - 1}`;
const QUICK = process.argv.includes('--quick');
const MS = QUICK ? 2_000 : 6_000;
const ROUNDS = QUICK ? 1 : 3;
const filler = 'Please summarise the quarterly shipping report for the northern region in two plain sentences. ';

const row = (name: string, ...cells: readonly (string | number)[]): void =>
  console.log([name.padEnd(58), ...cells.map((cell) => String(cell).padStart(12))].join(' '));
const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

interface Targets {
  readonly floor: Started;
  readonly gateway: Started;
}

/** Interleaved rounds of both targets, so that noise falls on both alike; medians. */
async function compare({ floor, gateway }: Targets, body: string): Promise<{ readonly floor: LoadResult; readonly gateway: LoadResult }> {
  const results = { floor: [] as LoadResult[], gateway: [] as LoadResult[] };
  for (let round = 0; round < ROUNDS; round++) {
    results.floor.push(await load({ port: FLOOR, body, connections: 32, ms: MS, pid: floor.pid }));
    results.gateway.push(await load({ port: GATEWAY, key: gateway.key, body, connections: 32, ms: MS, pid: gateway.pid }));
  }
  const middle = (list: readonly LoadResult[]): LoadResult => {
    const us = median(list.map((result) => result.cpuUs));
    const found = list.find((result) => result.cpuUs === us);
    if (found === undefined) throw new Error('no round was run');
    return found;
  };
  return { floor: middle(results.floor), gateway: middle(results.gateway) };
}

function history(): string {
  const messages = [{ role: 'system', content: 'You are a helpful assistant.' }];
  for (let turn = 0; turn < 10; turn++) {
    messages.push({ role: turn % 2 === 0 ? 'user' : 'assistant', content: filler.repeat(17) });
  }
  messages.push({ role: 'user', content: filler });
  const tools = Array.from({ length: 10 }, (_, at) => ({
    type: 'function',
    function: {
      name: `lookup_${at}`,
      description: 'Looks up the current state of one shipment by its reference and region.',
      parameters: {
        type: 'object',
        properties: {
          reference: { type: 'string', description: 'Reference of the shipment.' },
          region: { type: 'string', enum: ['north', 'south'] },
        },
        required: ['reference'],
      },
    },
  }));
  return JSON.stringify({ model: 't32', messages, tools });
}

async function cpuRows(targets: Targets): Promise<void> {
  row('', 'floor', 'gateway', 'ratio');
  for (const [name, body] of [
    ['CPU µs a request, 200 characters, whole', chatBody('t32', filler.repeat(3).slice(0, 200))],
    ['CPU µs a request, 200 characters, streamed', chatBody('t32', filler.repeat(3).slice(0, 200), { stream: true })],
    ['CPU µs a request, 16 kB history and 10 tools', history()],
  ] as const) {
    const { floor, gateway } = await compare(targets, body);
    row(name, floor.cpuUs.toFixed(0), gateway.cpuUs.toFixed(0), (gateway.cpuUs / floor.cpuUs).toFixed(2));
    row(
      '  requests a second, 32 connections',
      floor.perSecond.toFixed(0),
      gateway.perSecond.toFixed(0),
      (gateway.perSecond / floor.perSecond).toFixed(2),
    );
    row('  refused', floor.refused, gateway.refused);
    if (body.length > 10_000)
      row('  CPU µs a kB', (floor.cpuUs / (body.length / 1024)).toFixed(1), (gateway.cpuUs / (body.length / 1024)).toFixed(1));
  }
}

async function memoryRows(gateway: Started): Promise<void> {
  const body = chatBody('t32', filler.repeat(3).slice(0, 200));
  const steps = QUICK ? [5_000] : process.argv.includes('--long') ? [60_000, 240_000] : [60_000];
  let total = 0;
  for (const requests of steps) {
    await load({ port: GATEWAY, key: gateway.key, body, connections: 32, requests });
    total += requests;
    row(`resident MB after ${total} requests`, '', residentMbOf(gateway.pid));
  }
}

/** The same, with the threads for long texts free to use the other core. */
async function freerRows(upstream: Started): Promise<void> {
  const freer = await startGateway(FREER, UPSTREAM, ALL_CORES);
  await load({ port: FREER, key: freer.key, body: chatBody('t1', 'Wake the threads. '.repeat(5_000)), connections: 4, requests: 8 });
  if (!pinMainThread(freer.pid, 0)) return row('threads free to use another core: not measured, there is no taskset here');
  const companyOf = watchCompany([upstream.pid, freer.pid]);
  for (const line of await neighbours(freer, 'threads free')) row(...line);
  row('  per cent of the machine taken by others meanwhile', companyOf().toFixed(0));
}

async function main(): Promise<void> {
  pinSelf('1');
  const upstream = await startScript('upstream.ts', 1, [String(UPSTREAM)]);
  const floor = await startScript('floor.ts', 0, [String(FLOOR), String(UPSTREAM)]);
  const gateway = await startGateway(GATEWAY, UPSTREAM);
  // It wakes its judges first.
  await pause(3_000);
  row('resident MB, idle', residentMbOf(floor.pid), residentMbOf(gateway.pid));
  const idleCpuMs = cpuMsOf(gateway.pid);
  await pause(2_000);
  row('CPU of the idle gateway, per cent of a core', '', ((cpuMsOf(gateway.pid) - idleCpuMs) / 20).toFixed(1));
  if (!process.argv.includes('--latency')) {
    await memoryRows(gateway);
    await cpuRows({ floor, gateway });
  }
  let companyOf = watchCompany([upstream.pid, floor.pid, gateway.pid]);
  row('', 'direct', 'gateway', 'added');
  for (const line of await pacedStreams({ direct: { port: UPSTREAM }, gateway: { port: GATEWAY, key: gateway.key } })) row(...line);
  row('  per cent of the machine taken by others meanwhile', companyOf().toFixed(0));
  companyOf = watchCompany([upstream.pid, floor.pid, gateway.pid]);
  row('', 'p50 alone', 'p50 beside', "others' p99");
  for (const line of await neighbours(gateway, 'one core')) row(...line);
  row('  per cent of the machine taken by others meanwhile', companyOf().toFixed(0));
  await freerRows(upstream);
  // Whoever gives the order is another process, and takes whatever core is free.
  pinSelf(ALL_CORES);
  for (const line of await killLatency({ port: GATEWAY, gateway, streams: QUICK ? 200 : 1_000 })) row(...line);
}

try {
  await main();
} finally {
  await stopAll();
}
