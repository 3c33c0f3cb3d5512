// Work that may take long runs in threads that can be ended: a text that a detector chokes on costs a thread, not the gateway.
// Threads start with the first work and end when there has been none for a while, because each holds memory.
import { Worker } from 'node:worker_threads';

export type PoolFailure = 'out_of_budget' | 'worker_lost' | 'queue_full';

export class PoolError extends Error {
  readonly failure: PoolFailure;
  constructor(failure: PoolFailure, cause?: unknown) {
    super(`worker pool: ${failure}`, { cause });
    this.failure = failure;
  }
}

/** What a pool needs of a thread, or of a process in the place of one. */
export interface PoolWorker {
  on(event: 'message', take: (output: unknown) => void): unknown;
  on(event: 'error', take: (error: Error) => void): unknown;
  on(event: 'exit', take: () => void): unknown;
  postMessage(input: unknown): void;
  ref(): void;
  unref(): void;
  terminate(): Promise<unknown>;
}

export interface PoolOptions {
  readonly entry: URL;
  /** Starts a worker where a thread will not do. */
  readonly start?: (entry: URL) => PoolWorker;
  readonly threads: number;
  /** Longest time for one piece of work, once it runs. */
  readonly runMs: number;
  /** Longest queue of one owner; one more is refused. */
  readonly queueMaxPerOwner: number;
  readonly idleMs: number;
  /** Heap of one thread in MiB; beyond, the thread ends and its work counts as lost. */
  readonly heapMaxMb: number;
}

interface Job {
  readonly input: unknown;
  readonly resolve: (output: unknown) => void;
  readonly reject: (error: PoolError) => void;
}

interface Thread {
  readonly worker: PoolWorker;
  job: Job | undefined;
  timer: NodeJS.Timeout | undefined;
}

export class WorkerPool {
  readonly #options: PoolOptions;
  readonly #threads = new Set<Thread>();
  /** Work that waits, by owner; owners take turns, so that one flood makes only its own owner wait. */
  readonly #queues = new Map<string, Job[]>();
  #isClosed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** Resolves with what the worker posts back. Rejects with `PoolError`. */
  run(owner: string, input: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const queue = this.#queues.get(owner) ?? [];
      if (this.#isClosed || queue.length >= this.#options.queueMaxPerOwner) {
        reject(new PoolError('queue_full'));
        return;
      }
      queue.push({ input, resolve, reject });
      this.#queues.set(owner, queue);
      this.#assign();
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const queue of this.#queues.values()) for (const job of queue) job.reject(new PoolError('worker_lost'));
    this.#queues.clear();
    await Promise.all([...this.#threads].map((thread) => this.#end(thread, new PoolError('worker_lost'))));
  }

  #assign(): void {
    while (this.#queues.size > 0) {
      const thread = this.#freeThread();
      if (thread === undefined) return;
      const job = this.#nextJob();
      if (job === undefined) return;
      this.#start(thread, job);
    }
  }

  #freeThread(): Thread | undefined {
    for (const thread of this.#threads) if (thread.job === undefined) return thread;
    return this.#threads.size < this.#options.threads ? this.#spawn() : undefined;
  }

  /** The owner that waited longest is first; a Map keeps the order in which owners were put back. */
  #nextJob(): Job | undefined {
    for (const [owner, queue] of this.#queues) {
      const job = queue.shift();
      this.#queues.delete(owner);
      if (queue.length > 0) this.#queues.set(owner, queue);
      if (job !== undefined) return job;
    }
    return undefined;
  }

  #start(thread: Thread, job: Job): void {
    clearTimeout(thread.timer);
    thread.job = job;
    thread.timer = setTimeout(() => void this.#end(thread, new PoolError('out_of_budget')), this.#options.runMs);
    thread.worker.ref();
    thread.worker.postMessage(job.input);
  }

  #spawn(): Thread {
    const { entry, start = (at: URL) => startThread(at, this.#options.heapMaxMb) } = this.#options;
    const worker = start(entry);
    const thread: Thread = { worker, job: undefined, timer: undefined };
    worker.on('message', (output: unknown) => this.#onOutput(thread, output));
    worker.on('error', (error) => void this.#end(thread, new PoolError('worker_lost', error)));
    worker.on('exit', () => void this.#end(thread, new PoolError('worker_lost')));
    this.#threads.add(thread);
    return thread;
  }

  #onOutput(thread: Thread, output: unknown): void {
    const { job } = thread;
    clearTimeout(thread.timer);
    thread.job = undefined;
    thread.worker.unref();
    thread.timer = setTimeout(() => void this.#end(thread, new PoolError('worker_lost')), this.#options.idleMs);
    thread.timer.unref();
    job?.resolve(output);
    this.#assign();
  }

  async #end(thread: Thread, reason: PoolError): Promise<void> {
    if (!this.#threads.delete(thread)) return;
    clearTimeout(thread.timer);
    thread.job?.reject(reason);
    thread.job = undefined;
    await thread.worker.terminate();
    if (!this.#isClosed) this.#assign();
  }
}

/** No environment, no arguments, no standard streams of its own: a worker needs nothing but what it is handed. */
function startThread(entry: URL, heapMaxMb: number): PoolWorker {
  return new Worker(entry, {
    env: {},
    argv: [],
    resourceLimits: { maxOldGenerationSizeMb: heapMaxMb, maxYoungGenerationSizeMb: 16 },
  });
}
