// The newest checkpoint in a file of its own, and all of them in one file that only grows.
import type { FilePort } from '../io/files/file-port.ts';
import { readWhole, replaceFile } from '../io/files/whole-file.ts';
import { ledgerFault } from './faults.ts';
import type { Checkpoint } from './note.ts';
import { NOTE_UNITS_MAX, openCheckpoint } from './note.ts';

const NEWEST_NAME = 'checkpoint';
const HISTORY_NAME = 'checkpoints.jsonl';
const NEWLINE = 0x0a;
const CHUNK_BYTES = 65_536;

export class CheckpointStore {
  readonly #files: FilePort;
  readonly #directory: string;

  constructor(files: FilePort, directory: string) {
    this.#files = files;
    this.#directory = directory;
  }

  /** The newest note, as it stands; undefined before the first checkpoint. */
  async newestNote(): Promise<string | undefined> {
    const bytes = await readWhole(this.#files, `${this.#directory}/${NEWEST_NAME}`, NOTE_UNITS_MAX);
    return bytes && Buffer.from(bytes).toString('utf8');
  }

  /** Throws `checkpoint_untrusted` when the newest note is not signed by this key. */
  async newest(verifierKey: string): Promise<Checkpoint | undefined> {
    const note = await this.newestNote();
    if (note === undefined) return undefined;
    const checkpoint = await openCheckpoint(note, verifierKey);
    if (checkpoint === undefined)
      throw ledgerFault('checkpoint_untrusted', { reason: `${NEWEST_NAME} is not signed by the key of this ledger` });
    return checkpoint;
  }

  /** Keeps a note. History first: what is the newest is then in the history, too, whenever the power goes. */
  async keep(note: string): Promise<void> {
    await this.#appendHistory(note);
    await replaceFile(this.#files, { folder: this.#directory, name: NEWEST_NAME, bytes: Buffer.from(note), permissions: 0o644 });
  }

  /** Every note that was kept, oldest first; a line that is no text of a note comes as undefined. */
  async *history(): AsyncGenerator<string | undefined, void, undefined> {
    let rest = '';
    for await (const chunk of this.#historyChunks()) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) yield parseLine(line);
    }
    if (rest !== '') yield undefined;
  }

  async *#historyChunks(): AsyncGenerator<string, void, undefined> {
    if (!(await this.#files.list(this.#directory)).includes(HISTORY_NAME)) return;
    const file = await this.#files.open(`${this.#directory}/${HISTORY_NAME}`, 'read');
    try {
      for (let at = 0; ;) {
        const bytes = await file.read(at, CHUNK_BYTES);
        if (bytes.length === 0) return;
        at += bytes.length;
        // Notes are written with JSON's escapes, so no character ever straddles two chunks.
        yield Buffer.from(bytes).toString('latin1');
      }
    } finally {
      await file.close();
    }
  }

  async #appendHistory(note: string): Promise<void> {
    const isNew = !(await this.#files.list(this.#directory)).includes(HISTORY_NAME);
    const file = await this.#files.open(`${this.#directory}/${HISTORY_NAME}`, 'ensure', 0o644);
    try {
      const sizeBytes = await file.sizeBytes();
      const last = sizeBytes === 0 ? undefined : await file.read(sizeBytes - 1, 1);
      // A line that a power cut tore is closed, so that it spoils itself only.
      const line = `${last === undefined || last[0] === NEWLINE ? '' : '\n'}${toLine(note)}\n`;
      await file.write(Buffer.from(line, 'latin1'), sizeBytes);
      await file.syncData();
    } finally {
      await file.close();
    }
    if (isNew) await this.#files.syncFolder(this.#directory);
  }
}

const toLine = (note: string): string =>
  JSON.stringify(note).replaceAll(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

function parseLine(line: string): string | undefined {
  try {
    const note: unknown = JSON.parse(line);
    return typeof note === 'string' ? note : undefined;
  } catch {
    return undefined;
  }
}
