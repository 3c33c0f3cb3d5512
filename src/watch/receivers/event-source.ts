// Events from the ledger's files, from a position on: no record is told before it is durable, and what retention removed is counted.
import type { FilePort } from '../../io/files/file-port.ts';
import type { LedgerRecord } from '../../ledger/record.ts';
import { toLine, type OcsfContext } from '../ocsf/event.ts';
import { OpenRequests } from '../ocsf/open-requests.ts';
import { toOcsf } from '../ocsf/to-ocsf.ts';
import { LedgerTail, TAIL_START } from '../request-index/ledger-tail.ts';
import type { ReceiverEvent } from './receiver.ts';

export interface EventSourceOptions {
  readonly files: FilePort;
  readonly ledgerFolder: string;
  readonly context: Omit<OcsfContext, 'opened'>;
  /** Index of the first record whose events are wanted. */
  readonly next: number;
  /** Index of the oldest record that is needed to understand later ones. */
  readonly warmFrom: number;
}

export interface Helping {
  readonly events: readonly ReceiverEvent[];
  /** Where a cursor stands once all of them are delivered. */
  readonly next: number;
  readonly warmFrom: number;
  /** Records before these that retention had removed. */
  readonly skipped: number;
}

export interface HelpingLimits {
  /** At least one record is taken, however many events it makes. */
  readonly eventsMax: number;
  readonly bytesMax: number;
}

export class EventSource {
  readonly #tail: LedgerTail;
  readonly #context: OcsfContext;
  readonly #requests = new OpenRequests();
  #next: number;
  /** Records that were read together, and how many of them are taken. */
  #run: readonly LedgerRecord[] = [];
  #at = 0;

  constructor(options: EventSourceOptions) {
    const { files, ledgerFolder, warmFrom } = options;
    this.#tail = new LedgerTail(files, ledgerFolder, { ...TAIL_START, index: warmFrom });
    this.#context = { ...options.context, opened: (record) => this.#requests.find(record) };
    this.#next = options.next;
  }

  /** What is durable already, as far as the limits go; undefined when there is nothing new. Throws when the files cannot be read. */
  async take(durableCount: number, { eventsMax, bytesMax }: HelpingLimits): Promise<Helping | undefined> {
    const events: ReceiverEvent[] = [];
    let bytes = 0;
    let skipped = 0;
    const from = this.#next;
    while (events.length < eventsMax && bytes < bytesMax) {
      const record = await this.#record(durableCount);
      if (record === undefined) break;
      this.#requests.learn(record);
      // Older records come again only to be learned from.
      if (record.index < this.#next) continue;
      skipped += record.index - this.#next;
      this.#next = record.index + 1;
      for (const event of toOcsf(record, this.#context)) {
        const line = toLine(event).slice(0, -1);
        bytes += line.length;
        events.push({ uid: uidOf(event), event, line });
      }
    }
    if (this.#next === from) return undefined;
    this.#requests.settle();
    return { events, next: this.#next, warmFrom: Math.min(this.#requests.oldestIndex ?? this.#next, this.#next), skipped };
  }

  close(): Promise<void> {
    return this.#tail.close();
  }

  async #record(durableCount: number): Promise<LedgerRecord | undefined> {
    if (this.#at >= this.#run.length) {
      this.#run = [];
      this.#at = 0;
      for await (const records of this.#tail.read(durableCount)) {
        this.#run = records;
        break;
      }
    }
    return this.#run[this.#at++];
  }
}

function uidOf(event: ReceiverEvent['event']): string {
  const about = event['metadata'];
  const uid = typeof about === 'object' && about !== null && !Array.isArray(about) ? about['uid'] : undefined;
  if (typeof uid !== 'string') throw new TypeError('an event has no uid');
  return uid;
}
