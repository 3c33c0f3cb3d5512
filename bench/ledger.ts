// What recording costs: acknowledged events a second at 1, 32 and 200 writers, and CPU time for each, on a real disk.
// Run: node bench/ledger.ts [folder]
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../src/io/clock.ts';
import { diskFiles } from '../src/io/files/disk-files.ts';
import { systemRandom } from '../src/io/random.ts';
import type { Ledger } from '../src/ledger/ledger.ts';
import { openLedger } from '../src/ledger/ledger.ts';

const SECONDS = 3;
const parent = process.argv[2] ?? tmpdir();

/** An event as the gateway writes it when a request is closed. */
function closedEvent(n: number, ledger: Ledger) {
  return {
    kind: 'request.closed',
    atMs: Date.now(),
    tenant: 'bench',
    requestId: `req_${String(n).padStart(20, '0')}`,
    data: {
      commitment: ledger.commit('bench', TEXT),
      findings: [{ action: 'redact', class: 'secret', rule: 'secrets.aws-access-key', score: 0.98 }],
      model: 'demo-small',
      policy: 'standard@1',
      usage: { completionTokens: 32, promptTokens: 57 },
      verdict: 'redact',
    },
  };
}

const TEXT = 'What is the weather like in Lisbon tomorrow, and should I take an umbrella? '.repeat(4);

interface Run {
  readonly events: number;
  readonly seconds: number;
  readonly cpuUs: number;
}

async function measure(writers: number, append: (ledger: Ledger, n: number) => Promise<void>): Promise<Run> {
  const directory = await mkdtemp(join(parent, 'ledger-bench-'));
  const ledger = await openLedger({ directory, files: diskFiles, clock: systemClock, random: systemRandom });
  let events = 0;
  const started = performance.now();
  const cpu = process.cpuUsage();
  const until = started + SECONDS * 1000;
  await Promise.all(
    Array.from({ length: writers }, async () => {
      while (performance.now() < until) await append(ledger, events++);
    }),
  );
  const used = process.cpuUsage(cpu);
  const seconds = (performance.now() - started) / 1000;
  await ledger.close();
  await rm(directory, { recursive: true });
  return { events, seconds, cpuUs: (used.user + used.system) / events };
}

function measureLoop(name: string, count: number, work: () => void): void {
  for (let n = 0; n < count / 10; n++) work();
  const cpu = process.cpuUsage();
  for (let n = 0; n < count; n++) work();
  const used = process.cpuUsage(cpu);
  console.log(`${name.padEnd(44)} ${((used.user + used.system) / count).toFixed(2).padStart(8)} µs`);
}

async function measureCommit(): Promise<void> {
  const directory = await mkdtemp(join(parent, 'ledger-bench-'));
  const ledger = await openLedger({ directory, files: diskFiles, clock: systemClock, random: systemRandom });
  measureLoop(`commit to ${TEXT.length} characters`, 100_000, () => void ledger.commit('bench', TEXT));
  await ledger.close();
  await rm(directory, { recursive: true });
}

console.log('writers  promise    acknowledged/s    CPU µs an event (loop, threads, kernel)');
for (const writers of [1, 32, 200]) {
  for (const promise of ['written', 'durable'] as const) {
    const { events, seconds, cpuUs } = await measure(writers, (ledger, n) => ledger.append(closedEvent(n, ledger))[promise]);
    const rate = Math.round(events / seconds).toLocaleString('en');
    console.log(`${String(writers).padStart(7)}  ${promise}  ${rate.padStart(15)}    ${cpuUs.toFixed(1).padStart(10)}`);
  }
}
await measureCommit();
