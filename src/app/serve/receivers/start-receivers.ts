// Sends events to the places of the configuration, from a thread that is there only where a place is configured.
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Logger } from 'pino';
import type { Ledger } from '../../../ledger/ledger.ts';
import type { Restore } from '../../../watch/ocsf/event.ts';
import type { FollowerStatus } from '../../../watch/receivers/follower.ts';
import type { ReceiverSettings } from '../../../watch/receivers/settings.ts';
import { VERSION } from '../../version.ts';
import { readRestores } from '../restores.ts';
import type { Metrics } from '../metrics.ts';
import type { FromReceivers, ReceiversStart, ToReceivers } from './messages.ts';

export interface ReceiversTools {
  readonly dataFolder: string;
  readonly ledger: Ledger;
  readonly log: Logger;
  readonly metrics: Metrics;
}

export const RECEIVERS_FOLDER = 'receivers';

const GRACE_MS = 5_000;
const RESTART_MS = 1_000;
const HEAP = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 16 } as const;

export class Receivers {
  readonly #tools: ReceiversTools;
  #settings: readonly ReceiverSettings[] = [];
  #restores: readonly Restore[] | undefined;
  #worker: Worker | undefined;
  #status: readonly FollowerStatus[] = [];
  #toldCount = -1;
  #restart: NodeJS.Timeout | undefined;
  #changing: Promise<void> = Promise.resolve();
  #closed = Promise.withResolvers<void>();

  constructor(tools: ReceiversTools) {
    this.#tools = tools;
    tools.metrics.watchReceivers(() => this.#status);
  }

  /** What each place has taken; empty while none is configured. */
  status(): readonly FollowerStatus[] {
    return this.#status;
  }

  /** Takes settings over. The same ones change nothing; others let the delivery under way end first. */
  configure(settings: readonly ReceiverSettings[]): void {
    if (JSON.stringify(settings) === JSON.stringify(this.#settings)) return;
    this.#settings = settings;
    this.#changing = this.#change();
  }

  /** To be called a few times a second: tells the thread what is durable. Nothing is said while nothing is new. */
  tick(): void {
    if (this.#worker === undefined) return;
    const { durableCount } = this.#tools.ledger.status();
    if (durableCount === this.#toldCount) return;
    this.#toldCount = durableCount;
    post(this.#worker, { kind: 'durable', count: durableCount });
  }

  async close(): Promise<void> {
    await this.#changing;
    this.#settings = [];
    this.tick();
    await this.#stop();
  }

  #start(): void {
    const { ledger, dataFolder, log } = this.#tools;
    const { durableCount } = ledger.status();
    const start: ReceiversStart = {
      receivers: this.#settings,
      ledgerFolder: join(dataFolder, 'ledger'),
      folder: join(dataFolder, RECEIVERS_FOLDER),
      installation: ledger.verifierKey.split('+').slice(0, 2).join('+'),
      productVersion: VERSION,
      restores: this.#restores,
      durableCount,
    };
    this.#toldCount = durableCount;
    // The entry has this file's ending: `.ts` from the sources, `.js` in the build.
    const entry = new URL(import.meta.url.replace(/start-receivers\.(ts|js)$/, 'receivers-worker.$1'));
    const worker = new Worker(entry, { env: {}, argv: [], workerData: start, resourceLimits: HEAP });
    worker.unref();
    worker.on('message', (message: FromReceivers) => this.#onMessage(message));
    worker.on('error', (error) => log.error({ err: error }, 'the thread that sends events failed; they wait in the ledger'));
    worker.on('exit', () => this.#onExit(worker));
    this.#worker = worker;
    this.#closed = Promise.withResolvers();
  }

  #onMessage(message: FromReceivers): void {
    switch (message.kind) {
      case 'status':
        this.#status = message.receivers;
        return;
      case 'trouble':
        this.#tools.log.error({ receiver: message.receiver }, `events for ${message.receiver}: ${message.what}`);
        return;
      case 'closed':
        this.#closed.resolve();
        return;
    }
  }

  /** A thread that ended by itself is begun anew: everything after the cursors comes again. */
  #onExit(worker: Worker): void {
    this.#closed.resolve();
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    this.#restart = setTimeout(() => this.#start(), RESTART_MS);
    this.#restart.unref();
  }

  async #change(): Promise<void> {
    const before = this.#changing;
    try {
      await before;
      await this.#stop();
      if (this.#settings.length === 0) return;
      const restores = await readRestores(this.#tools.dataFolder);
      this.#restores = restores.length === 0 ? undefined : restores;
      this.#start();
    } catch (error) {
      this.#tools.log.error({ err: error }, 'could not take over the receivers of events');
    }
  }

  async #stop(): Promise<void> {
    clearTimeout(this.#restart);
    const worker = this.#worker;
    this.#worker = undefined;
    this.#status = [];
    if (worker === undefined) return;
    post(worker, { kind: 'close', graceMs: GRACE_MS });
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, GRACE_MS * 2);
    await Promise.race([this.#closed.promise, late.promise]);
    clearTimeout(timer);
    await worker.terminate();
  }
}

const post = (worker: Worker, message: ToReceivers): void => worker.postMessage(message);
