// A process of its own for work with native code on bytes of strangers. A thread shares its memory with the keys of the gateway, and a
// decoder that is overrun there has them all; a process shares nothing, and its end takes nobody along.
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { PoolWorker } from './worker-pool.ts';

export interface SealedOptions {
  /** Files and folders that it may read; no other, and it may write none (Node.js permission model). */
  readonly reads: readonly string[];
  readonly heapMaxMb: number;
}

/**
 * Starts `entry` with no environment, no arguments, no standard streams, no child processes, no threads, and files as listed. Native add-ons
 * are allowed, because the image decoder is one: what the permission model keeps from JavaScript, it does not keep from them.
 */
export function startSealed(entry: URL, { reads, heapMaxMb }: SealedOptions): PoolWorker {
  const child = fork(fileURLToPath(entry), [], {
    execArgv: [
      '--permission',
      '--allow-addons',
      ...[fileURLToPath(entry), ...reads].map((path) => `--allow-fs-read=${path}`),
      `--max-old-space-size=${heapMaxMb}`,
      '--no-warnings',
    ],
    env: {},
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  return new SealedProcess(child);
}

class SealedProcess implements PoolWorker {
  readonly #child: ChildProcess;

  constructor(child: ChildProcess) {
    this.#child = child;
  }

  on(event: 'message' | 'error' | 'exit', take: ((output: unknown) => void) | ((error: Error) => void)): unknown {
    return this.#child.on(event, take);
  }

  postMessage(input: unknown): void {
    // A process that is gone says so by its exit, which the pool hears.
    if (this.#child.connected) this.#child.send(structured(input), () => undefined);
  }

  ref(): void {
    this.#child.ref();
    this.#child.channel?.ref();
  }

  unref(): void {
    this.#child.unref();
    this.#child.channel?.unref();
  }

  terminate(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return Promise.resolve();
    // Whoever waits for the end must live to see it.
    this.#child.ref();
    return new Promise((resolve) => {
      this.#child.once('exit', () => resolve());
      this.#child.once('error', () => resolve());
      this.#child.kill('SIGKILL');
    });
  }
}

/** What `send` takes by its type is wider than JSON once the serialization is `advanced`. */
const structured = (input: unknown): object => (typeof input === 'object' && input !== null ? input : { input });
