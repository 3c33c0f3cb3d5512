// Records read back from segments, in order.
import type { FilePort } from '../io/files/file-port.ts';
import { ledgerFault } from './faults.ts';
import type { Frame } from './frame.ts';
import type { LedgerRecord } from './record.ts';
import { parsePayload } from './record.ts';
import type { SegmentName } from './segment.ts';
import { listSegments, readFrames, SEGMENT_HEADER_BYTES, segmentsFolder } from './segment.ts';

export interface RecordRange {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
}

/** A record with its canonical text, the bytes that are its leaf. */
export interface StoredRecord extends LedgerRecord {
  readonly payload: Buffer;
}

/** Records of a range, oldest first, in runs that were read together. Throws `ledger_damaged`. */
export async function* readRecords(
  files: FilePort,
  directory: string,
  range: RecordRange,
): AsyncGenerator<readonly StoredRecord[], void, undefined> {
  const segments = await listSegments(files, directory);
  const start = Math.max(
    0,
    segments.findLastIndex(({ firstIndex }) => firstIndex <= range.from),
  );
  for (const [at, segment] of segments.entries()) {
    if (at < start || segment.firstIndex >= range.to) continue;
    yield* readSegment({ files, directory, segment }, range);
  }
}

interface SegmentPlace {
  readonly files: FilePort;
  readonly directory: string;
  readonly segment: SegmentName;
}

async function* readSegment(
  { files, directory, segment }: SegmentPlace,
  { from, to }: RecordRange,
): AsyncGenerator<readonly StoredRecord[], void, undefined> {
  const file = await files.open(`${segmentsFolder(directory)}/${segment.name}`, 'read');
  try {
    let index = segment.firstIndex;
    for await (const { frames, offset, end } of readFrames(file, SEGMENT_HEADER_BYTES, await file.sizeBytes())) {
      const runFrom = index;
      index += frames.length;
      const wanted = frames.slice(Math.max(0, from - runFrom), Math.max(0, to - runFrom));
      const first = index - frames.length + Math.max(0, from - runFrom);
      if (wanted.length > 0) yield wanted.map((frame, at) => parse(frame, first + at, { file: segment.name, offset }));
      if (index >= to) return;
      if (end !== undefined && end.state !== 'whole')
        throw ledgerFault('ledger_damaged', { what: `record ${index} is not whole`, file: segment.name, offset: end.offset });
    }
  } finally {
    await file.close();
  }
}

function parse(frame: Frame, index: number, place: { readonly file: string; readonly offset: number }): StoredRecord {
  const record = parsePayload(frame.payload);
  if (record?.index !== index) throw ledgerFault('ledger_damaged', { what: `record ${index} is not in its place`, ...place });
  return { ...record, payload: frame.payload };
}
