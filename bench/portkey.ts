// Requests a second and CPU of one core beside another gateway, Portkey 1.15.2, unguarded as it comes: `npm run bench -- portkey`.
// It is fetched from the npm registry into a cache folder outside the repository; where that fails the bench says so and passes.
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { watchCompany } from './support/company.ts';
import { chatBody, load, residentMbOf, type LoadResult } from './support/load.ts';
import { begin, pause, pinSelf, startGateway, startScript, stopAll, type Started } from './support/processes.ts';

const PACKAGE = '@portkey-ai/gateway@1.15.2';
const UPSTREAM = 9390;
const OURS = 9391;
// Beside the gateway stands its admin plane, one port on.
const THEIRS = 9395;
const QUICK = process.argv.includes('--quick');
const MS = QUICK ? 2_000 : 3_000;
const ROUNDS = QUICK ? 1 : 5;
/** Compilers take their time, and longer for the one than for the other. */
const WARM_MS = QUICK ? 2_000 : 6_000;
const OLDEST_MAJOR = 18;
const PROMPT = 'Please summarise the quarterly shipping report for the northern region in two plain sentences. '.repeat(3).slice(0, 200);

interface Target {
  readonly name: string;
  readonly started: Started;
  readonly headers: Readonly<Record<string, string>>;
  readonly idleMb: number;
  readonly rounds: LoadResult[];
}

const row = (name: string, ...cells: readonly (string | number)[]): void =>
  console.log([name.padEnd(44), ...cells.map((cell) => String(cell).padStart(14))].join(' '));
const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

/** The script that starts it, or why there is none. */
async function install(): Promise<{ readonly script: string } | { readonly reason: string }> {
  const folder = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'sallyport-bench', 'portkey-1.15.2');
  const script = join(folder, 'node_modules', '@portkey-ai', 'gateway', 'build', 'start-server.js');
  if (existsSync(script)) return { script };
  mkdirSync(folder, { recursive: true });
  try {
    // None of its scripts is run: the package brings its build along.
    await promisify(execFile)('npm', ['install', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund', PACKAGE], {
      timeout: 180_000,
    });
  } catch (error) {
    return { reason: error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error) };
  }
  return existsSync(script) ? { script } : { reason: `${PACKAGE} holds no build/start-server.js` };
}

interface Runtime {
  readonly path: string;
  readonly version: string;
}

/** The Node that this machine has of its own, outside any `node_modules`, if it is not too old for them. */
function systemNode(): Runtime | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => !folder.includes('node_modules'));
  for (const path of folders.map((folder) => join(folder, 'node')).filter((candidate) => existsSync(candidate))) {
    const version = execFileSync(path, ['--version'], { encoding: 'utf8' }).trim();
    if (Number(/^v(\d+)/.exec(version)?.[1]) >= OLDEST_MAJOR) return { path, version };
  }
  return undefined;
}

async function startThem(script: string): Promise<readonly Target[]> {
  const own = systemNode();
  if (own === undefined) row(`Portkey on the system's Node: not measured, there is none from ${OLDEST_MAJOR} on`);
  const runtimes = [...(own === undefined ? [] : [own]), { path: process.execPath, version: process.version }];
  const headers = {
    'x-portkey-provider': 'openai',
    'x-portkey-custom-host': `http://127.0.0.1:${UPSTREAM}/v1`,
    authorization: 'Bearer upstream-key',
  };
  const targets: Target[] = [];
  for (const [at, { path, version }] of runtimes.entries()) {
    const port = THEIRS + at;
    const started = await begin({ node: path, args: [script, `--port=${port}`, '--headless'], cores: '0', port });
    targets.push({ name: `Portkey 1.15.2, Node ${version}`, started, headers, idleMb: await idleMbOf(started), rounds: [] });
  }
  return targets;
}

async function idleMbOf({ pid }: Started): Promise<number> {
  await pause(1_500);
  return residentMbOf(pid);
}

async function main(script: string): Promise<void> {
  pinSelf('1');
  const upstream = await startScript('upstream.ts', 1, [String(UPSTREAM)]);
  const gateway = await startGateway(OURS, UPSTREAM);
  const ours: Target = {
    name: `Sallyport, all stages, Node ${process.version}`,
    started: gateway,
    headers: { authorization: `Bearer ${gateway.key}` },
    idleMb: await idleMbOf(gateway),
    rounds: [],
  };
  const targets = [ours, ...(await startThem(script))];
  const body = chatBody('t32', PROMPT);
  const companyOf = watchCompany([upstream.pid, ...targets.map(({ started }) => started.pid)]);
  for (let round = -1; round < ROUNDS; round++) {
    for (const { started, headers, rounds } of targets) {
      const { port, pid } = started;
      const result = await load({ port, headers, body, connections: 32, ms: round < 0 ? WARM_MS : MS, pid });
      if (result.refused > 0) throw new Error(`${result.refused} of ${result.answers} requests were refused on port ${port}`);
      // The first round is for the compilers.
      if (round >= 0) rounds.push(result);
    }
  }
  const company = companyOf();
  row('', 'a second', 'CPU µs each', 'p50 ms', 'idle MB', 'then MB', 'ours: faster', 'ours: less CPU');
  const middle = ({ rounds }: Target, of: (result: LoadResult) => number): number => median(rounds.map(of));
  const perSecond = (target: Target): number => middle(target, (result) => result.perSecond);
  const cpuUs = (target: Target): number => middle(target, (result) => result.cpuUs);
  for (const target of targets) {
    row(
      target.name,
      perSecond(target).toFixed(0),
      cpuUs(target).toFixed(0),
      middle(target, (result) => result.p50Ms).toFixed(2),
      target.idleMb,
      residentMbOf(target.started.pid),
      `${(perSecond(ours) / perSecond(target)).toFixed(2)} ×`,
      `${(cpuUs(target) / cpuUs(ours)).toFixed(2)} ×`,
    );
  }
  row('  per cent of the machine taken by others', company.toFixed(0));
}

const installed = await install();
if ('reason' in installed) console.log(`not measured: ${PACKAGE} could not be installed (${installed.reason})`);
else {
  try {
    await main(installed.script);
  } finally {
    await stopAll();
  }
}
