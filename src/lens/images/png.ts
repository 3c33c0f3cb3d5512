// PNG, by its chunks (PNG Specification, Third Edition, section 5; animation: section 4.10 and 11.3.6).
import { BLOCKS_MAX } from './limits.ts';
import { ByteReader, Damaged, type Layout } from './layout.ts';

/** Chunks that make pixels; every other one is beside the picture. */
const PICTURE = new Set(['IHDR', 'PLTE', 'IDAT', 'IEND', 'tRNS', 'gAMA', 'cHRM', 'sRGB', 'sBIT', 'acTL', 'fcTL', 'fdAT']);

export function readPng(bytes: Uint8Array): Layout {
  const reader = new ByteReader(bytes);
  if (reader.word(12) !== 'IHDR' || reader.u32(8) !== 13) throw new Damaged();
  const [width, height] = [reader.u32(16), reader.u32(20)];
  const aside: Uint8Array[] = [];
  let frames = 0;
  let at = 8;
  for (let count = 0; count < BLOCKS_MAX; count++) {
    const length = reader.u32(at);
    const name = reader.word(at + 4);
    const data = reader.slice(at + 8, at + 8 + length);
    // Two headers would be two sizes.
    if (!/^[A-Za-z]{4}$/.test(name) || (name === 'IHDR' && count > 0)) throw new Damaged();
    if (!PICTURE.has(name)) aside.push(data);
    if (name === 'fcTL') frames++;
    at += 12 + length;
    if (name === 'IEND') return { width, height, frames: Math.max(1, frames), aside, trailing: reader.slice(at, bytes.length) };
  }
  throw new Damaged();
}
