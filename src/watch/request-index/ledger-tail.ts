// Reads the ledger's files from where it left off. Another thread writes them: nothing beyond what is durable is looked at.
import type { JsonObject } from '../../core/types.ts';
import type { FilePort, OpenFile } from '../../io/files/file-port.ts';
import type { Frame } from '../../ledger/frame.ts';
import type { LedgerRecord } from '../../ledger/record.ts';
import { listSegments, readFrames, SEGMENT_HEADER_BYTES, segmentsFolder, type SegmentName } from '../../ledger/segment.ts';

/** Where the next record begins. */
export interface TailPosition {
  /** Index of the next record. */
  readonly index: number;
  /** First index of the segment that holds it, and the byte at which it begins there. */
  readonly segment: number;
  readonly offset: number;
}

export const TAIL_START: TailPosition = { index: 0, segment: -1, offset: 0 };

export class LedgerTail {
  readonly #files: FilePort;
  readonly #directory: string;
  #position: TailPosition;
  #file: OpenFile | undefined;

  constructor(files: FilePort, directory: string, position: TailPosition = TAIL_START) {
    this.#files = files;
    this.#directory = directory;
    this.#position = position;
  }

  get position(): TailPosition {
    return this.#position;
  }

  /** Records up to an index, in runs that were read together. What retention has removed is skipped. Throws when the files do not hold them. */
  async *read(to: number): AsyncGenerator<readonly LedgerRecord[], void, undefined> {
    for await (const { first, frames } of this.#frames(to)) yield frames.map(({ payload }, at) => parseRecord(payload, first + at));
  }

  /** Goes on to an index without looking at what lies between. */
  async skipTo(index: number): Promise<void> {
    const frames = this.#frames(index);
    while ((await frames.next()).done !== true);
  }

  async *#frames(to: number): AsyncGenerator<{ readonly first: number; readonly frames: readonly Frame[] }, void, undefined> {
    while (this.#position.index < to) {
      const file = (this.#file ??= await this.#open());
      let isOver = false;
      for await (const { frames, end } of readFrames(file, this.#position.offset, await file.sizeBytes())) {
        const wanted = frames.slice(0, to - this.#position.index);
        const first = this.#position.index;
        this.#position = {
          ...this.#position,
          index: first + wanted.length,
          offset: wanted.reduce((offset, { sizeBytes }) => offset + sizeBytes, this.#position.offset),
        };
        if (wanted.length > 0) yield { first, frames: wanted };
        if (this.#position.index >= to) return;
        isOver = end !== undefined;
      }
      if (isOver) await this.#turnOver();
    }
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }

  async #open(): Promise<OpenFile> {
    const segments = await listSegments(this.#files, this.#directory);
    const { index, segment } = this.#position;
    const known = segments.find(({ firstIndex }) => firstIndex === segment);
    const found = known ?? segments.findLast(({ firstIndex }) => firstIndex <= index) ?? segments[0];
    if (found === undefined) throw new Error('the ledger has no segments');
    if (found !== known) await this.#enter(found);
    return this.#files.open(`${segmentsFolder(this.#directory)}/${found.name}`, 'read');
  }

  /** Into a segment at its beginning: records of it that were read before are read over. */
  async #enter({ name, firstIndex }: SegmentName): Promise<void> {
    const wanted = Math.max(this.#position.index, firstIndex);
    this.#position = { index: wanted, segment: firstIndex, offset: SEGMENT_HEADER_BYTES };
    let toSkip = wanted - firstIndex;
    if (toSkip === 0) return;
    const file = await this.#files.open(`${segmentsFolder(this.#directory)}/${name}`, 'read');
    try {
      let offset = SEGMENT_HEADER_BYTES;
      for await (const { frames } of readFrames(file, offset, await file.sizeBytes())) {
        for (const { sizeBytes } of frames.slice(0, toSkip)) offset += sizeBytes;
        toSkip -= Math.min(toSkip, frames.length);
        if (toSkip === 0) break;
      }
      this.#position = { ...this.#position, offset };
    } finally {
      await file.close();
    }
  }

  /** The segment is read to its end, and there is more: the next one has it. */
  async #turnOver(): Promise<void> {
    const segments = await listSegments(this.#files, this.#directory);
    const { index, segment } = this.#position;
    const next = segments.find(({ firstIndex }) => firstIndex > segment);
    if (next === undefined || next.firstIndex < index) throw new Error(`record ${index} is not in the files of the ledger`);
    await this.close();
    this.#position = { index: next.firstIndex, segment: next.firstIndex, offset: SEGMENT_HEADER_BYTES };
  }
}

/** The form of a record, and no more: its frame was checked, and whether it is canonical is the business of `ledger verify`. */
function parseRecord(payload: Uint8Array, index: number): LedgerRecord {
  const { kind, atMs, data, tenant, requestId } = parseObject(Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString());
  return {
    index,
    event: {
      kind: typeof kind === 'string' ? kind : '',
      atMs: typeof atMs === 'number' ? atMs : 0,
      data: typeof data === 'object' && data !== null && !Array.isArray(data) ? data : {},
      ...(typeof tenant === 'string' ? { tenant } : {}),
      ...(typeof requestId === 'string' ? { requestId } : {}),
    },
  };
}

const parseObject = (text: string): JsonObject => JSON.parse(text) as JsonObject;
