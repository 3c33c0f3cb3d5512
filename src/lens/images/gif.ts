// GIF, by its blocks (GIF89a specification, sections 17 to 27).
import { BLOCKS_MAX } from './limits.ts';
import { ByteReader, Damaged, type Layout } from './layout.ts';

const IMAGE = 0x2c;
const EXTENSION = 0x21;
const TRAILER = 0x3b;
const GRAPHIC_CONTROL = 0xf9;

export function readGif(bytes: Uint8Array): Layout {
  const reader = new ByteReader(bytes);
  const aside: Uint8Array[] = [];
  let [width, height] = [reader.u16(6, true), reader.u16(8, true)];
  let frames = 0;
  let at = 13 + tableBytes(reader.u8(10));
  for (let count = 0; count < BLOCKS_MAX; count++) {
    const block = reader.u8(at);
    if (block === TRAILER) {
      if (frames === 0) throw new Damaged();
      return { width, height, frames, aside, trailing: reader.slice(at + 1, bytes.length) };
    }
    if (block === EXTENSION) {
      const end = endOfBlocks(reader, at + 2);
      if (reader.u8(at + 1) !== GRAPHIC_CONTROL) aside.push(reader.slice(at + 2, end));
      at = end;
    } else if (block === IMAGE) {
      frames++;
      // A frame may be larger than the screen, and decoders make room for it.
      width = Math.max(width, reader.u16(at + 1, true) + reader.u16(at + 5, true));
      height = Math.max(height, reader.u16(at + 3, true) + reader.u16(at + 7, true));
      at = endOfBlocks(reader, at + 11 + tableBytes(reader.u8(at + 9)));
    } else throw new Damaged();
  }
  throw new Damaged();
}

/** A colour table of 2^(n+1) colours, where the flag says that there is one. */
const tableBytes = (flags: number): number => ((flags & 0x80) === 0 ? 0 : 3 * 2 ** ((flags & 7) + 1));

/** Sub-blocks, each with its length before it, up to the empty one. */
function endOfBlocks(reader: ByteReader, from: number): number {
  let at = from;
  for (let length = reader.u8(at); length > 0; length = reader.u8(at)) at += 1 + length;
  return at + 1;
}
