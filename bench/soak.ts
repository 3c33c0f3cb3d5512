// `npm run soak`: what takes too long for every day. Kill and power-loss loops of the ledger, 300,000 requests through the built
// gateway with its memory watched, a budget raced while the gateway is killed, and the parsers fuzzed for minutes.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { chatBody, load, residentMbOf } from './support/load.ts';
import { startGateway, startScript, stopAll } from './support/processes.ts';

const ROOT = join(import.meta.dirname, '..');
const UPSTREAM = 9290;
const GATEWAY = 9292;
const GROWTH_MB_MAX = 5;
const WARM_REQUESTS = 60_000;
const MORE_REQUESTS = 240_000;

interface Step {
  readonly name: string;
  run(): Promise<boolean> | boolean;
}

const script = (name: string, args: readonly string[], environment: Readonly<Record<string, string>> = {}): Step => ({
  name,
  run: () => spawnSync(process.execPath, args, { cwd: ROOT, stdio: 'inherit', env: { ...process.env, ...environment } }).status === 0,
});

const memory: Step = {
  name: `${WARM_REQUESTS + MORE_REQUESTS} requests, memory flat`,
  async run() {
    try {
      await startScript('upstream.ts', 1, [String(UPSTREAM)]);
      const gateway = await startGateway(GATEWAY, UPSTREAM);
      const body = chatBody('t32', 'Please summarise the quarterly shipping report for the northern region in two plain sentences.');
      const warm = await load({ port: GATEWAY, key: gateway.key, body, connections: 32, requests: WARM_REQUESTS });
      const before = residentMbOf(gateway.pid);
      const more = await load({ port: GATEWAY, key: gateway.key, body, connections: 32, requests: MORE_REQUESTS });
      const after = residentMbOf(gateway.pid);
      console.log(
        `resident ${before} MB after ${warm.answers}, ${after} MB after ${warm.answers + more.answers}; refused ${warm.refused + more.refused}`,
      );
      return after - before <= GROWTH_MB_MAX && warm.refused + more.refused === 0;
    } finally {
      await stopAll();
    }
  },
};

const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
const steps: readonly Step[] = [
  script('SIEM: 100 × kill -9 of gateway and receiver', [join(ROOT, 'bench', 'receivers.ts'), '--kills', '100']),
  script('ledger: 200 × kill -9, 50 × lost unsynced writes', [join(ROOT, 'test', 'ledger-soak.ts'), '200', '50']),
  script('parsers fuzzed', [vitest, 'run', 'test/fuzz'], { SALLYPORT_FUZZ_MS: '60000', SALLYPORT_SEED: 'random' }),
  memory,
];

let failed = 0;
for (const step of steps) {
  console.log(`\n== ${step.name}`);
  const startMs = performance.now();
  const isPassed = await step.run();
  if (!isPassed) failed++;
  console.log(`${isPassed ? 'passed' : 'FAILED'} in ${((performance.now() - startMs) / 1000).toFixed(0)} s`);
}
console.log(`\n${steps.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
