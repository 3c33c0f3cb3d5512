// Nonces of content commitments, one a slot, apart from the records, so that one can be erased while the records stay.
import type { FilePort, OpenFile } from '../io/files/file-port.ts';
import { ledgerFault } from './faults.ts';

export const NONCE_BYTES = 32;
/** Slots in one file: 8 MB, a unit that retention can remove. */
const FILE_SLOTS = 262_144;
/** Slots that are claimed on the disk at a time. */
const CLAIM_SLOTS = 8192;
/** Nonces that may wait in memory: what a kill -9 can make unprovable. */
const PENDING_MAX = 64;

/**
 * Slots are claimed durably, by the size of the file, before a record that names one is written: a slot never means two
 * nonces. The nonces themselves are written lazily and synced with the next checkpoint, on purpose: losing one in a power
 * cut equals erasing it. No record is lost and none becomes wrong; only that text can no longer be proven.
 */
export class NonceStore {
  readonly #files: FilePort;
  readonly #folder: string;
  #current: { readonly number: number; readonly file: OpenFile } | undefined;
  #next = 0;
  /** Slots below this are ours, whatever happens to the power. */
  #claimed = 0;
  /** Nonces of the slots before `#next`, in order. */
  #pending: Uint8Array[] = [];
  #queue: Promise<unknown> = Promise.resolve();

  constructor(files: FilePort, directory: string) {
    this.#files = files;
    this.#folder = `${directory}/nonces`;
  }

  /**
   * Finds the first slot that was never claimed; what follows it is claimed again, because the claim that is seen may not
   * have reached the disk. Called again after a failure, it keeps what waits.
   */
  async open(): Promise<void> {
    await this.#files.makeFolder(this.#folder);
    const last = (await this.#numbers()).at(-1);
    if (last === undefined || this.#next > 0) return;
    const claimedBytes = await this.#with(last, (file) => file.sizeBytes());
    this.#next = last * FILE_SLOTS + Math.ceil(claimedBytes / NONCE_BYTES);
  }

  /** The slot that the next nonce will get. */
  get nextSlot(): number {
    return this.#next;
  }

  /** Keeps a nonce and returns its slot. The bytes are the store's from now on. */
  add(nonce: Uint8Array): number {
    this.#pending.push(nonce);
    this.#next += 1;
    return this.#next - 1;
  }

  /** To be awaited before records are written; undefined, which costs nothing, when there is nothing to do. */
  beforeWrite(): Promise<void> | undefined {
    return this.#next > this.#claimed || this.#pending.length >= PENDING_MAX ? this.flush() : undefined;
  }

  /** Writes what waits. Rejects when the disk fails, and keeps it then. */
  flush(): Promise<void> {
    return this.#inOrder(() => this.#writePending());
  }

  /** Writes what waits and makes it survive a power cut. */
  sync(): Promise<void> {
    return this.#inOrder(async () => {
      await this.#writePending();
      await this.#current?.file.syncData();
    });
  }

  /** Throws `nonce_gone`. */
  read(slot: number): Promise<Uint8Array> {
    return this.#inOrder(async () => {
      await this.#writePending();
      const nonce = await this.#ifKept(slot, (file) => file.read((slot % FILE_SLOTS) * NONCE_BYTES, NONCE_BYTES));
      if (nonce?.length !== NONCE_BYTES || nonce.every((byte) => byte === 0)) throw ledgerFault('nonce_gone', { slot });
      return nonce;
    });
  }

  /** Overwrites a nonce with zeros, on the disk once it resolves. */
  erase(slot: number): Promise<void> {
    return this.#inOrder(async () => {
      await this.#writePending();
      await this.#ifKept(slot, async (file) => {
        await file.write(new Uint8Array(NONCE_BYTES), (slot % FILE_SLOTS) * NONCE_BYTES);
        await file.syncData();
      });
    });
  }

  /** Removes files all of whose slots are below `slot`. */
  removeBelow(slot: number): Promise<void> {
    return this.#inOrder(async () => {
      const old = (await this.#numbers()).filter((number) => (number + 1) * FILE_SLOTS <= slot && number !== this.#current?.number);
      for (const number of old) await this.#files.remove(this.#path(number));
      if (old.length > 0) await this.#files.syncFolder(this.#folder);
    });
  }

  /** Gives back the descriptor; the store can be opened again. */
  async close(): Promise<void> {
    await this.#inOrder(async () => {
      const current = this.#current;
      this.#current = undefined;
      await current?.file.close();
    });
  }

  async #writePending(): Promise<void> {
    while (this.#pending.length > 0) {
      const first = this.#next - this.#pending.length;
      const number = Math.floor(first / FILE_SLOTS);
      const file = await this.#fileFor(number);
      // Counted after the wait: more may have come meanwhile.
      const taken = this.#pending.slice(0, (number + 1) * FILE_SLOTS - first);
      await this.#claim(file, { number, slot: first + taken.length });
      await file.write(Buffer.concat(taken), (first % FILE_SLOTS) * NONCE_BYTES);
      this.#pending.splice(0, taken.length);
    }
  }

  async #fileFor(number: number): Promise<OpenFile> {
    if (this.#current?.number === number) return this.#current.file;
    await this.#current?.file.syncData();
    await this.#current?.file.close();
    this.#current = undefined;
    const file = await this.#files.open(this.#path(number), 'ensure');
    this.#current = { number, file };
    await this.#files.syncFolder(this.#folder);
    return file;
  }

  async #claim(file: OpenFile, { number, slot }: { readonly number: number; readonly slot: number }): Promise<void> {
    if (slot <= this.#claimed) return;
    const start = number * FILE_SLOTS;
    const claimed = Math.min(FILE_SLOTS, slot - start + CLAIM_SLOTS);
    await file.truncate(claimed * NONCE_BYTES);
    await file.syncData();
    this.#claimed = start + claimed;
  }

  async #ifKept<Result>(slot: number, use: (file: OpenFile) => Promise<Result>): Promise<Result | undefined> {
    const number = Math.floor(slot / FILE_SLOTS);
    if (!(await this.#numbers()).includes(number)) return undefined;
    return this.#with(number, use);
  }

  async #with<Result>(number: number, use: (file: OpenFile) => Promise<Result>): Promise<Result> {
    const file = await this.#files.open(this.#path(number), 'open');
    try {
      return await use(file);
    } finally {
      await file.close();
    }
  }

  async #numbers(): Promise<readonly number[]> {
    const names = await this.#files.list(this.#folder);
    return names.filter((name) => /^\d{8}\.nonces$/.test(name)).map((name) => Number.parseInt(name, 10));
  }

  #path(number: number): string {
    return `${this.#folder}/${String(number).padStart(8, '0')}.nonces`;
  }

  #inOrder<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#queue.then(work);
    // The next in line runs whatever became of this one; who asked for this one is told.
    this.#queue = done.catch(() => undefined);
    return done;
  }
}
