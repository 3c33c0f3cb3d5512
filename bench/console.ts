// The console's figures: a million requests narrowed, counted and charted over the admin API, the tail of the ledger followed, and
// what looking costs the process that serves requests. The records go through the ledger's own writer, in the gateway's own form;
// no request is sent for them, because a million of those would measure the gateway.
// Usage: node bench/console.ts [--rows N]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { parseConfig } from '../src/app/config/load.ts';
import { startSallyport, type Sallyport } from '../src/app/serve/sallyport.ts';
import type { JsonObject, LedgerEvent } from '../src/core/types.ts';
import { seededChance } from '../src/io/files/seeded-chance.ts';
import { pause } from './support/processes.ts';

const { values } = parseArgs({
  options: { rows: { type: 'string', default: '1000000' }, fill: { type: 'string' } },
  allowPositionals: true,
});
const ROWS = Number(values.rows);
const RUNS = 7;
const ADMIN_KEY = ['bench', 'admin', 'key', '0123456789', '0123456789', '0123456789'].join('-');
const TENANTS = Array.from({ length: 40 }, (_, at) => `tenant-${at}`);
const MODELS = ['gpt-5', 'gpt-5-mini', 'claude-sonnet', 'llama-3.1-8b', 'mistral-small'];
const RULES = ['injection.override', 'injection.indirect', 'jailbreak.role-play', 'secrets.tokens', 'pii.email', 'pii.numbers'];

const folder = values.fill ?? mkdtempSync(join(tmpdir(), 'sallyport-bench-console-'));
const chance = seededChance(7);
const pick = <Value>(list: readonly Value[], share: number): Value | undefined => list[Math.floor(share * list.length)];

function requestEvents(at: number, atMs: number): readonly LedgerEvent[] {
  const [tenantShare = 0, modelShare = 0, kindShare = 0, timeShare = 0] = [...chance.bytes(4)].map((byte) => byte / 256);
  const tenant = pick(TENANTS, tenantShare ** 2) ?? '';
  const requestId = `req_${String(at).padStart(20, '0')}`;
  const principal = `p${String(Math.floor(tenantShare * 200)).padStart(15, '0')}`;
  const isFound = kindShare < 0.1;
  const isBlocked = kindShare < 0.04;
  const finding = { rule: pick(RULES, timeShare) ?? '', class: 'injection', severity: 'high', score: 0.9, pointer: '/messages/0/content', start: 0, end: 9, reason: 'r', taxonomy: 'direct-injection', origin: 'user', action: isBlocked ? 'block' : 'record' }; // prettier-ignore
  const data: JsonObject = {
    principal, format: 'openai-chat', model: pick(MODELS, modelShare) ?? '', upstream: 'main', trust: 'external', policy: 'standard', revision: 'r1',
    verdict: isBlocked ? 'block' : 'allow', findings: { count: isFound ? 1 : 0, listed: isFound ? [finding] : [] }, failure: null,
    content: { digest: 'd'.repeat(43), nonce: at }, reservation: { id: `b.${at.toString(36)}`, keyId: `k${principal.slice(-6)}`, tenant, microUnits: 900, tokens: 300, atMs },
  }; // prettier-ignore
  const ms = Math.round(20 + timeShare ** 4 * 9_000);
  const closed: JsonObject = {
    status: isBlocked ? 403 : 200, verdict: 'allow', findings: { count: 0, listed: [] }, reason: isBlocked ? 'blocked_by_policy' : null,
    usage: { inputTokens: 120, outputTokens: 80 }, durationMs: ms, content: { digest: 'd'.repeat(43), nonce: at },
    reservation: { id: `b.${at.toString(36)}`, microUnits: 300, tokens: 200, estimated: false },
  }; // prettier-ignore
  return [
    { kind: 'request.opened', atMs, tenant, requestId, data },
    { kind: 'request.closed', atMs: atMs + ms, tenant, requestId, data: closed },
  ];
}

async function fill(sallyport: Sallyport, rows: number): Promise<void> {
  const { ledger } = sallyport.rooms;
  const begin = Date.now() - 7 * 86_400_000;
  for (let at = 0; at < rows; at += 4_000) {
    const receipts = Array.from({ length: Math.min(4_000, rows - at) }, (_, more) => at + more).flatMap((one) =>
      requestEvents(one, begin + Math.floor((one / rows) * 7 * 86_400_000)).map((event) => ledger.append(event)),
    );
    await receipts.at(-1)?.durable;
  }
}

if (values.fill === undefined) {
  // In a process of its own, so that what writing leaves in memory is not counted as the price of looking.
  const from = performance.now();
  const { status } = spawnSync(process.execPath, [import.meta.filename, '--rows', String(ROWS), '--fill', folder], { stdio: 'inherit' });
  if (status !== 0) process.exit(1);
  console.log(`${ROWS} requests (${2 * ROWS} records) written through the ledger in ${seconds(performance.now() - from)} s`);
}

const sallyport = await startSallyport({
  config: parseConfig(JSON.stringify({ listen: '127.0.0.1:0' }), 'bench.yaml'),
  dataFolder: folder,
  environment: { SALLYPORT_ADMIN_KEY: ADMIN_KEY },
  log: pino({ level: 'error' }, pino.destination(2)),
});
const url = `http://127.0.0.1:${sallyport.admin.port}`;
const headers = { authorization: `Bearer ${ADMIN_KEY}` };

interface Reply {
  readonly behind: number;
  readonly total?: number;
  readonly items?: readonly unknown[];
}

const get = async (path: string): Promise<Reply> => (await (await fetch(url + path, { headers })).json()) as Reply;

const day = (daysAgo: number): number => Date.now() - daysAgo * 86_400_000;
const LOOKS: readonly (readonly [string, string])[] = [
  ['newest 50', '/api/requests?limit=50'],
  ['one tenant, blocked', '/api/requests?tenant=tenant-3&verdict=block&limit=50'],
  ['a filter that nothing passes', '/api/requests?tenant=tenant-39&status=500&limit=50'],
  ['rule prefix, slow, one model', '/api/requests?rule=jailbreak.*&minMs=5000&model=gpt-5&limit=50'],
  ['id by its beginning', '/api/requests?q=req_0000000000000000012'],
  ['facets of everything', '/api/requests/facets'],
  ['facets, narrowed', '/api/requests/facets?class=injection&tenant=tenant-0'],
  ['seven days in 168 bars', `/api/requests/series?bucketMs=3600000&from=${day(7)}&to=${day(0)}`],
  ['one day in 1,440 bars, one tenant', `/api/requests/series?bucketMs=60000&tenant=tenant-1&from=${day(1)}&to=${day(0)}`],
];

if (values.fill !== undefined) {
  await fill(sallyport, ROWS);
  await sallyport.stop();
  process.exit(0);
}

try {
  console.log(`resident memory before anybody looks: ${megabytes(process.memoryUsage.rss())}`);
  const cpuFrom = process.threadCpuUsage();
  const builtFrom = performance.now();
  while ((await get('/api/requests?limit=1')).behind > 0) await pause(250);
  const cpu = process.threadCpuUsage(cpuFrom);
  console.log(
    `index built in ${seconds(performance.now() - builtFrom)} s; the serving thread spent ${((cpu.user + cpu.system) / 1e6).toFixed(2)} s CPU meanwhile`,
  );
  for (const [name, path] of LOOKS) {
    const times: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      const from = performance.now();
      await get(path);
      times.push(performance.now() - from);
    }
    const sorted = times.slice(1).toSorted((a, b) => a - b);
    console.log(`${name.padEnd(36)} first ${ms(times[0])}  median ${ms(sorted[Math.floor(sorted.length / 2)])}  most ${ms(sorted.at(-1))}`);
  }
  console.log(`resident memory while somebody looks, thread included: ${megabytes(process.memoryUsage.rss())}; index.db ${megabytes(statSync(join(folder, 'index.db')).size)}`); // prettier-ignore
  await live(1_000);
  await live(5_000);
} finally {
  await sallyport.stop();
  rmSync(folder, { recursive: true, force: true });
}

/** Records so many requests a second for three seconds while a console looks on. */
async function live(perSecond: number): Promise<void> {
  const abort = new AbortController();
  const response = await fetch(`${url}/api/live`, { headers, signal: abort.signal });
  let rows = 0;
  let dropped = 0;
  let goes = 0;
  const reading = (async () => {
    let rest = '';
    for await (const chunk of response.body ?? []) {
      goes += 1;
      const blocks = (rest + Buffer.from(chunk).toString()).split('\n\n');
      rest = blocks.pop() ?? '';
      rows += blocks.filter((block) => block.startsWith('event: request')).length;
      for (const block of blocks) dropped += Number(/^event: lag\ndata: \{"dropped":(\d+)/.exec(block)?.[1] ?? 0);
    }
  })().catch(() => undefined);
  await pause(300);
  const cpuFrom = process.threadCpuUsage();
  const from = performance.now();
  let made = 0;
  while (performance.now() - from < 3_000) {
    const wanted = Math.floor(((performance.now() - from) / 1_000) * perSecond);
    for (; made < wanted; made++) for (const event of requestEvents(ROWS * 2 + made, Date.now())) sallyport.rooms.ledger.append(event);
    await pause(10);
  }
  await pause(500);
  const cpu = process.threadCpuUsage(cpuFrom);
  abort.abort();
  await reading;
  console.log(`live tail at ${perSecond}/s: ${made} ended, ${rows} shown, ${dropped} told of as left out, in ${goes} goes; serving thread ${((cpu.user + cpu.system) / 35_000).toFixed(0)} % of one core, writing and this client included`); // prettier-ignore
}

function ms(value: number | undefined): string {
  return `${(value ?? 0).toFixed(1).padStart(7)} ms`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}

function seconds(value: number): string {
  return (value / 1_000).toFixed(1);
}
