// The kill switch: what is stopped now, and the orders that change it. It needs the folder of orders and nothing else.
import type { Clock } from '../../core/ports.ts';
import type { KillFiles } from '../../io/state/kill-files.ts';
import { accessFault } from '../faults.ts';
import { FOLDED, REASON_UNITS_MAX, sealRecord, type KillOrder, type KillRecord, type KillScope } from './order.ts';
import { authenticRecords, readRecord, type RecordState } from './read-record.ts';
import { Standing, type KillSubject } from './standing.ts';

/** Two processes that order at the same moment race for a sequence; more losses in a row than this mean that something is broken. */
const RACES_MAX = 64;
const LOOKS = 3;
/** A record of no more files is not worth folding. */
const FILES_MAX = 64;
const SUBJECT_UNITS_MAX = 256;
/** No honest record gets here; a file that claims more was put there to use up the numbers. */
const PLAUSIBLE_SEQUENCE = 100_000_000_000;

/** The sequence of an order that has no place in the record. */
const UNRECORDED = 0;

export interface OrderRequest {
  readonly scope: KillScope;
  /** Name of the upstream, model (may end in `*`), tenant, or the id of the key; empty for everything. */
  readonly subject: string;
  readonly who: string;
  readonly reason: string;
  /** The order of another replica that this one carries out. */
  readonly from?: string;
}

export interface KillStatus {
  readonly state: 'trusted' | 'untrusted';
  /** Why everything is stopped, when the record cannot be trusted. */
  readonly reason?: string;
  readonly standing: readonly KillOrder[];
  /** The latest order: the high-water mark that the database and the ledger keep. */
  readonly sequence: number;
}

export interface KillSwitchOptions {
  readonly files: KillFiles;
  readonly clock: Clock;
  /** The highest sequence that the database or the ledger remembers; 0 when neither can be asked. */
  readonly highWater?: number;
}

export type KillListener = (news: readonly KillRecord[]) => void;

/** Everything is stopped, by no person's order. */
const untrustedOrder = (reason: string, atMs: number): KillOrder => ({
  sequence: UNRECORDED,
  scope: 'everything',
  subject: '',
  who: 'sallyport',
  atMs,
  reason: `the kill orders cannot be trusted: ${reason}`,
});

export class KillSwitch {
  readonly #files: KillFiles;
  readonly #clock: Clock;
  readonly #listeners = new Set<KillListener>();
  /** Orders that could not be written: in force here until they are lifted or the process ends. */
  readonly #unwritten = new Standing();
  #highWater: number;
  #record: RecordState;
  #distrust: KillOrder | undefined;
  /** Why everything is stopped although the own record is whole. */
  #othersUnread: string | undefined;
  /** True when nothing at all is stopped, so that the hot path asks one field. */
  #isIdle = false;

  constructor(options: KillSwitchOptions) {
    this.#files = options.files;
    this.#clock = options.clock;
    this.#highWater = options.highWater ?? 0;
    this.#record = this.#readRecord();
    this.#settle();
  }

  /** The order that stops this subject, if any. */
  killedBy(subject: KillSubject): KillOrder | undefined {
    if (this.#isIdle) return undefined;
    if (this.#record.state === 'untrusted' || this.#othersUnread !== undefined) return this.#distrust;
    return this.#record.standing.covering(subject) ?? this.#unwritten.covering(subject);
  }

  /** False while everything is stopped because the record is damaged. */
  get isTrusted(): boolean {
    return this.#record.state === 'trusted';
  }

  /** Stops everything while the orders of other replicas cannot be read; undefined ends that. */
  distrustOthers(reason: string | undefined): void {
    if (reason === this.#othersUnread) return;
    this.#othersUnread = reason;
    this.#settle();
    this.#tell([]);
  }

  /** False as well while those of other replicas cannot be read and must be. */
  get isReadable(): boolean {
    return this.isTrusted && this.#othersUnread === undefined;
  }

  /** The orders after a sequence: those that were given while nobody wrote the ledger. Empty when the record is damaged. */
  recordsAfter(sequence: number): readonly KillRecord[] {
    return this.#record.state === 'trusted' ? this.#record.records.filter((record) => record.sequence > sequence) : [];
  }

  status(): KillStatus {
    const unwritten = this.#unwritten.orders;
    if (this.#record.state === 'untrusted') {
      return { state: 'untrusted', reason: this.#record.reason, standing: unwritten, sequence: this.#highWater };
    }
    return { state: 'trusted', standing: [...this.#record.standing.orders, ...unwritten], sequence: this.#record.sequence };
  }

  /**
   * Stops the subject. When this returns, the order is on disk, and in force in this process.
   * Faults: `kill_order_refused`, `reason_required`, `kill_orders_untrusted` (everything is stopped already),
   * `kill_order_not_durable` (in force here, but not on disk).
   */
  order(request: OrderRequest): KillOrder {
    const wanted = checkRequest(request, 'kill order');
    try {
      return this.#append('kill', wanted);
    } catch (error) {
      if (!isDiskError(error)) throw error;
      const record: KillRecord = { act: 'kill', ...wanted, sequence: UNRECORDED, atMs: this.#clock.nowMs() };
      this.#unwritten.apply(record);
      this.#settle();
      this.#tell([record]);
      throw accessFault('kill_order_not_durable', { reason: error.message }, { cause: error });
    }
  }

  /** Lifts exactly what it names: resuming everything does not resume a tenant that was stopped by name. Faults as `order`. */
  resume(request: OrderRequest): KillOrder {
    const wanted = checkRequest(request, 'resume');
    const lifted = this.#append('resume', wanted);
    this.#unwritten.apply({ act: 'resume', ...lifted });
    this.#settle();
    return lifted;
  }

  /**
   * Begins a new record after damage: a checkpoint above everything known, carrying the orders that can still be read. The damaged
   * files are kept in a folder beside it. Refused while the record is whole, because `resume` is the way then.
   */
  rebuild(request: { readonly who: string; readonly reason: string }): KillOrder {
    const wanted = checkRequest({ scope: 'everything', subject: '', ...request }, 'rebuild');
    this.#files.ensureFolder();
    this.look();
    if (this.#record.state === 'trusted') throw accessFault('kill_order_refused', { reason: 'the record is whole, use resume instead' });
    const listing = this.#files.read();
    if (listing.state === 'refused' && !listing.isMissing) throw accessFault('kill_order_refused', { reason: listing.reason });
    const sequences = this.#files.sequences();
    this.#highWater = Math.max(this.#highWater, ...sequences.filter((sequence) => sequence < PLAUSIBLE_SEQUENCE));
    const label = `damaged-${this.#highWater}`;
    this.#files.setAside(
      sequences.filter((sequence) => sequence > this.#highWater),
      label,
    );
    const order = this.#checkpoint(wanted, readableOrders(listing));
    this.#files.setAside(this.#sequencesBelow(order.sequence), label);
    this.look();
    return order;
  }

  /**
   * Folds a long record into a checkpoint, so that the daily self-test does not fill the folder over the years. Only when the
   * ledger holds every order: it is the memory of who stopped what, and a checkpoint keeps no more than what stands.
   */
  compact(recordedUpTo: number): void {
    this.look();
    if (this.#record.state === 'untrusted' || this.#record.records.length <= FILES_MAX || recordedUpTo < this.#record.sequence) return;
    const order = this.#checkpoint({ scope: 'everything', subject: '', ...FOLDED }, this.#record.standing.orders);
    this.#files.remove(this.#sequencesBelow(order.sequence));
  }

  /** Reads the folder if it may have changed. Called by the watch, and by whoever wants to be sure. */
  look(): void {
    // A repair may leave the folder's own times as they are, so that a damaged record is read each time.
    if (this.isTrusted && !this.#files.mayHaveChanged()) return;
    const before = this.#highWater;
    const wasTrusted = this.isTrusted;
    this.#record = this.#readRecord();
    this.#settle();
    const news = this.recordsAfter(before);
    if (news.length > 0 || wasTrusted !== this.isTrusted) this.#tell(news);
  }

  /** Looks at every sign of change, at least every `everyMs` (50 by default). Returns the way to end it. */
  watch(everyMs = 50): () => void {
    return this.#files.watch(everyMs, () => this.look());
  }

  /** Raises the high-water mark when the ledger or the database becomes readable after the start. */
  raiseHighWater(sequence: number): void {
    if (sequence <= this.#highWater) return;
    this.#highWater = sequence;
    this.#record = this.#readRecord();
    this.#settle();
    this.#tell([]);
  }

  /** Calls back after each change, with the orders that are new; returns the way to end it. */
  onChange(listener: KillListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Looks again before it distrusts: while another process folds the record, old files go while they are being listed, and a
   * second look finds the checkpoint that carries them.
   */
  #readRecord(): RecordState {
    let record = readRecord(this.#files.read(), this.#highWater);
    for (let looks = 1; looks < LOOKS && record.state === 'untrusted'; looks += 1) record = readRecord(this.#files.read(), this.#highWater);
    return record;
  }

  #append(act: 'kill' | 'resume', wanted: OrderRequest): KillOrder {
    for (let race = 0; race < RACES_MAX; race += 1) {
      this.look();
      if (this.#record.state === 'untrusted') throw accessFault('kill_orders_untrusted', { reason: this.#record.reason });
      const order: KillOrder = { ...wanted, sequence: this.#highWater + 1, atMs: this.#clock.nowMs() };
      if (this.#write({ act, ...order }) === 'added') {
        this.look();
        return order;
      }
    }
    throw accessFault('kill_order_refused', { reason: `${RACES_MAX} other orders were quicker` });
  }

  #checkpoint(wanted: OrderRequest, standing: readonly KillOrder[]): KillOrder {
    const order: KillOrder = { ...wanted, sequence: this.#highWater + 1, atMs: this.#clock.nowMs() };
    if (this.#write({ act: 'checkpoint', ...order, standing: [...standing] }) === 'taken') {
      throw accessFault('kill_order_refused', { reason: 'another order was quicker; look at the status and try again' });
    }
    this.look();
    return order;
  }

  #sequencesBelow(sequence: number): readonly number[] {
    return this.#files.sequences().filter((other) => other < sequence);
  }

  /** The key is read anew each time: it is made with the first order, and whoever can read it can order anyway. */
  #write(record: KillRecord): 'added' | 'taken' {
    return this.#files.add(record.sequence, (key) => sealRecord(record, key));
  }

  #settle(): void {
    if (this.#record.state === 'trusted') this.#highWater = this.#record.sequence;
    const reason = this.#record.state === 'untrusted' ? this.#record.reason : this.#othersUnread;
    this.#distrust = reason === undefined ? undefined : untrustedOrder(reason, this.#clock.nowMs());
    this.#isIdle =
      this.#distrust === undefined && this.#record.state === 'trusted' && this.#record.standing.isEmpty && this.#unwritten.isEmpty;
  }

  #tell(news: readonly KillRecord[]): void {
    for (const listener of this.#listeners) listener(news);
  }
}

function readableOrders(listing: ReturnType<KillFiles['read']>): readonly KillOrder[] {
  if (listing.state === 'refused') return [];
  const standing = new Standing();
  for (const record of authenticRecords(listing)) standing.apply(record);
  return standing.orders;
}

function checkRequest(request: OrderRequest, what: string): OrderRequest {
  const { scope, subject, who, reason, from } = request;
  if (reason.trim() === '' || reason.length > REASON_UNITS_MAX) throw accessFault('reason_required', { what, max: REASON_UNITS_MAX });
  if ((scope === 'everything') !== (subject === '')) {
    throw accessFault('kill_order_refused', {
      reason: scope === 'everything' ? 'everything takes no subject' : `the ${scope} is not named`,
    });
  }
  if (who === '' || Math.max(who.length, subject.length) > SUBJECT_UNITS_MAX) {
    throw accessFault('kill_order_refused', { reason: `names have 1 to ${SUBJECT_UNITS_MAX} characters` });
  }
  return { scope, subject, who, reason, ...(from === undefined ? {} : { from }) };
}

const isDiskError = (error: unknown): error is Error => error instanceof Error && 'syscall' in error;
