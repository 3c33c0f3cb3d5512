// Reads the entries of a ZIP archive (APPNOTE 6.3.10) by its central directory: stored and deflated, nothing else.
import { inflateRawSync } from 'node:zlib';
import { INFLATED_BYTES_MAX, PART_BYTES_MAX, PARTS_MAX, UnreadableDocument } from './limits.ts';

const END = 0x06054b50;
const ENTRY = 0x02014b50;
const LOCAL = 0x04034b50;
/** The end record with its longest comment. */
const END_BYTES_MAX = 65_557;
const STORED = 0;
const DEFLATED = 8;

export interface ZipEntry {
  readonly name: string;
  read(): Buffer;
}

function endOf(file: Buffer): number {
  for (let at = file.length - 22; at >= Math.max(0, file.length - END_BYTES_MAX); at -= 1) if (file.readUInt32LE(at) === END) return at;
  throw new UnreadableDocument('damaged');
}

/** All entries. Throws `UnreadableDocument` for an archive that is damaged, encrypted or too large; sizes are believed only while they hold. */
export function zipEntries(file: Buffer): readonly ZipEntry[] {
  try {
    return readEntries(file);
  } catch (error) {
    if (error instanceof RangeError) throw new UnreadableDocument('damaged');
    throw error;
  }
}

function readEntries(file: Buffer): readonly ZipEntry[] {
  const end = endOf(file);
  const count = file.readUInt16LE(end + 10);
  if (count > PARTS_MAX) throw new UnreadableDocument('too_large');
  const budget = { left: INFLATED_BYTES_MAX };
  const entries: ZipEntry[] = [];
  let at = file.readUInt32LE(end + 16);
  for (let i = 0; i < count; i += 1) {
    if (file.readUInt32LE(at) !== ENTRY) throw new UnreadableDocument('damaged');
    const nameUnits = file.readUInt16LE(at + 28);
    const header = {
      at,
      flags: file.readUInt16LE(at + 8),
      method: file.readUInt16LE(at + 10),
      bytes: file.readUInt32LE(at + 20),
      local: file.readUInt32LE(at + 42),
    };
    entries.push({ name: file.toString('utf8', at + 46, at + 46 + nameUnits), read: () => inflated(file, header, budget) });
    at += 46 + nameUnits + file.readUInt16LE(at + 30) + file.readUInt16LE(at + 32);
  }
  return entries;
}

interface Header {
  readonly flags: number;
  readonly method: number;
  readonly bytes: number;
  readonly local: number;
}

function inflated(file: Buffer, { flags, method, bytes, local }: Header, budget: { left: number }): Buffer {
  if ((flags & 1) === 1) throw new UnreadableDocument('encrypted');
  if (local + 30 > file.length || file.readUInt32LE(local) !== LOCAL) throw new UnreadableDocument('damaged');
  const start = local + 30 + file.readUInt16LE(local + 26) + file.readUInt16LE(local + 28);
  const body = file.subarray(start, start + bytes);
  const limit = Math.min(PART_BYTES_MAX, budget.left);
  if (limit <= 0) throw new UnreadableDocument('too_large');
  const part = method === STORED ? body : method === DEFLATED ? inflate(body, limit) : undefined;
  if (part === undefined) throw new UnreadableDocument('damaged');
  budget.left -= part.length;
  return part;
}

function inflate(body: Buffer, limit: number): Buffer {
  try {
    return inflateRawSync(body, { maxOutputLength: limit });
  } catch (error) {
    const isTooLarge = error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
    throw new UnreadableDocument(isTooLarge ? 'too_large' : 'damaged');
  }
}
