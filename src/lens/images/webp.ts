// WebP, by its RIFF chunks (RFC 9649).
import { BLOCKS_MAX } from './limits.ts';
import { ByteReader, Damaged, type Layout } from './layout.ts';

/** Chunks that make pixels; every other one is beside the picture. */
const PICTURE = new Set(['VP8 ', 'VP8L', 'VP8X', 'ALPH', 'ANIM', 'ANMF']);

interface Size {
  readonly width: number;
  readonly height: number;
}

export function readWebp(bytes: Uint8Array): Layout {
  const reader = new ByteReader(bytes);
  const end = 8 + reader.u32(4, true);
  if (end > bytes.length) throw new Damaged();
  const aside: Uint8Array[] = [];
  const sizes: Size[] = [];
  let frames = 0;
  let at = 12;
  for (let count = 0; at + 8 <= end; count++) {
    const name = reader.word(at);
    const length = reader.u32(at + 4, true);
    if (count >= BLOCKS_MAX || at + 8 + length > end) throw new Damaged();
    const data = new ByteReader(reader.slice(at + 8, at + 8 + length));
    if (!PICTURE.has(name)) aside.push(data.bytes);
    if (name === 'ANMF') frames++;
    const size = sizeIn(name, data);
    if (size !== undefined) sizes.push(size);
    // Chunks begin at even places.
    at += 8 + length + (length & 1);
  }
  if (sizes.length === 0) throw new Damaged();
  const trailing = reader.slice(Math.min(Math.max(at, end), bytes.length), bytes.length);
  // What the canvas says and what a frame says need not agree; a decoder makes room for both.
  const [width, height] = [Math.max(...sizes.map((size) => size.width)), Math.max(...sizes.map((size) => size.height))];
  return { width, height, frames: Math.max(1, frames), aside, trailing };
}

function sizeIn(name: string, data: ByteReader): Size | undefined {
  switch (name) {
    case 'VP8X':
      return { width: data.u24little(4) + 1, height: data.u24little(7) + 1 };
    case 'VP8 ':
      // RFC 6386 section 9.1: a frame tag of three bytes, the start code, then two sizes of 14 bits.
      return { width: data.u16(6, true) & 0x3fff, height: data.u16(8, true) & 0x3fff };
    case 'VP8L': {
      // RFC 9649 section 3.4: a signature byte, then two sizes of 14 bits, less one.
      if (data.u8(0) !== 0x2f) throw new Damaged();
      const bits = data.u32(1, true);
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
    }
    case 'ANMF':
      return { width: data.u24little(6) + 1, height: data.u24little(9) + 1 };
    default:
      return undefined;
  }
}
