// Threads that work for long step back, so that where cores are few the thread that serves requests runs first.
import { readlinkSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';

const NICE = 10;

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
