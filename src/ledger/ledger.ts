// The front door: what happened, in order, provable by anyone. Start reading here.
import { Fault } from '../core/fault.ts';
import type { Clock, RandomSource } from '../core/ports.ts';
import type { LedgerEvent } from '../core/types.ts';
import type { FilePort, ProcessLock } from '../io/files/file-port.ts';
import type { DurableBatch, Receipt } from './append-log.ts';
import type { PublishCheckpoint } from './checkpoint-writer.ts';
import type { Commitment, ContentAnswer } from './commitments.ts';
import { commitmentKey, Commitments } from './commitments.ts';
import { ledgerFault, toUnavailable } from './faults.ts';
import type { RecordHandler, Subscription } from './followers.ts';
import { Followers } from './followers.ts';
import { NonceStore } from './nonce-store.ts';
import type { Checkpoint } from './note.ts';
import { toVerifierKey } from './note.ts';
import type { LedgerRecord } from './record.ts';
import { readRecords } from './records.ts';
import type { Retention } from './retention.ts';
import { assertRetention, findOld, removeOld } from './retention.ts';
import { segmentsFolder } from './segment.ts';
import { Session } from './session.ts';
import type { CheckpointSigner } from './signer.ts';
import { fileSigner } from './signer.ts';

export interface LedgerOptions {
  readonly directory: string;
  readonly files: FilePort;
  readonly clock: Clock;
  readonly random: RandomSource;
  /** Default: a key pair in the directory, made at first start. */
  readonly signer?: CheckpointSigner;
  /** Places beside the directory that get every checkpoint. */
  readonly publish?: readonly PublishCheckpoint[];
  readonly segmentBytesMax?: number;
  /** Most records that may wait for the disk; one more is refused with `ledger_busy`. */
  readonly queueMax?: number;
  readonly queueBytesMax?: number;
  /** A checkpoint after so many records, or so many milliseconds after the first that none covers. */
  readonly checkpointEvery?: number;
  readonly checkpointEveryMs?: number;
  /** Default: everything is kept. */
  readonly retention?: Retention;
}

export type LedgerState = 'open' | 'failed' | 'closed';

export interface LedgerStatus {
  readonly state: LedgerState;
  /** Why it failed. */
  readonly fault: Fault | undefined;
  /** Records that survive a power cut. */
  readonly durableCount: number;
  /** Records that wait for the disk. */
  readonly waiting: number;
  readonly checkpoint: Checkpoint | undefined;
  /** Second places that have not taken the newest checkpoint, and how often one refused. */
  readonly publishOwed: number;
  readonly publishFailures: number;
}

/** A ledger that records. All methods but `append`, `commit` and `status` wait for the disk. */
export interface Ledger {
  readonly state: LedgerState;
  /** For anyone who wants to check this ledger's checkpoints. */
  readonly verifierKey: string;
  /** Takes the event over: it must not be changed any more. Throws `ledger_unavailable`, `ledger_busy`, `ledger_closed`, `event_refused`. */
  append(event: LedgerEvent): Receipt;
  /** Commits to a text without keeping it. */
  commit(tenant: string, text: string): Commitment;
  /** Is this the text that was committed to? Throws `nonce_gone`. */
  checkContent(tenant: string, text: string, commitment: Commitment): Promise<ContentAnswer>;
  /** Forgets what a commitment stood for, and records that. */
  erase(commitment: Pick<Commitment, 'nonce'>): Promise<void>;
  /** Durable records from an index on, as of now. */
  events(fromIndex?: number): AsyncIterable<LedgerRecord>;
  /** Every durable record from an index on, now and later. */
  onEvent(handler: RecordHandler, fromIndex: number): Subscription;
  /** Signs and keeps the state of everything that is durable now. */
  checkpoint(): Promise<Checkpoint>;
  /** To be called about every second: checkpoints that are due, copies that are owed, retention, reopening after a failure. Never rejects. */
  tick(): Promise<void>;
  /** After a failure: reads back what the disk really holds and goes on from there. Throws what is still wrong. */
  reopen(): Promise<void>;
  status(): LedgerStatus;
  close(): Promise<void>;
}

const DEFAULTS = {
  publish: [],
  segmentBytesMax: 67_108_864,
  queueMax: 16_384,
  queueBytesMax: 16_777_216,
  checkpointEvery: 10_000,
  checkpointEveryMs: 60_000,
} satisfies Partial<LedgerOptions>;

/** How often `tick` looks for segments that retention removes. */
const RETENTION_EVERY_MS = 600_000;

type Settings = Required<Omit<LedgerOptions, 'signer' | 'retention'>> &
  Pick<LedgerOptions, 'retention'> & { readonly signer: CheckpointSigner; readonly verifierKey: string };

/** Throws `ledger_unavailable`, `ledger_locked`, `ledger_damaged`, `ledger_truncated`, `checkpoint_untrusted`, `retention_below_minimum`. */
export async function openLedger(options: LedgerOptions): Promise<Ledger> {
  const { files, directory, retention } = options;
  if (retention !== undefined) assertRetention(retention);
  let lock: ProcessLock | undefined;
  try {
    await files.makeFolder(segmentsFolder(directory));
    lock = await files.lock(`${directory}/lock`);
    if (lock === undefined) throw ledgerFault('ledger_locked', { directory });
    return await openLocked(options, lock);
  } catch (error) {
    await lock?.release();
    throw error instanceof Fault ? error : toUnavailable(directory, error);
  }
}

async function openLocked(options: LedgerOptions, lock: ProcessLock): Promise<Ledger> {
  const { files, directory, random } = options;
  const signer = options.signer ?? (await fileSigner(files, directory, random));
  const settings = { ...DEFAULTS, ...options, signer, verifierKey: await toVerifierKey(signer.name, signer.publicKey) };
  const nonces = new NonceStore(files, directory);
  const commitments = new Commitments(await commitmentKey(files, directory, random), nonces, random);
  const ledger = new RunningLedger({ settings, lock, nonces, commitments });
  await ledger.reopen();
  return ledger;
}

interface LedgerParts {
  readonly settings: Settings;
  readonly lock: ProcessLock;
  readonly nonces: NonceStore;
  readonly commitments: Commitments;
}

class RunningLedger implements Ledger {
  readonly #parts: LedgerParts;
  readonly #followers: Followers;
  /** Absent while the ledger cannot record. */
  #session: Session | undefined;
  /** The session that failed last; its descriptors are given back before the next one opens. */
  #broken: Session | undefined;
  #durableCount = 0;
  #isClosed = false;
  #fault: Fault | undefined;
  #reopening: Promise<void> | undefined;
  #retainAgainMs = -Infinity;

  constructor(parts: LedgerParts) {
    this.#parts = parts;
    this.#followers = new Followers((position) => this.#records(position));
  }

  get state(): LedgerState {
    if (this.#isClosed) return 'closed';
    return this.#session === undefined ? 'failed' : 'open';
  }

  get verifierKey(): string {
    return this.#parts.settings.verifierKey;
  }

  append(event: LedgerEvent): Receipt {
    return this.#working().append(event);
  }

  commit(tenant: string, text: string): Commitment {
    return this.#parts.commitments.commit(tenant, text);
  }

  checkContent(tenant: string, text: string, commitment: Commitment): Promise<ContentAnswer> {
    return this.#parts.commitments.check(tenant, text, commitment);
  }

  async erase({ nonce }: Pick<Commitment, 'nonce'>): Promise<void> {
    await this.#parts.nonces.erase(nonce);
    await this.append({ kind: 'ledger.content_erased', atMs: this.#parts.settings.clock.nowMs(), data: { nonce } }).durable;
  }

  async *events(fromIndex = 0): AsyncGenerator<LedgerRecord, void, undefined> {
    for await (const records of this.#records(fromIndex)) yield* records;
  }

  onEvent(handler: RecordHandler, fromIndex: number): Subscription {
    return this.#followers.add(handler, fromIndex);
  }

  checkpoint(): Promise<Checkpoint> {
    return this.#working().checkpoint();
  }

  async tick(): Promise<void> {
    if (this.#isClosed) return;
    try {
      await this.reopen();
      if (this.#session?.isCheckpointDue) await this.#session.checkpoint();
      await this.#session?.writer.publishOwed();
      await this.#retain();
    } catch (error) {
      // Seen by everyone through `state` and `append`; the next tick tries again.
      this.#noteFault(error);
    }
    this.#followers.wake();
  }

  reopen(): Promise<void> {
    this.#reopening ??= this.#reopen().finally(() => {
      this.#reopening = undefined;
    });
    return this.#reopening;
  }

  status(): LedgerStatus {
    const session = this.#session ?? this.#broken;
    return {
      state: this.state,
      fault: this.#fault,
      durableCount: this.#durableCount,
      waiting: this.#session?.waiting ?? 0,
      checkpoint: session?.writer.newest,
      publishOwed: session?.writer.owedCount ?? 0,
      publishFailures: session?.writer.publishFailures ?? 0,
    };
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#followers.stop();
    await this.#reopening?.catch(() => undefined);
    const session = this.#session;
    this.#session = undefined;
    try {
      await session?.settled();
      // A failure while it settled has taken the session away, and whoever waits has been told.
      if (session !== this.#broken) await session?.checkpoint();
    } finally {
      await (session ?? this.#broken)?.close().catch(ignoreDescriptor);
      await this.#parts.nonces.close().catch(ignoreDescriptor);
      await this.#parts.lock.release();
    }
  }

  async #retain(): Promise<void> {
    const { settings, nonces } = this.#parts;
    const { retention, clock } = settings;
    const session = this.#session;
    if (retention === undefined || session === undefined || clock.steadyMs() < this.#retainAgainMs) return;
    this.#retainAgainMs = clock.steadyMs() + RETENTION_EVERY_MS;
    const coveredCount = session.writer.newest?.size ?? 0;
    const old = await findOld(settings, retention, { nowMs: clock.nowMs(), coveredCount });
    if (old === undefined) return;
    // Recorded first: a ledger that begins late and does not say why was cut by someone else.
    const data = { to: old.to, retainDays: retention.retainDays };
    await this.append({ kind: 'ledger.pruned', atMs: clock.nowMs(), data }).durable;
    await removeOld(settings, old, nonces);
  }

  async #reopen(): Promise<void> {
    if (this.#session !== undefined || this.#isClosed) return;
    await this.#broken?.close().catch(ignoreDescriptor);
    const { nonces, settings } = this.#parts;
    await nonces.close().catch(ignoreDescriptor);
    let session: Session | undefined;
    try {
      await nonces.open();
      session = await Session.open({
        ...settings,
        nonces,
        onDurable: (batch) => this.#takeDurable(batch),
        onFailure: (fault) => this.#fail(fault),
      });
      // After a failure only a disk that takes a whole checkpoint counts as repaired.
      if (this.#fault !== undefined) await session.checkpoint();
    } catch (error) {
      this.#broken = session;
      throw this.#noteFault(error);
    }
    this.#durableCount = session.durableCount;
    this.#fault = undefined;
    this.#session = session;
  }

  #working(): Session {
    if (this.#session !== undefined) return this.#session;
    if (this.#isClosed) throw ledgerFault('ledger_closed');
    throw this.#fault ?? toUnavailable(this.#parts.settings.directory, undefined);
  }

  #takeDurable(batch: DurableBatch): void {
    this.#durableCount = batch.firstIndex + batch.records.length;
    this.#followers.offer(batch);
  }

  #fail(fault: Fault): void {
    this.#fault = fault;
    this.#broken = this.#session ?? this.#broken;
    this.#session = undefined;
  }

  #noteFault(error: unknown): Fault {
    this.#fault = error instanceof Fault ? error : toUnavailable(this.#parts.settings.directory, error);
    return this.#fault;
  }

  #records(from: number): AsyncIterable<readonly LedgerRecord[]> {
    const { files, directory } = this.#parts.settings;
    return readRecords(files, directory, { from, to: this.#durableCount });
  }
}

/** What close(2) says of a descriptor changes nothing: it is gone, and everything acknowledged was synced before. */
const ignoreDescriptor = (): undefined => undefined;
