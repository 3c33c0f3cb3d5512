// Segment files: their names, their headers, and their records in order.
import { hash } from 'node:crypto';
import type { FilePort, OpenFile } from '../io/files/file-port.ts';
import type { Frame } from './frame.ts';
import { FRAME_BYTES_MAX, readFrame } from './frame.ts';

const MAGIC = Buffer.from('SALLYLG1', 'latin1');
const CHECK_AT = 24;

/** Magic (8), index of the first record (8), first nonce slot that later records can use (8), check (8). */
export const SEGMENT_HEADER_BYTES = 32;

export interface SegmentName {
  readonly name: string;
  readonly firstIndex: number;
}

export interface SegmentHeader {
  readonly firstIndex: number;
  readonly nonceSlot: number;
}

export const segmentsFolder = (directory: string): string => `${directory}/segments`;

export const segmentName = (firstIndex: number): string => `${String(firstIndex).padStart(16, '0')}.log`;

/** All segments, oldest first. */
export async function listSegments(files: FilePort, directory: string): Promise<readonly SegmentName[]> {
  const names = await files.list(segmentsFolder(directory));
  return names.filter((name) => /^\d{16}\.log$/.test(name)).map((name) => ({ name, firstIndex: Number.parseInt(name, 10) }));
}

export function toSegmentHeader({ firstIndex, nonceSlot }: SegmentHeader): Buffer {
  const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES);
  bytes.set(MAGIC);
  bytes.writeBigUInt64LE(BigInt(firstIndex), 8);
  bytes.writeBigUInt64LE(BigInt(nonceSlot), 16);
  bytes.set(headerCheck(bytes), CHECK_AT);
  return bytes;
}

/** Undefined when these bytes are no header of ours. */
export function parseSegmentHeader(bytes: Uint8Array): SegmentHeader | undefined {
  const header = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (header.length !== SEGMENT_HEADER_BYTES || !header.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  if (!header.subarray(CHECK_AT).equals(headerCheck(header))) return undefined;
  return { firstIndex: Number(header.readBigUInt64LE(8)), nonceSlot: Number(header.readBigUInt64LE(16)) };
}

const headerCheck = (bytes: Buffer): Buffer => hash('sha256', bytes.subarray(0, CHECK_AT), 'buffer').subarray(0, 8);

/** Records that lie together; the last run of a range says how it ended. */
export interface FrameRun {
  readonly frames: readonly Frame[];
  /** Byte offset of the first frame. */
  readonly offset: number;
  readonly end?: RangeEnd;
}

export interface RangeEnd {
  /** `whole`: the last frame ended where the range does. `short`, `bad`: the bytes from `offset` on are no whole frame. */
  readonly state: 'whole' | 'short' | 'bad';
  readonly offset: number;
}

/** Reads the records of a range of bytes of a segment; stops at the first that is not whole and right. */
export async function* readFrames(file: OpenFile, from: number, to: number): AsyncGenerator<FrameRun, void, undefined> {
  let at = from;
  for (;;) {
    // One whole frame always fits, so every round makes progress; no more, so that a turn of the event loop stays under two milliseconds.
    const bytes = asBuffer(await file.read(at, Math.min(FRAME_BYTES_MAX, to - at)));
    const isLast = at + bytes.length >= to || bytes.length === 0;
    const { frames, used, state } = framesIn(bytes);
    const offset = at;
    at += used;
    if (state === 'bad' || isLast) {
      yield { frames, offset, end: { state: endState(state, used === bytes.length && at === to), offset: at } };
      return;
    }
    yield { frames, offset };
  }
}

const endState = (state: 'short' | 'bad', isWhole: boolean): RangeEnd['state'] => (isWhole ? 'whole' : state);

function framesIn(bytes: Buffer): { readonly frames: readonly Frame[]; readonly used: number; readonly state: 'short' | 'bad' } {
  const frames: Frame[] = [];
  let used = 0;
  for (;;) {
    const next = readFrame(bytes, used);
    if (next.state !== 'good') return { frames, used, state: next.state };
    frames.push(next.frame);
    used += next.frame.sizeBytes;
  }
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
