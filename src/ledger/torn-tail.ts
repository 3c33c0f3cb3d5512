// Looks for records behind bytes that are none: every offset is tried, because there nothing says where a record begins.
import type { OpenFile } from '../io/files/file-port.ts';
import type { Frame } from './frame.ts';
import { FRAME_BYTES_MAX, readFrame } from './frame.ts';
import { parsePayload } from './record.ts';

const WINDOW_BYTES = 1_048_576;

interface ByteRange {
  readonly from: number;
  readonly to: number;
}

interface FoundRecord {
  readonly index: number;
  readonly offset: number;
  readonly frame: Frame;
}

/**
 * How many records are known to have been durable by what later records say (see `lag` in frame.ts); 0 when nothing is known.
 * That tells a torn tail from a lost record.
 */
export async function acknowledgedBehind(file: OpenFile, range: ByteRange): Promise<number> {
  let acknowledged = 0;
  for await (const { index, frame } of recordsBehind(file, range)) acknowledged = Math.max(acknowledged, index - frame.lag);
  return acknowledged;
}

/** The first whole record that begins in a range of bytes. */
export async function nextRecord(file: OpenFile, range: ByteRange): Promise<FoundRecord | undefined> {
  for await (const found of recordsBehind(file, range)) return found;
  return undefined;
}

async function* recordsBehind(file: OpenFile, { from, to }: ByteRange): AsyncGenerator<FoundRecord, void, undefined> {
  for (let at = from; at < to; at += WINDOW_BYTES) {
    // Windows overlap by the largest frame, so that a frame over a border is seen whole in one of them.
    const read = await file.read(at, Math.min(WINDOW_BYTES + FRAME_BYTES_MAX, to - at));
    const bytes = Buffer.from(read.buffer, read.byteOffset, read.length);
    for (let offset = 0; offset < Math.min(WINDOW_BYTES, bytes.length); offset++) {
      const found = readFrame(bytes, offset);
      const record = found.state === 'good' ? parsePayload(found.frame.payload) : undefined;
      if (found.state === 'good' && record !== undefined) yield { index: record.index, offset: at + offset, frame: found.frame };
    }
  }
}
