// Follows the ledger for one receiver: events in order, a cursor that moves only after the receiver has answered, patience without end.
// At least once: what was sent and not yet noted when the process dies is sent again, under the same uids.
import type { Clock } from '../../core/ports.ts';
import type { FilePort } from '../../io/files/file-port.ts';
import type { OcsfContext } from '../ocsf/event.ts';
import { BatchDelivery, RefusedWhole, type RefusedEvent } from './batch-delivery.ts';
import { CursorFile, readReceiverCursor, type ReceiverCursor } from './cursor-file.ts';
import { EventSource, type Helping } from './event-source.ts';
import { keepRefused } from './refused-file.ts';
import { ReceiverTrouble, type Receiver } from './receiver.ts';

export interface FollowerOptions {
  readonly name: string;
  readonly receiver: Receiver;
  readonly files: FilePort;
  readonly ledgerFolder: string;
  /** Where the cursor and the refused events are kept; made when it is missing. */
  readonly folder: string;
  readonly context: Omit<OcsfContext, 'opened'>;
  /** Where a receiver begins that never got anything. */
  readonly startAt: 'beginning' | 'now';
  readonly clock: Clock;
  readonly pause: (ms: number) => Promise<void>;
  /** From 0 to 1: spreads the retries of many gateways. */
  readonly chance: () => number;
  readonly eventsMax?: number;
  readonly bytesMax?: number;
  readonly retryMs?: number;
  readonly retryMsMax?: number;
  /** Told of the first failure in a row and then ever more seldom, of every event that is refused, of records that retention took. */
  readonly onTrouble: (what: string) => void;
}

export interface FollowerStatus {
  readonly name: string;
  /** Index of the first record whose events the receiver has not taken. */
  readonly next: number;
  /** Records that are durable and not delivered. */
  readonly behind: number;
  readonly delivered: number;
  readonly refused: number;
  readonly failures: number;
  /** Records that retention had removed before they could be sent. */
  readonly skipped: number;
  /** What is wrong; null while all is well. */
  readonly trouble: string | null;
}

const EVENTS_MAX = 500;
const BYTES_MAX = 1_000_000;
const RETRY_MS = 500;
/** Longest time that a cursor may lack a sync. */
const SYNC_EVERY_MS = 1_000;
const RETRY_MS_MAX = 60_000;
const RETRY_AFTER_MS_MAX = 300_000;
/** How far a batch grows whose every event was refused, in the search for one that is taken. */
const GROWN_EVENTS_MAX = 4 * EVENTS_MAX;

export class ReceiverFollower {
  readonly #options: FollowerOptions;
  readonly #file: CursorFile;
  #cursor: ReceiverCursor;
  #syncedMs = -Infinity;
  #durableCount: number;
  #news = Promise.withResolvers<void>();
  readonly #closing = Promise.withResolvers<void>();
  #isClosing = false;
  #delivered = 0;
  #refused = 0;
  #failures = 0;
  #failuresInRow = 0;
  #skipped = 0;
  /** Records up to here are counted, if they were skipped. */
  #countedTo = 0;
  #trouble: string | null = null;
  readonly #running: Promise<void>;

  private constructor(
    options: FollowerOptions,
    { file, cursor }: { readonly file: CursorFile; readonly cursor: ReceiverCursor },
    durableCount: number,
  ) {
    this.#options = options;
    this.#file = file;
    this.#cursor = cursor;
    this.#durableCount = durableCount;
    this.#running = this.#run();
  }

  /** Opens the cursor and begins. Rejects when the folder cannot be used. */
  static async start(options: FollowerOptions, durableCount: number): Promise<ReceiverFollower> {
    const { files, folder, name, context, startAt, onTrouble } = options;
    await files.makeFolder(folder);
    const place = { files, folder, name };
    const found = await readReceiverCursor(place);
    if (found === 'unreadable') onTrouble('its cursor cannot be read: everything in the ledger is sent again, under the same uids');
    const next = found === 'none' && startAt === 'now' ? durableCount : 0;
    // The cursor of another ledger says nothing of this one.
    const isOurs = typeof found === 'object' && found.ledger === context.installation;
    const beyond = isOurs ? found.next - durableCount : 0;
    if (beyond > 0) onTrouble(`its cursor is ${beyond} records beyond the end of the ledger, which was put back: it goes on from that end`);
    const cursor = isOurs
      ? { ...found, next: Math.min(found.next, durableCount), warmFrom: Math.min(found.warmFrom, durableCount) }
      : { ledger: context.installation, next, warmFrom: next };
    return new ReceiverFollower(options, { file: await CursorFile.open(place, cursor), cursor }, durableCount);
  }

  /** So many records are durable now. */
  wake(durableCount: number): void {
    if (durableCount <= this.#durableCount) return;
    this.#durableCount = durableCount;
    this.#news.resolve();
    this.#news = Promise.withResolvers();
  }

  status(): FollowerStatus {
    const { next } = this.#cursor;
    return {
      name: this.#options.name,
      next,
      behind: Math.max(0, this.#durableCount - next),
      delivered: this.#delivered,
      refused: this.#refused,
      failures: this.#failures,
      skipped: this.#skipped,
      trouble: this.#trouble,
    };
  }

  /** Lets the delivery under way end, for so long; what is not delivered then comes after the next start. */
  async close(graceMs: number): Promise<void> {
    this.#isClosing = true;
    this.#closing.resolve();
    await Promise.race([this.#running, this.#options.pause(graceMs)]);
    await this.#options.receiver.close();
    await this.#running;
    await this.#file.sync();
    await this.#file.close();
  }

  async #run(): Promise<void> {
    while (!this.#isClosing) {
      const source = this.#open();
      try {
        while (!this.#isClosing) await this.#step(source);
      } catch (error) {
        // The files of the ledger or the cursor could not be used: everything after the cursor is read anew.
        await this.#note(error);
      } finally {
        await source.close();
      }
    }
  }

  #open(): EventSource {
    const { files, ledgerFolder, context } = this.#options;
    const { next, warmFrom } = this.#cursor;
    return new EventSource({ files, ledgerFolder, context, next, warmFrom });
  }

  async #step(source: EventSource): Promise<void> {
    const news = this.#news.promise;
    const helping = await source.take(this.#durableCount, this.#limits);
    if (helping === undefined) return Promise.race([news, this.#closing.promise]);
    this.#noteSkipped(helping);
    const done = await this.#deliver(source, helping);
    if (done !== undefined) await this.#pass(done);
  }

  get #limits(): { readonly eventsMax: number; readonly bytesMax: number } {
    const { eventsMax = EVENTS_MAX, bytesMax = BYTES_MAX } = this.#options;
    return { eventsMax, bytesMax };
  }

  /** Where the cursor may go; undefined when the process ends first. */
  async #deliver(source: EventSource, helping: Helping): Promise<Helping | undefined> {
    const delivery = new BatchDelivery(this.#options.receiver, helping.events);
    let reached = helping;
    let count = helping.events.length;
    let refused: readonly RefusedEvent[] = [];
    for (;;) {
      try {
        // What could not be kept at the last try is still to be kept.
        if (refused.length === 0) refused = await delivery.attempt();
        await this.#giveUp(refused);
        this.#delivered += delivery.taken;
        this.#trouble = null;
        this.#failuresInRow = 0;
        return reached;
      } catch (error) {
        if (this.#isClosing) return undefined;
        await this.#note(error);
        if (this.#isClosing) return undefined;
        if (error instanceof RefusedWhole && count < GROWN_EVENTS_MAX) {
          const more = await this.#grow(source, delivery);
          reached = more ?? reached;
          count += more?.events.length ?? 0;
        }
      }
    }
  }

  async #grow(source: EventSource, delivery: BatchDelivery): Promise<Helping | undefined> {
    const more = await source.take(this.#durableCount, this.#limits);
    if (more === undefined) return undefined;
    this.#noteSkipped(more);
    delivery.add(more.events);
    return more;
  }

  async #giveUp(refused: readonly RefusedEvent[]): Promise<void> {
    const [first] = refused;
    if (first === undefined) return;
    const { files, folder, name, clock, onTrouble } = this.#options;
    await keepRefused({ files, folder, name, nowMs: () => clock.nowMs() }, refused);
    this.#refused += refused.length;
    onTrouble(
      `${refused.length} events were refused for good and are kept in ${name}.refused.jsonl; the first, ${first.event.uid}: ${first.reason}`,
    );
  }

  /** A power cut may take back a second of it, which is then sent again. */
  async #pass({ next, warmFrom }: Helping): Promise<void> {
    const cursor = { ledger: this.#cursor.ledger, next, warmFrom };
    await this.#file.write(cursor);
    this.#cursor = cursor;
    const nowMs = this.#options.clock.steadyMs();
    if (nowMs - this.#syncedMs < SYNC_EVERY_MS) return;
    await this.#file.sync();
    this.#syncedMs = nowMs;
  }

  /** Once, though the same records may be read anew. */
  #noteSkipped({ skipped, next }: Helping): void {
    if (skipped === 0 || next <= this.#countedTo) return;
    this.#countedTo = next;
    this.#skipped += skipped;
    this.#options.onTrouble(`${skipped} records were removed by retention before they could be sent: raise ledger.retainDays`);
  }

  /** Remembers what went wrong and waits: longer each time, never as long as another gateway that failed in the same moment. */
  async #note(cause: unknown): Promise<void> {
    const { pause, chance, retryMs = RETRY_MS, retryMsMax = RETRY_MS_MAX, onTrouble } = this.#options;
    this.#failures += 1;
    this.#failuresInRow += 1;
    this.#trouble = cause instanceof Error ? cause.message : String(cause);
    // A bug has no place in silence, and a place that is down for a day need not fill the log.
    if (Number.isInteger(Math.log2(this.#failuresInRow)))
      onTrouble(`${this.#trouble} (failure ${this.#failuresInRow} in a row; events wait in the ledger)`);
    const backoffMs = Math.min(retryMsMax, retryMs * 2 ** (this.#failuresInRow - 1)) * (0.5 + chance() / 2);
    const askedMs = cause instanceof ReceiverTrouble ? Math.min(cause.retryAfterMs ?? 0, RETRY_AFTER_MS_MAX) : 0;
    await Promise.race([pause(Math.max(backoffMs, askedMs)), this.#closing.promise]);
  }
}
