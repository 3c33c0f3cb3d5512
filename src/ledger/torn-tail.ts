// Tells a torn tail from a lost record: looks behind the tear for a record that was written when earlier ones were already safe.
import type { OpenFile } from '../io/files/file-port.ts';
import { FRAME_BYTES_MAX, readFrame } from './frame.ts';
import { parsePayload } from './record.ts';

const WINDOW_BYTES = 1_048_576;

/**
 * How many records are known to have been durable by what later records say (see `lag` in frame.ts); 0 when nothing is known.
 * Every byte offset is tried, because behind a tear nothing says where a record begins.
 */
export async function acknowledgedBehind(file: OpenFile, range: { readonly from: number; readonly to: number }): Promise<number> {
  let acknowledged = 0;
  for (let at = range.from; at < range.to; at += WINDOW_BYTES) {
    // Windows overlap by the largest frame, so that a frame over a border is seen whole in one of them.
    const read = await file.read(at, Math.min(WINDOW_BYTES + FRAME_BYTES_MAX, range.to - at));
    const bytes = Buffer.from(read.buffer, read.byteOffset, read.length);
    for (let offset = 0; offset < Math.min(WINDOW_BYTES, bytes.length); offset++) {
      acknowledged = Math.max(acknowledged, attested(bytes, offset));
    }
  }
  return acknowledged;
}

function attested(bytes: Buffer, offset: number): number {
  const read = readFrame(bytes, offset);
  const record = read.state === 'good' ? parsePayload(read.frame.payload) : undefined;
  return record === undefined || read.state !== 'good' ? 0 : record.index - read.frame.lag;
}
