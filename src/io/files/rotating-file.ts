// A file of lines that others read while it grows: whole lines only, moved aside when it is full, the oldest given up.
import type { FilePort, OpenFile } from './file-port.ts';

export interface RotatingFileOptions {
  readonly files: FilePort;
  readonly folder: string;
  readonly name: string;
  /** Full ones that are kept beside the growing one, as `name.1` (the newest) to `name.N`. */
  readonly keepFiles: number;
  /** Bytes that are known to be whole lines; what stands behind them is looked at. Undefined when nothing is known of the file. */
  readonly trustedBytes: number | undefined;
  /** Whether a line, without its end, is one that was written here: a power cut can leave holes and halves. */
  readonly isWhole: (line: string) => boolean;
}

export interface RotatingFile {
  /** Bytes that were appended and that survive the death of this process. */
  readonly sizeBytes: number;
  /** Appends whole lines, all or nothing: after a rejection the file is as it was. One call at a time. */
  append(lines: Uint8Array): Promise<void>;
  /** Makes what was appended survive a power cut. After a rejection nothing is known of it: call `dropUnsynced`. */
  sync(): Promise<void>;
  /** Forgets what was appended since the last sync, because it has to be written again. */
  dropUnsynced(): void;
  /** Syncs, moves the file aside and begins a new one. */
  rotate(): Promise<void>;
  close(): Promise<void>;
}

/** The file holds what was never written here, so that cutting it would destroy what belongs to somebody else. */
export class ForeignFileError extends Error {
  override readonly name = 'ForeignFileError';
}

const LINE_END = 0x0a;
const WINDOW_BYTES = 1_048_576;
/** A line that is longer was never written here. */
const LINE_BYTES_MAX = 4 * WINDOW_BYTES;

/**
 * Opens or makes the file, readable by its owner only, and cuts off what is no whole line.
 * Rejects with ForeignFileError when nothing is known of the file and it does not begin with a whole line.
 */
export async function openRotatingFile(options: RotatingFileOptions): Promise<RotatingFile> {
  const { files, folder, name } = options;
  const file = await files.open(`${folder}/${name}`, 'ensure');
  try {
    await files.syncFolder(folder);
    const found = await file.sizeBytes();
    const sizeBytes = await wholeBytes(file, found, options);
    if (sizeBytes === 0 && found > 0 && options.trustedBytes === undefined) throw new ForeignFileError(`${folder}/${name}`);
    if (sizeBytes < found) await file.truncate(sizeBytes);
    return new OpenRotatingFile(options, file, sizeBytes);
  } catch (error) {
    await file.close();
    throw error;
  }
}

class OpenRotatingFile implements RotatingFile {
  readonly #options: RotatingFileOptions;
  #file: OpenFile | undefined;
  #sizeBytes: number;
  #syncedBytes: number;
  /** Whether there can be bytes behind the end. */
  #isDoubtful = false;

  constructor(options: RotatingFileOptions, file: OpenFile, sizeBytes: number) {
    this.#options = options;
    this.#file = file;
    this.#sizeBytes = sizeBytes;
    this.#syncedBytes = sizeBytes;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  async append(lines: Uint8Array): Promise<void> {
    const file = await this.#usable();
    try {
      await file.write(lines, this.#sizeBytes);
    } catch (error) {
      this.#isDoubtful = true;
      // Half a line must not stay where others read; if it cannot go now, it goes before the next one is written.
      await this.#trim(file).catch(stillDoubtful);
      throw error;
    }
    this.#sizeBytes += lines.length;
  }

  async sync(): Promise<void> {
    const file = await this.#usable();
    const { sizeBytes } = this;
    if (sizeBytes === this.#syncedBytes) return;
    await file.syncData();
    this.#syncedBytes = sizeBytes;
  }

  dropUnsynced(): void {
    this.#sizeBytes = this.#syncedBytes;
    this.#isDoubtful = true;
  }

  async rotate(): Promise<void> {
    const { files, folder, name } = this.#options;
    await this.sync();
    await this.#makeRoom();
    await files.rename(`${folder}/${name}`, `${folder}/${name}.1`);
    // From here on a failure leaves no file open: the next use makes the new one.
    const full = this.#file;
    this.#file = undefined;
    this.#sizeBytes = 0;
    this.#syncedBytes = 0;
    this.#isDoubtful = false;
    await full?.close();
    await this.#usable();
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  async #usable(): Promise<OpenFile> {
    this.#file ??= await this.#begin();
    if (this.#isDoubtful) await this.#trim(this.#file);
    return this.#file;
  }

  async #begin(): Promise<OpenFile> {
    const { files, folder, name } = this.#options;
    const file = await files.open(`${folder}/${name}`, 'ensure');
    try {
      await files.syncFolder(folder);
    } catch (error) {
      await file.close();
      throw error;
    }
    this.#isDoubtful = true;
    return file;
  }

  async #trim(file: OpenFile): Promise<void> {
    await file.truncate(this.#sizeBytes);
    this.#isDoubtful = false;
  }

  /** Moves the full files up by one as far as the first gap, and gives up the oldest only where there is no gap. */
  async #makeRoom(): Promise<void> {
    const { files, folder, name, keepFiles } = this.#options;
    const names = new Set(await files.list(folder));
    let free = 1;
    while (free < keepFiles && names.has(`${name}.${free}`)) free += 1;
    for (let number = free; number > 1; number--) await files.rename(`${folder}/${name}.${number - 1}`, `${folder}/${name}.${number}`);
  }
}

/** The disk's own error is the one that is told. */
const stillDoubtful = (): undefined => undefined;

/** How many bytes from the start are whole lines. */
async function wholeBytes(file: OpenFile, sizeBytes: number, { trustedBytes = 0, isWhole }: RotatingFileOptions): Promise<number> {
  // A file that is shorter than what was trusted is another file: begun anew, or cut by somebody.
  let whole = trustedBytes <= sizeBytes ? trustedBytes : 0;
  let rest = Buffer.alloc(0);
  for (let at = whole; at < sizeBytes;) {
    const bytes = await file.read(at, Math.min(WINDOW_BYTES, sizeBytes - at));
    if (bytes.length === 0 || rest.length > LINE_BYTES_MAX) break;
    at += bytes.length;
    rest = Buffer.concat([rest, bytes]);
    for (let end = rest.indexOf(LINE_END); end >= 0; end = rest.indexOf(LINE_END)) {
      if (!isWhole(rest.toString('utf8', 0, end))) return whole;
      whole += end + 1;
      rest = rest.subarray(end + 1);
    }
  }
  return whole;
}
