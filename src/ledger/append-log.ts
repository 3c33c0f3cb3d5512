// Group commit: events of one moment share one write and one fdatasync, and the next write does not wait for the last sync.
// One instance lives from a recovery to the first failure: what a failed disk still holds is known only by reading it again.
import type { Fault } from '../core/fault.ts';
import type { LedgerEvent } from '../core/types.ts';
import type { FilePort, OpenFile } from '../io/files/file-port.ts';
import { FrameBuffer, PAYLOAD_BYTES_MAX } from './frame.ts';
import { ledgerFault, toUnavailable } from './faults.ts';
import type { HashText } from './merkle.ts';
import type { LedgerRecord } from './record.ts';
import { toPayload } from './record.ts';
import { SEGMENT_HEADER_BYTES, segmentName, segmentsFolder, toSegmentHeader } from './segment.ts';

/** What an append promises. Both promises are shared by all events that were written together. */
export interface Receipt {
  readonly index: number;
  /** In the kernel: survives kill -9. Asking for it has the event written at once, else it is written when it can be synced. */
  readonly written: Promise<void>;
  /** On the disk: survives a power cut. */
  readonly durable: Promise<void>;
}

/** Events that are durable now. */
export interface DurableBatch {
  readonly firstIndex: number;
  readonly records: readonly LedgerRecord[];
  readonly leafHashes: readonly HashText[];
}

export interface AppendLogOptions {
  readonly files: FilePort;
  readonly directory: string;
  readonly segmentBytesMax: number;
  /** Most records, and most bytes, that may wait for the disk. */
  readonly queueMax: number;
  readonly queueBytesMax: number;
  /** The segment that is written on, and the index of its next record. */
  readonly tail: Tail;
  onDurable(batch: DurableBatch): void;
  onFailure(fault: Fault): void;
  /** Runs before each write: what the records of the batch refer to must be safe before they are. */
  beforeWrite(): Promise<void> | undefined;
  /** First nonce slot that records from now on can use; goes into the header of a new segment. */
  nonceSlot(): number;
}

export interface Tail {
  readonly file: OpenFile;
  readonly sizeBytes: number;
  readonly nextIndex: number;
}

interface Batch {
  readonly firstIndex: number;
  readonly frames: FrameBuffer;
  readonly records: LedgerRecord[];
  readonly leafHashes: HashText[];
  readonly written: PromiseWithResolvers<void>;
  readonly durable: PromiseWithResolvers<void>;
  /** Resolved when someone waits for `written`. */
  readonly hurry: PromiseWithResolvers<void>;
  isHurried: boolean;
}

class BatchReceipt implements Receipt {
  readonly index: number;
  readonly #batch: Batch;

  constructor(index: number, batch: Batch) {
    this.index = index;
    this.#batch = batch;
  }

  get written(): Promise<void> {
    this.#batch.isHurried = true;
    this.#batch.hurry.resolve();
    return this.#batch.written.promise;
  }

  get durable(): Promise<void> {
    return this.#batch.durable.promise;
  }
}

const FRAMES_BYTES = 65_536;
/** Buffers above this are not kept: one burst must not hold memory for ever. */
const KEPT_FRAMES_BYTES_MAX = 1_048_576;
const KEPT_FRAMES_MAX = 4;
/** Most turns of the event loop that events wait for the company of others. */
const TURNS_MAX = 8;

export class AppendLog {
  readonly #options: AppendLogOptions;
  #file: OpenFile;
  #sizeBytes: number;
  #nextIndex: number;
  #durableCount: number;
  #open: Batch | undefined;
  #unsynced: Batch[] = [];
  #queuedBytes = 0;
  #writing: Promise<void> | undefined;
  #syncing: Promise<void> | undefined;
  #failure: Fault | undefined;
  readonly #kept: FrameBuffer[] = [];

  constructor(options: AppendLogOptions) {
    this.#options = options;
    this.#file = options.tail.file;
    this.#sizeBytes = options.tail.sizeBytes;
    this.#nextIndex = options.tail.nextIndex;
    this.#durableCount = options.tail.nextIndex;
  }

  get nextIndex(): number {
    return this.#nextIndex;
  }

  /** Records that survive a power cut. */
  get durableCount(): number {
    return this.#durableCount;
  }

  /** Throws `ledger_busy` and `event_refused`. */
  append(event: LedgerEvent): Receipt {
    const waiting = this.#nextIndex - this.#durableCount;
    const { queueMax, queueBytesMax } = this.#options;
    if (waiting >= queueMax || this.#queuedBytes >= queueBytesMax) {
      throw ledgerFault('ledger_busy', { waiting, limit: queueMax }, { retryAfterSeconds: 1 });
    }
    const index = this.#nextIndex;
    const batch = this.#batch();
    const usedBefore = batch.frames.usedBytes;
    const leafHash = batch.frames.add(toPayload(event, index), waiting);
    if (leafHash === undefined) {
      throw ledgerFault('event_refused', { kind: event.kind, reason: `it is larger than ${PAYLOAD_BYTES_MAX} bytes` });
    }
    this.#queuedBytes += batch.frames.usedBytes - usedBefore;
    this.#nextIndex += 1;
    batch.leafHashes.push(leafHash);
    batch.records.push({ index, event });
    this.#writing ??= this.#runWriter();
    return new BatchReceipt(index, batch);
  }

  /** Resolves when nothing is on its way to the disk any more. Never rejects: see `onFailure`. */
  async settled(): Promise<void> {
    while (this.#writing !== undefined || this.#syncing !== undefined) await (this.#writing ?? this.#syncing);
  }

  async close(): Promise<void> {
    await this.settled();
    await this.#file.close();
  }

  #batch(): Batch {
    if (this.#open !== undefined) return this.#open;
    const written = Promise.withResolvers<void>();
    const durable = Promise.withResolvers<void>();
    // A caller that asks for one promise only must not crash the process through the other: the failure is also the
    // state of the ledger, and every later append throws it.
    written.promise.catch(() => undefined);
    durable.promise.catch(() => undefined);
    const frames = this.#kept.pop() ?? new FrameBuffer(FRAMES_BYTES);
    const hurry = Promise.withResolvers<void>();
    this.#open = { firstIndex: this.#nextIndex, frames, records: [], leafHashes: [], written, durable, hurry, isHurried: false };
    return this.#open;
  }

  async #runWriter(): Promise<void> {
    let batch: Batch | undefined;
    try {
      while (this.#open !== undefined && this.#failure === undefined) {
        await this.#gather(this.#open);
        batch = this.#takeOpen();
        if (batch !== undefined) await this.#write(batch);
        batch = undefined;
      }
    } catch (cause) {
      this.#fail(cause, batch);
    } finally {
      this.#writing = undefined;
    }
  }

  /**
   * Each write and each sync costs as much time as several events, so while a sync is under way a batch that nobody hurries
   * grows, and is written when it can be synced at once.
   */
  async #gather(batch: Batch): Promise<void> {
    await this.#company();
    if (!batch.isHurried && this.#syncing !== undefined) await Promise.race([batch.hurry.promise, this.#syncing]);
  }

  /** While each turn of the loop brings more events, the next turn is waited for as well; a quiet loop makes nobody wait. */
  async #company(): Promise<void> {
    let count = -1;
    for (let turns = 0; turns < TURNS_MAX && this.#nextIndex > count; turns++) {
      count = this.#nextIndex;
      await this.#options.files.turnEnd();
    }
  }

  #takeOpen(): Batch | undefined {
    const taken = this.#open;
    this.#open = undefined;
    return taken;
  }

  async #write(batch: Batch): Promise<void> {
    await this.#options.beforeWrite();
    const bytes = batch.frames.bytes();
    const isFull = this.#sizeBytes + bytes.length > this.#options.segmentBytesMax && this.#sizeBytes > SEGMENT_HEADER_BYTES;
    if (isFull) await this.#rotate(batch.firstIndex);
    await this.#file.write(bytes, this.#sizeBytes);
    this.#assertWorking();
    this.#sizeBytes += bytes.length;
    this.#queuedBytes -= bytes.length;
    this.#keep(batch.frames);
    batch.written.resolve();
    this.#unsynced.push(batch);
    this.#syncing ??= this.#runSyncer();
  }

  async #runSyncer(): Promise<void> {
    let batches: readonly Batch[] = [];
    try {
      while (this.#unsynced.length > 0 && this.#failure === undefined) {
        await this.#company();
        batches = this.#unsynced;
        this.#unsynced = [];
        await this.#file.syncData();
        for (const batch of batches) this.#settle(batch);
        batches = [];
      }
    } catch (cause) {
      this.#fail(cause, ...batches);
    } finally {
      this.#syncing = undefined;
    }
  }

  #settle(batch: Batch): void {
    this.#durableCount = batch.firstIndex + batch.records.length;
    this.#options.onDurable(batch);
    batch.durable.resolve();
  }

  /** Nothing is left unsynced in a segment that is not the last: recovery counts on that. */
  async #rotate(firstIndex: number): Promise<void> {
    await this.#syncing;
    this.#assertWorking();
    const { files, directory } = this.#options;
    const next = await createSegment(files, directory, { firstIndex, nonceSlot: this.#options.nonceSlot() });
    await this.#file.close();
    this.#file = next;
    this.#sizeBytes = SEGMENT_HEADER_BYTES;
  }

  /** The other loop may have failed while this one waited. */
  #assertWorking(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  #fail(cause: unknown, ...lost: readonly (Batch | undefined)[]): void {
    const isFirst = this.#failure === undefined;
    const fault = (this.#failure ??= toUnavailable(this.#options.directory, cause));
    for (const batch of [...lost, ...this.#unsynced, this.#open]) {
      batch?.written.reject(fault);
      batch?.durable.reject(fault);
    }
    this.#unsynced = [];
    this.#open = undefined;
    if (isFirst) this.#options.onFailure(fault);
  }

  #keep(frames: FrameBuffer): void {
    frames.clear();
    if (this.#kept.length < KEPT_FRAMES_MAX && frames.capacityBytes <= KEPT_FRAMES_BYTES_MAX) this.#kept.push(frames);
  }
}

/** A new segment that survives a power cut, name and header. */
export async function createSegment(
  files: FilePort,
  directory: string,
  header: { readonly firstIndex: number; readonly nonceSlot: number },
): Promise<OpenFile> {
  const folder = segmentsFolder(directory);
  const file = await files.open(`${folder}/${segmentName(header.firstIndex)}`, 'create');
  await file.write(toSegmentHeader(header), 0);
  await file.syncData();
  await files.syncFolder(folder);
  return file;
}
