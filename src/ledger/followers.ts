// Subscribers to the record: each gets every event once it is durable, in order, from the position where it left off.
import type { DurableBatch } from './append-log.ts';
import type { LedgerRecord } from './record.ts';

/** Takes records in order; the next ones come when it has resolved. A rejection makes the same ones come again. */
export type RecordHandler = (records: readonly LedgerRecord[]) => Promise<void> | void;

export interface Subscription {
  /** Index of the next record that the handler will get: keep it, and subscribe from it after a restart. */
  readonly position: number;
  /** How often the handler has failed. */
  readonly failures: number;
  stop(): void;
}

type ReadFrom = (position: number) => AsyncIterable<readonly LedgerRecord[]>;

export class Followers {
  readonly #read: ReadFrom;
  readonly #all = new Set<Follower>();

  constructor(read: ReadFrom) {
    this.#read = read;
  }

  add(handler: RecordHandler, position: number): Subscription {
    const follower = new Follower({ handler, read: this.#read, onStop: (one) => void this.#all.delete(one) }, position);
    this.#all.add(follower);
    follower.wake();
    return follower;
  }

  offer(batch: DurableBatch): void {
    for (const follower of this.#all) follower.offer(batch);
  }

  /** Lets every follower that failed or fell behind try again. */
  wake(): void {
    for (const follower of this.#all) follower.wake();
  }

  stop(): void {
    for (const follower of this.#all) follower.stop();
  }
}

interface FollowerParts {
  readonly handler: RecordHandler;
  readonly read: ReadFrom;
  onStop(follower: Follower): void;
}

/** Batches that wait in memory for a slow handler; beyond, it is served from the disk. */
const BATCHES_MAX = 256;

class Follower implements Subscription {
  readonly #parts: FollowerParts;
  #position: number;
  #failures = 0;
  #isStopped = false;
  #batches: DurableBatch[] = [];
  /** Index after the newest record that was offered. */
  #end = 0;
  #isRunning = false;
  /** Records may be on the disk that no batch in memory holds: at the start, after a failure, after an overflow. */
  #isBehind = true;

  constructor(parts: FollowerParts, position: number) {
    this.#parts = parts;
    this.#position = position;
  }

  get position(): number {
    return this.#position;
  }

  get failures(): number {
    return this.#failures;
  }

  stop(): void {
    this.#isStopped = true;
    this.#batches = [];
    this.#parts.onStop(this);
  }

  offer(batch: DurableBatch): void {
    this.#end = batch.firstIndex + batch.records.length;
    if (this.#batches.length >= BATCHES_MAX) {
      this.#batches = [];
      this.#isBehind = true;
    } else this.#batches.push(batch);
    this.wake();
  }

  wake(): void {
    if (this.#isRunning || this.#isStopped) return;
    this.#isRunning = true;
    void this.#run();
  }

  async #run(): Promise<void> {
    try {
      let before: number;
      do {
        before = this.#position;
        // Batches that arrived while the disk was read overlap with what was read; only a gap sends back to the disk.
        if (this.#isBehind || (this.#batches[0]?.firstIndex ?? 0) > this.#position) await this.#catchUp();
        await this.#handOver();
      } while (this.#position < this.#end && this.#position > before && !this.#isStopped);
    } catch {
      // Its position has not moved: the next batch, or the next tick, makes it try again from the disk.
      this.#failures += 1;
      this.#batches = [];
      this.#isBehind = true;
    } finally {
      this.#isRunning = false;
    }
  }

  async #catchUp(): Promise<void> {
    this.#isBehind = false;
    for await (const records of this.#parts.read(this.#position)) {
      if (this.#isStopped) return;
      await this.#hand(records);
    }
  }

  /** Hands over all that waits in one go: a handler that takes its time gets fewer and larger helpings. */
  async #handOver(): Promise<void> {
    while (this.#batches.length > 0 && !this.#isStopped) {
      const fresh = this.#batches.flatMap((batch) => batch.records).filter(({ index }) => index >= this.#position);
      this.#batches = [];
      if (fresh[0] === undefined) return;
      if (fresh[0].index !== this.#position) {
        this.#isBehind = true;
        return;
      }
      await this.#hand(fresh);
    }
  }

  async #hand(records: readonly LedgerRecord[]): Promise<void> {
    await this.#parts.handler(records);
    this.#position = (records.at(-1)?.index ?? this.#position - 1) + 1;
  }
}
