// Calls a worker thread and waits for it on the spot, for a bounded time: for commands, where nothing else waits. A worker that takes
// longer is ended, and the next call gets a new one.
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';

export interface TimedWorkerOptions {
  /** The module that the worker runs; it is handed `{ port, done }` as its `workerData`. */
  readonly entry: URL;
  readonly runMs: number;
  readonly heapMaxMb: number;
}

interface Running {
  readonly worker: Worker;
  readonly port: MessageChannel['port1'];
  readonly done: Int32Array;
}

export class TimedWorker {
  readonly #options: TimedWorkerOptions;
  #running: Running | undefined;

  constructor(options: TimedWorkerOptions) {
    this.#options = options;
  }

  /** What the worker answers; undefined when it did not in time, or died of it. Blocks the thread meanwhile. */
  call(input: unknown): unknown {
    const { worker, port, done } = (this.#running ??= this.#start());
    Atomics.store(done, 0, 0);
    port.postMessage(input);
    Atomics.wait(done, 0, 0, this.#options.runMs);
    const answer: { readonly message: unknown } | undefined = receiveMessageOnPort(port);
    if (answer !== undefined) return answer.message;
    this.#running = undefined;
    port.close();
    void worker.terminate();
    return undefined;
  }

  #start(): Running {
    const { port1, port2 } = new MessageChannel();
    const done = new Int32Array(new SharedArrayBuffer(4));
    // No environment and no arguments: a worker that reads foreign bytes has nothing to tell.
    const worker = new Worker(this.#options.entry, {
      workerData: { port: port2, done },
      transferList: [port2],
      env: {},
      argv: [],
      resourceLimits: { maxOldGenerationSizeMb: this.#options.heapMaxMb },
    });
    worker.on('error', () => {
      // It ran out of memory, or fell: `call` has no answer then, and says so.
    });
    worker.unref();
    port1.unref();
    return { worker, port: port1, done };
  }
}
