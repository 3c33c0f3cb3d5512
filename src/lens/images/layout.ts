// What the readers of the four kinds have in common: where the picture ends, what stands beside it, and reading past the end.

export interface Layout {
  readonly width: number;
  readonly height: number;
  /** 1 for what does not move. */
  readonly frames: number;
  /** Comments, profiles and notes: bytes of the file that are no pixels. */
  readonly aside: readonly Uint8Array[];
  /** What follows the end of the picture. */
  readonly trailing: Uint8Array;
}

/** The file breaks the rules of its own kind. */
export class Damaged extends Error {}

/** Reads numbers out of bytes. Throws `Damaged` beyond their end. */
export class ByteReader {
  readonly bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  u8(at: number): number {
    return this.#view.getUint8(this.#within(at, 1));
  }

  u16(at: number, isLittle = false): number {
    return this.#view.getUint16(this.#within(at, 2), isLittle);
  }

  u24little(at: number): number {
    return this.u16(at, true) + this.u8(at + 2) * 65_536;
  }

  u32(at: number, isLittle = false): number {
    return this.#view.getUint32(this.#within(at, 4), isLittle);
  }

  slice(from: number, to: number): Uint8Array {
    if (from > to) throw new Damaged();
    this.#within(from, to - from);
    return this.bytes.subarray(from, to);
  }

  word(at: number): string {
    return String.fromCharCode(...this.slice(at, at + 4));
  }

  #within(at: number, length: number): number {
    if (at < 0 || at + length > this.bytes.length) throw new Damaged();
    return at;
  }
}
