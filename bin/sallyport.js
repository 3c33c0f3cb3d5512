#!/usr/bin/env node
// The launcher. It runs on any Node from 18 on, finds the Node 24 that the lock file pins, and hands over to it.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NODE_MAJOR = 24;
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const built = join(root, 'dist', 'app', 'main.js');
const source = join(root, 'src', 'app', 'main.ts');
// A small young generation and a heap that grows slowly keep the resident memory of a gateway flat; on the one core that a gateway
// uses, collecting with several threads costs more than it saves: see docs/performance.md.
const MEMORY_FLAGS = [
  '--max-semi-space-size=8',
  '--heap-growing-percent=40',
  '--no-parallel-scavenge',
  // The young generation is collected when it is full, and not as soon as there is a quiet moment: a third less work, less grows old.
  '--no-minor-gc-task',
  // Compiling beside the work takes up to 27 MB at a time from arenas that do not give them back, and the same core.
  '--no-concurrent-recompilation',
  '--disable-warning=ExperimentalWarning',
];
// Two malloc arenas instead of one for each core: the pages of the others would never be given back. Fixed thresholds: left alone, glibc
// raises them to what was ever asked for, and keeps that much (mallopt(3), M_MMAP_THRESHOLD).
const environment = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '262144', MALLOC_TRIM_THRESHOLD_: '262144', ...process.env };

/** The path of a Node that is new enough, or undefined. */
function pinnedNode() {
  if (Number(process.versions.node.split('.')[0]) >= NODE_MAJOR) return process.execPath;
  const candidates = [join(root, 'node_modules', '.bin', 'node')];
  try {
    candidates.unshift(join(dirname(createRequire(import.meta.url).resolve('node/package.json')), 'bin', 'node'));
  } catch {
    // The development dependency is absent: fall through to the plain path, then to the advice below.
  }
  return candidates.find((path) => existsSync(path));
}

const node = pinnedNode();
const entry = existsSync(built) ? built : source;
if (node === undefined) {
  console.error(
    `sallyport needs Node ${NODE_MAJOR}; this is ${process.versions.node}, and no pinned copy is installed.\n` +
      `Run "npm ci" in ${root}, or install Node ${NODE_MAJOR} or newer, then try again.`,
  );
  process.exit(2);
}

const args = [...MEMORY_FLAGS, entry, ...process.argv.slice(2)];
// Where Node can replace its own process there is no parent left over to hold memory or to forward signals.
if (typeof process.execve === 'function') process.execve(node, [node, ...args], environment);

const child = spawn(node, args, { stdio: 'inherit', env: environment });
// The child is the program: every signal is its to handle, and its exit is ours.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('error', (error) => {
  console.error(`sallyport could not start ${node}: ${error.message}`);
  process.exit(2);
});
child.on('exit', (code, signal) => process.exit(signal === null ? (code ?? 2) : 128 + 15));
