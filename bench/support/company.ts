// What everybody else on the machine did during a bench. A figure without it cannot be compared with another day's.
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { cpuMsOf } from './load.ts';

const TICK_MS = 10;

/** From now on; the answer is in per cent of all cores, without this process and those named. */
export function watchCompany(pids: readonly number[]): () => number {
  const startMs = performance.now();
  const others = (): number => busyMs() - [process.pid, ...pids].reduce((sum, pid) => sum + cpuMsOf(pid), 0);
  const before = others();
  return () => ((others() - before) / (performance.now() - startMs) / cpus().length) * 100;
}

/** Milliseconds of work of all cores since the machine started: user, nice and system time, interrupts and time stolen by the host. */
function busyMs(): number {
  const [, user = 0, nice = 0, system = 0, , , irq = 0, soft = 0, steal = 0] = (readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? '')
    .split(/ +/)
    .map(Number);
  return (user + nice + system + irq + soft + steal) * TICK_MS;
}
