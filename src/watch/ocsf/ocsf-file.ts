// Follows the ledger and writes what it says as OCSF lines. At least once: a line can come again after a crash, under the same uid.
import { basename, dirname } from 'node:path';
import { Fault } from '../../core/fault.ts';
import type { Clock } from '../../core/ports.ts';
import type { FilePort, ProcessLock } from '../../io/files/file-port.ts';
import { systemCode } from '../../io/files/file-port.ts';
import { ForeignFileError, openRotatingFile, type RotatingFile } from '../../io/files/rotating-file.ts';
import type { Subscription } from '../../ledger/followers.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { LedgerRecord } from '../../ledger/record.ts';
import { watchFault } from '../faults.ts';
import { readCursor, writeCursor, type Cursor, type CursorPlace } from './cursor.ts';
import { toLine, type OcsfContext, type Restore } from './event.ts';
import { OpenRequests } from './open-requests.ts';
import { toOcsf } from './to-ocsf.ts';

export interface OcsfFileOptions {
  readonly ledger: Pick<Ledger, 'onEvent' | 'verifierKey'> & { status(): { readonly durableCount: number } };
  readonly files: FilePort;
  readonly clock: Clock;
  /** Resolves no earlier than so many milliseconds from now, and lets the rest of the event loop run first. */
  readonly pause: (ms: number) => Promise<void>;
  /** Absolute path of the growing file. */
  readonly path: string;
  /** A file grows no larger than this, unless a single line does. */
  readonly rotateBytes: number;
  /** Full files that are kept beside the growing one. */
  readonly keepFiles: number;
  readonly productVersion: string;
  /** Where the ledger was put back from a backup. */
  readonly restores?: readonly Restore[] | undefined;
  /** Longest time that written lines may lack a sync. */
  readonly syncEveryMs?: number;
  /** Shortest time between a failure and the next try. */
  readonly retryMs?: number;
  /** Told of every failure. The lines are kept in the ledger and are tried again. */
  readonly onTrouble?: (error: unknown) => void;
}

interface OcsfFileStatus {
  /** Index of the first record whose lines would not survive a power cut. */
  readonly durable: number;
  /** Index of the first record whose lines are not written. */
  readonly written: number;
  readonly failures: number;
  /** What went wrong last; undefined once it went well again. */
  readonly trouble: unknown;
}

export interface OcsfFile {
  status(): OcsfFileStatus;
  /** To be called about every second: syncs what was written while nothing came after it. Never rejects. */
  tick(): Promise<void>;
  /** Writes the cursor and gives the file back. The ledger need not be open any more. */
  close(): Promise<void>;
}

const SYNC_EVERY_MS = 1_000;
const RETRY_MS = 1_000;
/** Longest time that a line waits for company. Records that wait longer grow old, and are then collected with the whole heap. */
const GATHER_MS = 8;
/** Lines that are made in one turn of the event loop. */
const LINES_A_TURN = 50;

/** Faults: `events_file_unusable`, `events_file_foreign`, `events_file_in_use`. */
export async function createOcsfFile(options: OcsfFileOptions): Promise<OcsfFile> {
  const { files, path } = options;
  const place = { files, folder: dirname(path), name: basename(path) };
  let lock: ProcessLock | undefined;
  try {
    await files.makeFolder(place.folder);
    lock = await files.lock(`${place.folder}/.${place.name}.lock`);
    if (lock === undefined) throw watchFault('events_file_in_use', { path });
    const writer = await open(options, place, lock);
    writer.follow();
    return writer;
  } catch (error) {
    await lock?.release();
    throw toFault(path, error);
  }
}

async function open(options: OcsfFileOptions, place: CursorPlace, lock: ProcessLock): Promise<OcsfWriter> {
  const { ledger, keepFiles } = options;
  const found = await readCursor(place);
  const file = await openRotatingFile({ ...place, keepFiles, trustedBytes: found?.bytes, isWhole: isOwnLine });
  try {
    const installation = installationOf(ledger.verifierKey);
    const start = { version: 1, ledger: installation, next: 0, warmFrom: 0, bytes: file.sizeBytes } as const;
    const cursor = found?.ledger === installation ? withinLedger(found, options) : start;
    // From here on the file is known to be ours, whatever becomes of its first line.
    if (cursor !== found) await writeCursor(place, cursor);
    return new OcsfWriter(options, { place, lock, file, cursor });
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Records that come after a ledger was put back must not pass for ones that were written before. */
function withinLedger(cursor: Cursor, { ledger, onTrouble }: OcsfFileOptions): Cursor {
  const { durableCount } = ledger.status();
  const beyond = cursor.next - durableCount;
  if (beyond <= 0) return cursor;
  onTrouble?.(new Error(`the events file is ${beyond} records beyond the end of the ledger, which was put back: it goes on from that end`));
  return { ...cursor, next: durableCount, warmFrom: Math.min(cursor.warmFrom, durableCount) };
}

interface WriterParts {
  readonly place: CursorPlace;
  readonly lock: ProcessLock;
  readonly file: RotatingFile;
  readonly cursor: Cursor;
}

class OcsfWriter implements OcsfFile {
  readonly #options: OcsfFileOptions;
  readonly #place: CursorPlace;
  readonly #lock: ProcessLock;
  readonly #file: RotatingFile;
  #requests = new OpenRequests();
  readonly #context: OcsfContext;
  #cursor: Cursor;
  /** Index of the first record whose lines are not written. */
  #next: number;
  #subscription: Subscription | undefined;
  #isCursorDue = false;
  #flushedMs: number;
  #failures = 0;
  #trouble: unknown;
  #isClosing = false;
  /** One at a time: writing, syncing, closing. */
  #turn: Promise<void> = Promise.resolve();

  constructor(options: OcsfFileOptions, { place, lock, file, cursor }: WriterParts) {
    this.#options = options;
    this.#place = place;
    this.#lock = lock;
    this.#file = file;
    this.#cursor = cursor;
    this.#next = cursor.next;
    this.#flushedMs = options.clock.steadyMs();
    this.#context = {
      installation: cursor.ledger,
      productVersion: options.productVersion,
      restores: options.restores,
      opened: (record) => this.#requests.find(record),
    };
  }

  /** Subscribes anew from the cursor. What an older subscription still brings is not taken any more. */
  follow(): void {
    if (this.#isClosing) return;
    this.#subscription?.stop();
    this.#requests = new OpenRequests();
    this.#next = this.#cursor.next;
    let own: Subscription | undefined;
    const take = async (records: readonly LedgerRecord[]): Promise<void> => {
      try {
        await this.#inTurn(() => (own === this.#subscription ? this.#take(records) : Promise.resolve()));
        // What comes meanwhile is written in one go: a write for each batch of the ledger costs more than its lines.
        await this.#options.pause(GATHER_MS);
      } catch (error) {
        // While the disk is full, trying at every batch would cost more than writing does.
        await this.#options.pause(this.#options.retryMs ?? RETRY_MS);
        throw error;
      }
    };
    own = this.#options.ledger.onEvent(take, this.#cursor.warmFrom);
    this.#subscription = own;
  }

  status(): OcsfFileStatus {
    return { durable: this.#cursor.next, written: this.#next, failures: this.#failures, trouble: this.#trouble };
  }

  async tick(): Promise<void> {
    if (this.#isClosing || !this.#isFlushDue) return;
    await this.#inTurn(() => this.#flush()).catch(alreadyTold);
  }

  async close(): Promise<void> {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#subscription?.stop();
    this.#subscription = undefined;
    await this.#inTurn(() => this.#flush()).catch(alreadyTold);
    await this.#file.close();
    await this.#lock.release();
  }

  /** Rejects with what went wrong, which makes the ledger bring the same records again; remembers it and tells it. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(work).then(
      () => void (this.#trouble = undefined),
      (error: unknown) => {
        this.#failures += 1;
        this.#trouble = error;
        this.#options.onTrouble?.(error);
        throw error;
      },
    );
    this.#turn = turn.catch(alreadyTold);
    return turn;
  }

  async #take(records: readonly LedgerRecord[]): Promise<void> {
    const lines: string[] = [];
    let made = 0;
    for (const record of records) {
      this.#requests.learn(record);
      // Older records come again only to be learned from.
      if (record.index < this.#next) continue;
      for (const event of toOcsf(record, this.#context)) lines.push(toLine(event));
      if (lines.length - made < LINES_A_TURN) continue;
      made = lines.length;
      await this.#options.pause(0);
    }
    await this.#write(lines);
    this.#next = Math.max(this.#next, (records.at(-1)?.index ?? -1) + 1);
    this.#requests.settle();
    if (this.#isFlushDue) await this.#flush();
  }

  /** Fills the file to its brim, and moves it aside when the next line would spill over. */
  async #write(lines: readonly string[]): Promise<void> {
    const all = Buffer.from(lines.join(''));
    if (this.#file.sizeBytes + all.length <= this.#options.rotateBytes) return this.#append(all);
    let group: Buffer[] = [];
    let bytes = 0;
    for (const line of lines.map((text) => Buffer.from(text))) {
      const held = this.#file.sizeBytes + bytes;
      if (held > 0 && held + line.length > this.#options.rotateBytes) {
        await this.#append(Buffer.concat(group));
        await this.#rotate();
        group = [];
        bytes = 0;
      }
      group.push(line);
      bytes += line.length;
    }
    await this.#append(Buffer.concat(group));
  }

  async #append(bytes: Buffer): Promise<void> {
    if (bytes.length === 0) return;
    // The cursor must know the new file before anything is in it: its size tells the one from the other.
    if (this.#isCursorDue) await this.#keepCursor();
    await this.#file.append(bytes);
  }

  async #rotate(): Promise<void> {
    // Set first: a rotation that fails half-way has begun a new file too.
    this.#isCursorDue = true;
    await this.#sync(() => this.#file.rotate());
  }

  get #isFlushDue(): boolean {
    const isBehind = this.#next > this.#cursor.next || this.#isCursorDue;
    return isBehind && this.#options.clock.steadyMs() - this.#flushedMs >= (this.#options.syncEveryMs ?? SYNC_EVERY_MS);
  }

  async #flush(): Promise<void> {
    await this.#sync(() => this.#file.sync());
    if (this.#next > this.#cursor.next || this.#isCursorDue) await this.#keepCursor();
    this.#flushedMs = this.#options.clock.steadyMs();
  }

  async #keepCursor(): Promise<void> {
    const next = this.#next;
    const cursor: Cursor = {
      version: 1,
      ledger: this.#cursor.ledger,
      next,
      warmFrom: Math.min(this.#requests.oldestIndex ?? next, next),
      bytes: this.#file.sizeBytes,
    };
    await writeCursor(this.#place, cursor);
    this.#cursor = cursor;
    this.#isCursorDue = false;
  }

  /** Goes back to the cursor after a while. Nothing is written meanwhile: it would come after a gap. */
  #rewind(): void {
    this.#subscription?.stop();
    this.#subscription = undefined;
    this.#next = this.#cursor.next;
    void this.#options.pause(this.#options.retryMs ?? RETRY_MS).then(() => this.follow());
  }

  /** After a failed sync the kernel may have forgotten what it held (fsyncgate, 2018): those lines are made again from the ledger. */
  async #sync(sync: () => Promise<void>): Promise<void> {
    try {
      await sync();
    } catch (error) {
      this.#file.dropUnsynced();
      this.#rewind();
      throw error;
    }
  }
}

/** Who waits for this failure was told in `#inTurn`. */
const alreadyTold = (): undefined => undefined;

/** A verifier key is `name+hash+key` (https://c2sp.org/signed-note#verifier-keys): name and hash tell ledgers apart. */
const installationOf = (verifierKey: string): string => verifierKey.split('+').slice(0, 2).join('+');

function isOwnLine(line: string): boolean {
  if (!line.startsWith('{"activity_id":')) return false;
  try {
    return typeof JSON.parse(line) === 'object';
  } catch {
    return false;
  }
}

function toFault(path: string, error: unknown): Error {
  if (error instanceof Fault) return error;
  if (error instanceof ForeignFileError) return watchFault('events_file_foreign', { path }, { cause: error });
  const code = systemCode(error);
  if (code !== undefined) return watchFault('events_file_unusable', { path, reason: code }, { cause: error });
  return error instanceof Error ? error : new Error('the events file cannot be opened', { cause: error });
}
