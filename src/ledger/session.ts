// What lives from one recovery to the next failure: the log that is appended to, its tree, and the maker of its checkpoints.
import type { Fault } from '../core/fault.ts';
import type { Clock } from '../core/ports.ts';
import type { LedgerEvent } from '../core/types.ts';
import type { FilePort } from '../io/files/file-port.ts';
import type { DurableBatch, Receipt } from './append-log.ts';
import { AppendLog } from './append-log.ts';
import { CheckpointStore } from './checkpoint-store.ts';
import type { PublishCheckpoint } from './checkpoint-writer.ts';
import { CheckpointWriter } from './checkpoint-writer.ts';
import { toUnavailable } from './faults.ts';
import type { NonceStore } from './nonce-store.ts';
import type { Checkpoint } from './note.ts';
import { recover } from './recovery.ts';
import type { CheckpointSigner } from './signer.ts';
import { TileStore } from './tile-store.ts';
import type { TileTree } from './tile-tree.ts';

export interface SessionOptions {
  readonly directory: string;
  readonly files: FilePort;
  readonly clock: Clock;
  readonly signer: CheckpointSigner;
  readonly verifierKey: string;
  readonly nonces: NonceStore;
  readonly publish: readonly PublishCheckpoint[];
  readonly segmentBytesMax: number;
  readonly queueMax: number;
  readonly queueBytesMax: number;
  readonly checkpointEvery: number;
  readonly checkpointEveryMs: number;
  onDurable(batch: DurableBatch): void;
  /** Called at most once; the session is of no more use then. */
  onFailure(fault: Fault): void;
}

export class Session {
  readonly #options: SessionOptions;
  readonly #log: AppendLog;
  readonly #tree: TileTree;
  readonly #writer: CheckpointWriter;
  #uncoveredSinceMs: number | undefined;
  #hasFailed = false;

  private constructor(options: SessionOptions, recovered: Awaited<ReturnType<typeof recoverFrom>>) {
    const { tree, tail, writer } = recovered;
    this.#options = options;
    this.#tree = tree;
    this.#writer = writer;
    this.#log = new AppendLog({
      ...options,
      tail,
      onDurable: (batch) => this.#takeDurable(batch),
      onFailure: (fault) => this.#fail(fault),
      beforeWrite: () => options.nonces.beforeWrite(),
      nonceSlot: () => options.nonces.nextSlot,
    });
  }

  /** Throws what recovery finds wrong, and what the disk reports. */
  static async open(options: SessionOptions): Promise<Session> {
    const recovered = await recoverFrom(options);
    const session = new Session(options, recovered);
    if (recovered.tree.size > (recovered.writer.newest?.size ?? 0)) session.#uncoveredSinceMs = options.clock.steadyMs();
    const { cut } = recovered;
    if (cut !== undefined) session.append({ kind: 'ledger.tail_cut', atMs: options.clock.nowMs(), data: { ...cut } });
    return session;
  }

  get durableCount(): number {
    return this.#log.durableCount;
  }

  get waiting(): number {
    return this.#log.nextIndex - this.#log.durableCount;
  }

  get writer(): CheckpointWriter {
    return this.#writer;
  }

  append(event: LedgerEvent): Receipt {
    return this.#log.append(event);
  }

  /** Throws `ledger_unavailable`, after which the session has failed. */
  async checkpoint(): Promise<Checkpoint> {
    this.#uncoveredSinceMs = undefined;
    try {
      return await this.#writer.write(this.#tree);
    } catch (cause) {
      const fault = toUnavailable(this.#options.directory, cause);
      this.#fail(fault);
      throw fault;
    }
  }

  get isCheckpointDue(): boolean {
    const { checkpointEvery, checkpointEveryMs, clock } = this.#options;
    if (this.#writer.isRunning || this.#uncoveredSinceMs === undefined) return false;
    const uncovered = this.#tree.size - (this.#writer.newest?.size ?? 0);
    return uncovered >= checkpointEvery || clock.steadyMs() - this.#uncoveredSinceMs >= checkpointEveryMs;
  }

  /** Waits until nothing is on its way to the disk. Never rejects. */
  async settled(): Promise<void> {
    await this.#log.settled();
    await this.#writer.settled();
  }

  /** Gives the descriptors back. */
  async close(): Promise<void> {
    await this.settled();
    await this.#log.close();
  }

  #takeDurable(batch: DurableBatch): void {
    for (const leafHash of batch.leafHashes) this.#tree.add(leafHash);
    this.#uncoveredSinceMs ??= this.#options.clock.steadyMs();
    this.#options.onDurable(batch);
    // A failure is reported through `onFailure`.
    if (this.isCheckpointDue) this.checkpoint().catch(() => undefined);
  }

  #fail(fault: Fault): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#options.onFailure(fault);
  }
}

async function recoverFrom(options: SessionOptions) {
  const { files, directory, verifierKey } = options;
  const tiles = new TileStore(files, directory);
  const checkpoints = new CheckpointStore(files, directory);
  const checkpoint = await checkpoints.newest(verifierKey);
  const recovery = await recover({ files, directory, tiles, checkpoint });
  return { ...recovery, writer: new CheckpointWriter({ ...options, tiles, checkpoints }, checkpoint) };
}
