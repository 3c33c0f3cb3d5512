// JPEG, by its segments (ITU-T T.81, annex B).
import { BLOCKS_MAX, SCANS_MAX } from './limits.ts';
import { ByteReader, Damaged, type Layout } from './layout.ts';

const START_OF_SCAN = 0xda;
const END = 0xd9;
const COMMENT = 0xfe;

const isApplication = (marker: number): boolean => marker >= 0xe0 && marker <= 0xef;
/** C4, C8 and CC have the form of a frame header and are tables. */
const isFrame = (marker: number): boolean => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
const standsAlone = (marker: number): boolean => (marker >= 0xd0 && marker <= 0xd8) || marker === 0x01;

export function readJpeg(bytes: Uint8Array): Layout {
  const reader = new ByteReader(bytes);
  const aside: Uint8Array[] = [];
  let size: { readonly width: number; readonly height: number } | undefined;
  let scans = 0;
  let at = 2;
  for (let count = 0; count < BLOCKS_MAX; count++) {
    at = nextMarker(reader, at);
    const marker = reader.u8(at + 1);
    at += 2;
    if (marker === END) {
      if (size === undefined || scans === 0) throw new Damaged();
      return { ...size, frames: 1, aside, trailing: reader.slice(at, bytes.length) };
    }
    if (standsAlone(marker)) continue;
    const length = reader.u16(at);
    const data = reader.slice(at + 2, at + length);
    if (isApplication(marker) || marker === COMMENT) aside.push(data);
    if (isFrame(marker)) size = frameSize(new ByteReader(data), size !== undefined);
    at += length;
    if (marker === START_OF_SCAN && ++scans > SCANS_MAX) throw new Damaged();
    if (marker === START_OF_SCAN) at = endOfScan(reader, at);
  }
  throw new Damaged();
}

/** Height 0 means that it comes later (B.2.5): no such file is read. Two frames would be two sizes. */
function frameSize(frame: ByteReader, hasSize: boolean): { readonly width: number; readonly height: number } {
  if (hasSize) throw new Damaged();
  return { height: frame.u16(1), width: frame.u16(3) };
}

/** Any number of FF may stand before a marker (B.1.1.2). */
function nextMarker(reader: ByteReader, from: number): number {
  let at = from;
  if (reader.u8(at) !== 0xff) throw new Damaged();
  while (reader.u8(at + 1) === 0xff) at++;
  return at;
}

/** Coded data ends at the first marker that is neither a stuffed FF nor a restart. */
function endOfScan({ bytes }: ByteReader, from: number): number {
  for (let at = bytes.indexOf(0xff, from); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    const next = bytes[at + 1];
    if (next === undefined) break;
    if (next !== 0 && next !== 0xff && !(next >= 0xd0 && next <= 0xd7)) return at;
  }
  throw new Damaged();
}
