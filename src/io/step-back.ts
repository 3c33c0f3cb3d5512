// Threads that work for long step back, so that where cores are few the thread that serves requests runs first.
import { readlinkSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';

const NICE = 15;

/**
 * Lowers the priority of the calling thread alone. Linux keeps a nice value for each thread and takes a thread's id in the place of
 * a process's (setpriority(2), "C library/kernel differences"); elsewhere nothing changes. Tells whether it did.
 */
export function stepBack(): boolean {
  if (process.platform !== 'linux') return false;
  try {
    // `PID/task/TID`; read synchronously, and so by this thread (proc(5)).
    const thread = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
    // Whoever started us as even less urgent meant it.
    setPriority(thread, Math.max(getPriority(thread), NICE));
    return true;
  } catch {
    // Without /proc, or where a sandbox forbids it, the thread keeps its priority: slower for others, and as safe.
    return false;
  }
}

const STEP_MS = 0.02;
const never = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

/**
 * Gives up the core for a moment. A kernel that may look at its threads only every 4 ms (CONFIG_HZ=250) lets even one of low priority run
 * for so long before it lets another in; a thread that sleeps lets it in at once. Not for the main thread of a browser, which may not wait.
 */
export function stepAside(): void {
  Atomics.wait(never, 0, 0, STEP_MS);
}
